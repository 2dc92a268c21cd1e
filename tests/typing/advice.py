"""What messages and documentation advise, as a type checker sees it. Checked by `make types`, never run."""

from typing import assert_type

from supermetrics_query import (
    AsyncQuery,
    AsyncQueryClient,
    BaseLimiter,
    DataQuery,
    Lane,
    Permit,
    Query,
    QueryClient,
    SupermetricsQueryError,
    WaitTimeoutError,
)


class EveryOther(BaseLimiter):
    """A limiter of your own."""

    def acquire(self, lane: Lane, now: float, /) -> Permit:
        return Permit(1.0 if lane is Lane.POLL and now % 2 else 0.0)


def continue_with_what_is_unfinished(client: QueryClient, queries: list[Query]) -> None:
    try:
        for query in client.as_completed(queries, timeout=60):
            assert_type(query, Query)
    except WaitTimeoutError as error:
        for query in client.as_completed(error.queries):
            assert_type(query, Query)
        assert_type([client.attach(token) for token in error.tokens], list[Query])


async def continue_async(client: AsyncQueryClient, queries: list[AsyncQuery]) -> None:
    try:
        async for query in client.as_completed(queries, timeout=60):
            assert_type(query, AsyncQuery)
    except WaitTimeoutError as error:
        async for query in client.as_completed(error.queries):
            assert_type(query, AsyncQuery)


def continue_with_one(client: QueryClient, request: DataQuery) -> Query:
    try:
        return client.run(request, timeout=600)
    except WaitTimeoutError as error:
        return client.attach(error.token).wait()
    except SupermetricsQueryError as error:
        return client.attach(error.token)


def with_a_limiter_of_your_own() -> QueryClient:
    return QueryClient("key", limiter=EveryOther())
