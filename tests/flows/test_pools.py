"""Queries that join an `as_completed` under way, through both clients."""

import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from supermetrics_query import AsyncQueryClient, ConfigurationError, DataQuery, QueryClient, WaitTimeoutError
from supermetrics_query.emulator import Emulator, Plan

from tests.flows.test_many import LIVELY, QUICK, subjects, weather
from tests.support.calling import each_async_backend

SLOW = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=10_000, parts=1)


def test_a_query_that_is_added_in_the_loop_is_handed_over_as_well() -> None:
    with subjects("sync") as subject:
        client: Any = subject.caller.client
        pool = client.as_completed([client.start(weather(0))])
        seen = []
        for query in pool:
            seen.append(query.request.max_rows)
            if len(seen) < 3:
                pool.add(client.start(weather(len(seen))))
    assert seen == [3, 4, 5]


@each_async_backend
def test_a_task_adds_queries_while_another_reads_them(backend: str) -> None:
    async def main(service: Emulator) -> list[Any]:
        async with AsyncQueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
            pool = client.as_completed(stay_open=True)

            async def produce() -> None:
                for number in range(3):
                    pool.add(await client.start(weather(number)))
                    await anyio.lowlevel.checkpoint()
                pool.finish()

            async with anyio.create_task_group() as group:
                group.start_soon(produce)
                ended = [query async for query in pool]
        return [(query.request and query.request.max_rows, query.error) for query in ended]

    with Emulator(plan=QUICK) as service:
        assert sorted(anyio.run(main, service, backend=backend), key=str) == [(3, None), (4, None), (5, None)]


def test_a_thread_adds_queries_to_a_pool_that_stays_open() -> None:
    with Emulator(plan=QUICK) as service, QueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
        pool = client.as_completed(stay_open=True)

        def produce() -> None:
            for number in range(3):
                pool.add(client.start(weather(number)))
            pool.finish()

        thread = threading.Thread(target=produce)
        thread.start()
        seen = {query.request.max_rows for query in pool if query.request}
        thread.join()
    assert seen == {3, 4, 5}


@pytest.mark.parametrize("end", [list, lambda pool: pool.close()], ids=["read to its end", "closed"])
def test_what_has_ended_takes_no_more_and_says_so(end: Callable[[Any], object]) -> None:
    with subjects("sync") as subject:
        client: Any = subject.caller.client
        pool = client.as_completed([client.start(weather(0))])
        end(pool)
        query = client.start(weather(1))
        with pytest.raises(ConfigurationError, match="this iteration has ended"):
            pool.add(query)
        assert list(client.as_completed([query])) == [query]


def test_a_query_that_is_added_twice_comes_once() -> None:
    with subjects("sync") as subject:
        client: Any = subject.caller.client
        query = client.start(weather(0))
        pool = client.as_completed([query])
        pool.add(query)
        assert list(pool) == [query]


def test_a_query_of_the_other_client_is_refused() -> None:
    other: Any = AsyncQueryClient("key").attach("night-1")
    with QueryClient("key") as client, pytest.raises(ConfigurationError, match="this client takes Query, not"):
        client.as_completed(stay_open=True).add(other)


def test_an_added_query_is_bound_by_the_timeout_of_all() -> None:
    with subjects("sync", SLOW) as subject:
        client: Any = subject.caller.client
        first, second = client.start(weather(0)), client.start(weather(1))
        pool = client.as_completed([first], timeout=5)
        pool.add(second)
        with pytest.raises(WaitTimeoutError) as caught:
            list(pool)
    assert set(caught.value.queries) == {first, second}
    assert set(caught.value.tokens) == {first.token, second.token}


def test_a_block_around_a_pool_ends_it() -> None:
    with subjects("sync") as subject:
        client: Any = subject.caller.client
        with client.as_completed([client.start(DataQuery(ds_id="WEATHER"))], stay_open=True) as pool:
            assert next(pool).error is None
        assert list(pool) == []
