"""Many queries through both clients, against the emulator over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any

import anyio
import httpx
import pytest
from supermetrics_query import (
    AsyncQueryClient,
    ConfigurationError,
    DataQuery,
    PollPolicy,
    QueryClient,
    QueryFailedError,
    QuerySettings,
    StartSent,
    WaitTimeoutError,
)
from supermetrics_query.emulator import Emulator, Plan

from tests.support.answers import gateway, status, success
from tests.support.scripted import BACKENDS, a_query, scripted_client

QUICK = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0.2, parts=2)
ENDLESS = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=10_000, parts=2)
LIVELY = PollPolicy(first=0.05, floor=0.05)


def weather(number: int = 0, **plan: Any) -> DataQuery:
    query = DataQuery(ds_id="WEATHER", fields=["date", "temp"], max_rows=3 + number)
    if plan:
        query.settings = QuerySettings.from_dict({"emulator": plan})
    return query


def collect(backend: str, service: Emulator, method: str, *given: Any, **named: Any) -> list[Any]:
    """Return what a method of a client yields; where `given` is a function, it makes the argument from the client."""
    if backend == "sync":
        with QueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
            return list(getattr(client, method)(*given, **named))

    async def collected() -> list[Any]:
        async with AsyncQueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
            return [item async for item in getattr(client, method)(*given, **named)]

    return anyio.run(collected, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_request_comes_back_once_with_its_own_query(backend: str) -> None:
    requests = [weather(number) for number in range(12)]
    with Emulator(plan=QUICK) as service:
        queries = collect(backend, service, "run_many", iter(requests), in_flight=5)
        started = [each.json for each in service.requests if each.method == "POST"]
    assert sorted(query.request.max_rows for query in queries) == [3 + number for number in range(12)]
    assert all(query.error is None and query.status.is_success for query in queries)
    assert len({repr(each) for each in started}) == len(started) == 12


@pytest.mark.parametrize("backend", BACKENDS)
def test_failures_are_handed_over_as_queries_that_have_ended(backend: str) -> None:
    requests: list[Any] = [
        weather(0),
        weather(1, outcome="FAILURE", error="QUERY_ERROR", run_seconds=0.1),
        DataQuery(ds_id="WEATHER", schedule_id="not a name"),
        "no query",
        weather(2),
    ]
    with Emulator(plan=QUICK) as service:
        queries = collect(backend, service, "run_many", requests)
    kinds = sorted(type(query.error).__name__ for query in queries)
    assert kinds == ["ConfigurationError", "ConfigurationError", "NoneType", "NoneType", "QueryFailedError"]
    failed = next(query for query in queries if isinstance(query.error, QueryFailedError))
    assert failed.request.max_rows == 4


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_query_that_outlasts_its_timeout_goes_on_and_says_so(backend: str) -> None:
    with Emulator(plan=QUICK) as service:
        requests = [weather(0, run_seconds=1000), weather(1)]
        queries = collect(backend, service, "run_many", requests, timeout=1.0)
        errors = {query.request.max_rows: query.error for query in queries}
        assert errors[4] is None
        assert isinstance(errors[3], WaitTimeoutError)
        service.advance(2000)
        with QueryClient(service.key, base_url=service.url) as client:
            assert client.attach(str(errors[3].token)).wait().error is None


def test_an_abandoned_query_can_be_waited_for_again() -> None:
    with Emulator(plan=QUICK) as service, QueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
        (query,) = client.run_many([weather(0, run_seconds=1000)], timeout=0.5)
        assert isinstance(query.error, WaitTimeoutError)
        service.advance(2000)
        assert [each.error for each in client.as_completed([query], timeout=30)] == [None]
        assert query.wait().error is None


def test_the_next_request_is_asked_for_only_when_there_is_room() -> None:
    asked = 0

    def endless() -> Iterator[DataQuery]:
        nonlocal asked
        for number in count():
            asked += 1
            yield weather(number % 9)

    with Emulator(plan=QUICK) as service, QueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
        queries = client.run_many(endless(), in_flight=3)
        seen = [next(queries) for _ in range(10)]
        queries.close()
    assert all(query.error is None for query in seen)
    assert 10 <= asked <= 10 + 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_the_requests_raise_comes_after_the_last_query(backend: str) -> None:
    def broken() -> Iterator[DataQuery]:
        yield weather(0)
        yield weather(1)
        raise LookupError("no more accounts")

    tokens: list[str] = []

    async def in_task(service: Emulator) -> None:
        async with AsyncQueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
            async for query in client.run_many(broken()):
                tokens.append(query.token)  # noqa: PERF401

    with Emulator(plan=QUICK) as service, pytest.raises(LookupError, match="no more accounts"):  # noqa: PT012
        if backend == "sync":
            with QueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
                tokens.extend(query.token for query in client.run_many(broken()))
        else:
            anyio.run(in_task, service, backend=backend)
    assert len(tokens) == 2


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_requests_may_come_from_a_slow_async_source_while_others_are_polled(backend: str) -> None:
    async def ended(service: Emulator) -> list[int]:
        first_has_ended = anyio.Event()

        async def requests() -> AsyncIterator[DataQuery]:
            yield weather(0)
            await first_has_ended.wait()
            yield weather(1)

        rows: list[int] = []
        async with AsyncQueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
            async for query in client.run_many(requests()):
                rows.append(len([row async for row in query.rows()]))
                first_has_ended.set()
        return rows

    with Emulator(plan=QUICK) as service:
        assert anyio.run(ended, service, backend=backend) == [3, 4]


@pytest.mark.parametrize("backend", BACKENDS)
def test_queries_come_as_they_end_and_those_that_had_ended_come_first(backend: str) -> None:
    seconds = [5.0, 0.1, 3.0]

    def plans() -> list[DataQuery]:
        return [weather(number, run_seconds=each) for number, each in enumerate(seconds)]

    given: list[Any]
    with Emulator(plan=QUICK) as service:
        if backend == "sync":
            with QueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
                queries = [client.start(each) for each in plans()]
                done = client.run(weather(7))
                given = list(client.as_completed([*queries, done], timeout=30))
        else:

            async def completed() -> list[Any]:
                async with AsyncQueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
                    queries = [await client.start(each) for each in plans()]
                    done = await client.run(weather(7))
                    return [query async for query in client.as_completed([*queries, done], timeout=30)]

            given = anyio.run(completed, backend=backend)
    assert [query.request.max_rows for query in given] == [10, 4, 5, 3]


def test_queries_that_go_on_at_the_end_of_the_wait_are_in_the_error() -> None:
    with Emulator(plan=QUICK) as service, QueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
        quick, slow = client.start(weather(0)), client.start(weather(1, run_seconds=1000))
        given: list[Any] = []
        with pytest.raises(WaitTimeoutError, match="unfinished at the end of the wait: 1, the first") as caught:
            given.extend(query for query in client.as_completed([quick, slow], timeout=1.5))
        assert caught.value.queries == (slow,)
        assert caught.value.tokens == (slow.token,)
        service.advance(2000)
        assert list(client.as_completed(caught.value.queries, timeout=30)) == [slow]
    assert given == [quick]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_timeout_of_zero_polls_each_query_once(backend: str) -> None:
    with Emulator(plan=ENDLESS) as service:
        with QueryClient(service.key, base_url=service.url) as client:
            tokens = [client.start(weather(number)).token for number in range(12)]
        before = len(service.requests)

        async def polled() -> None:
            async with AsyncQueryClient(service.key, base_url=service.url) as client:
                async for _ in client.as_completed([client.attach(each) for each in tokens], timeout=0):
                    pass

        with pytest.raises(WaitTimeoutError, match="unfinished at the end of the wait: 12, the first"):  # noqa: PT012
            if backend == "sync":
                with QueryClient(service.key, base_url=service.url) as client:
                    list(client.as_completed([client.attach(each) for each in tokens], timeout=0))
            else:
                anyio.run(polled, backend=backend)
        assert len(service.requests) - before == 12


@pytest.mark.parametrize("bad", [0, -1, 2.5, True, "many"])
def test_a_number_in_flight_that_makes_no_sense_is_refused(bad: Any) -> None:
    with QueryClient("key") as client, pytest.raises(ConfigurationError, match="in_flight must be a whole number"):
        client.run_many([], in_flight=bad)


@pytest.mark.parametrize("bad", [5, None, weather()])
def test_requests_that_cannot_be_iterated_over_are_refused(bad: Any) -> None:
    with QueryClient("key") as client, pytest.raises(ConfigurationError, match="requests must be an iterable"):
        client.run_many(bad)


def test_a_task_group_around_several_streams_ends_with_them() -> None:
    async def totals(service: Emulator) -> list[int]:
        async def stream(size: int) -> int:
            return len([query async for query in client.run_many([weather(n) for n in range(size)])])

        async with AsyncQueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(stream(size)) for size in (2, 4)]
            return [task.result() for task in tasks]

    with Emulator(plan=QUICK) as service:
        assert asyncio.run(totals(service)) == [2, 4]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_cancelled_stream_leaves_no_task_and_no_query_without_a_token(backend: str) -> None:
    tokens: list[str] = []

    def note(event: object) -> None:
        if isinstance(event, StartSent):
            tokens.append(event.token)

    async def cancelled(service: Emulator) -> tuple[int, int]:
        async with AsyncQueryClient(service.key, base_url=service.url, on_event=note) as client:
            before = len(anyio.get_running_tasks())
            with anyio.move_on_after(1.0):
                async for _ in client.run_many([weather(number) for number in range(5)]):
                    pass
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            return before, len(anyio.get_running_tasks())

    with Emulator(plan=ENDLESS) as service:
        before, after = anyio.run(cancelled, service, backend=backend)
        started = sum(1 for each in service.requests if each.method == "POST")
    assert before == after
    assert len(tokens) == started == 5


def test_a_failed_poll_just_before_the_deadline_is_followed_by_the_last_one() -> None:
    subject = scripted_client("sync", status("RUNNING"), gateway(503), success(), takes=3.0)
    client: Any = subject.client
    (query,) = client.run_many([a_query()], timeout=8)
    assert query.error is None
    assert subject.log.count("poll 0..9999") == 2


def test_a_query_that_had_ended_says_nothing_of_the_queue() -> None:
    meta = {"status_code": "SUCCESS"}
    queue = {"workflow": {"tasks_scheduled": 5, "tasks_running": 1}}
    answers = [httpx.Response(200, json={"meta": each, "data": []}) for each in (meta | queue, meta)]
    subject = scripted_client("sync", *answers)
    client: Any = subject.client
    first, *others = [client.attach(name) for name in ("night-1", "night-2", "night-3")]
    first.wait()
    before = len(subject.log)
    assert [query.error for query in client.as_completed([first, *others])] == [None, None, None]
    assert not [each for each in subject.log[before:] if each.startswith("sleep")]
