"""What messages and documentation advise, as a type checker sees it. Checked by `make types`, never run."""

from datetime import date
from typing import Any, assert_type

import pyarrow as pa
from supermetrics_query import (
    AsyncCombined,
    AsyncQuery,
    AsyncQueryClient,
    BaseLimiter,
    Combined,
    DataQuery,
    Lane,
    Part,
    PartQuery,
    Permit,
    Query,
    QueryClient,
    SupermetricsQueryError,
    WaitTimeoutError,
    combine,
    split,
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


def with_one_query_per_account(client: QueryClient, request: DataQuery) -> pa.Table:
    parts = split(request, by_account=1, by_days=30, today=date(2026, 11, 24))
    assert_type(parts, list[PartQuery])
    assert_type(parts[0].part, Part)
    combined = combine(client.run_many(parts))
    assert_type(combined, Combined)
    for row in combined.rows():
        assert_type(row, dict[str, Any])
    for query in combined.failed:
        assert_type(query, Query)
        assert_type(query.part, Part | None)
        assert_type(query.error, SupermetricsQueryError | None)
    again = [query.request for query in combined.failed if query.request is not None]
    return combine(client.run_many(again)).to_arrow()


async def with_one_query_per_account_async(client: AsyncQueryClient, request: DataQuery) -> None:
    combined = combine(client.run_many([*split(request, by_account=1), request]))
    assert_type(combined, AsyncCombined)
    async for row in combined.rows():
        assert_type(row, dict[str, Any])
    assert_type(combined.failed, list[AsyncQuery])
