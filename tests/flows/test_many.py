"""Many queries through both clients, against the emulator over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import anyio
import httpx
import pytest
from attrs import define
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
from supermetrics_query.testing import FakeClock

from tests.support.answers import gateway, status, success
from tests.support.calling import Caller, calling, each_async_backend
from tests.support.scripted import a_query, scripted_client

QUICK = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0.2, parts=2)
ENDLESS = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=10_000, parts=2)
LIVELY = PollPolicy(first=0.05, floor=0.05)


def weather(number: int = 0, **plan: Any) -> DataQuery:
    query = DataQuery(ds_id="WEATHER", fields=["date", "temp"], max_rows=3 + number)
    if plan:
        query.settings = QuerySettings.from_dict({"emulator": plan})
    return query


@define
class Subject:
    """A client and the emulator, which share a clock."""

    service: Emulator
    caller: Caller

    def run_many(self, *given: Any, **named: Any) -> list[Any]:
        return self.caller.collect(self.caller.client, "run_many", *given, **named)

    def as_completed(self, *given: Any, **named: Any) -> list[Any]:
        return self.caller.collect(self.caller.client, "as_completed", *given, **named)

    def start(self, query: DataQuery) -> Any:
        return self.caller.call(self.caller.client, "start", query)


@contextmanager
def subjects(backend: str, plan: Plan = QUICK) -> Iterator[Subject]:
    clock = FakeClock()
    with (
        Emulator(plan=plan, clock=clock) as service,
        calling(backend, service.key, base_url=service.url, clock=clock, poll=LIVELY) as caller,
    ):
        yield Subject(service, caller)


@pytest.fixture
def subject(backend: str) -> Iterator[Subject]:
    with subjects(backend) as subject:
        yield subject


def test_every_request_comes_back_once_with_its_own_query(subject: Subject) -> None:
    queries = subject.run_many((weather(number) for number in range(12)), in_flight=5)
    started = [each.json for each in subject.service.requests if each.method == "POST"]
    assert sorted(query.request.max_rows for query in queries) == [3 + number for number in range(12)]
    assert all(query.error is None and query.status.is_success for query in queries)
    assert len({repr(each) for each in started}) == len(started) == 12


def test_failures_are_handed_over_as_queries_that_have_ended(subject: Subject) -> None:
    requests: list[Any] = [
        weather(0),
        weather(1, outcome="FAILURE", error="QUERY_ERROR", run_seconds=0.1),
        DataQuery(ds_id="WEATHER", schedule_id="not a name"),
        "no query",
        weather(2),
    ]
    queries = subject.run_many(requests)
    kinds = sorted(type(query.error).__name__ for query in queries)
    assert kinds == ["ConfigurationError", "ConfigurationError", "NoneType", "NoneType", "QueryFailedError"]
    failed = next(query for query in queries if isinstance(query.error, QueryFailedError))
    assert failed.request.max_rows == 4


def test_a_query_that_outlasts_its_timeout_goes_on_and_says_so(subject: Subject) -> None:
    queries = subject.run_many([weather(0, run_seconds=1000), weather(1)], timeout=5.0)
    errors = {query.request.max_rows: query.error for query in queries}
    assert errors[4] is None
    assert isinstance(errors[3], WaitTimeoutError)
    subject.service.advance(2000)
    handle: Any = subject.caller.client.attach(str(errors[3].token))
    assert subject.caller.call(handle, "wait").error is None


def test_an_abandoned_query_can_be_waited_for_again(subject: Subject) -> None:
    (query,) = subject.run_many([weather(0, run_seconds=1000)], timeout=5.0)
    assert isinstance(query.error, WaitTimeoutError)
    subject.service.advance(2000)
    assert [each.error for each in subject.as_completed([query], timeout=30)] == [None]
    assert subject.caller.call(query, "wait").error is None


def test_the_next_request_is_asked_for_only_when_there_is_room() -> None:
    asked = 0

    def endless() -> Iterator[DataQuery]:
        nonlocal asked
        for number in count():
            asked += 1
            yield weather(number % 9)

    with subjects("sync") as subject:
        client: Any = subject.caller.client
        queries = client.run_many(endless(), in_flight=3)
        seen = [next(queries) for _ in range(10)]
        queries.close()
    assert all(query.error is None for query in seen)
    assert 10 <= asked <= 10 + 3


def test_what_the_requests_raise_comes_after_the_last_query(subject: Subject) -> None:
    def broken() -> Iterator[DataQuery]:
        yield weather(0)
        yield weather(1)
        raise LookupError("no more accounts")

    with pytest.raises(LookupError, match="no more accounts"):
        subject.run_many(broken())
    assert [query.error for query in subject.caller.seen] == [None, None]


@each_async_backend
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


def test_queries_come_as_they_end_and_those_that_had_ended_come_first(subject: Subject) -> None:
    queries = [subject.start(weather(number, run_seconds=each)) for number, each in enumerate([5.0, 0.1, 3.0])]
    done = subject.caller.call(subject.caller.client, "run", weather(7))
    given = subject.as_completed([*queries, done], timeout=30)
    assert [query.request.max_rows for query in given] == [10, 4, 5, 3]


def test_queries_that_go_on_at_the_end_of_the_wait_are_in_the_error() -> None:
    with subjects("sync") as subject:
        client: Any = subject.caller.client
        quick, slow = client.start(weather(0)), client.start(weather(1, run_seconds=1000))
        given: list[Any] = []
        with pytest.raises(WaitTimeoutError, match="unfinished at the end of the wait: 1, the first") as caught:
            given.extend(query for query in client.as_completed([quick, slow], timeout=5))
        assert caught.value.queries == (slow,)
        assert caught.value.tokens == (slow.token,)
        subject.service.advance(2000)
        assert list(client.as_completed(caught.value.queries, timeout=30)) == [slow]
    assert given == [quick]


def test_a_timeout_of_zero_polls_each_query_once(backend: str) -> None:
    with subjects(backend, ENDLESS) as subject:
        handles = [subject.start(weather(number)) for number in range(12)]
        before = len(subject.service.requests)
        with pytest.raises(WaitTimeoutError, match="unfinished at the end of the wait: 12, the first"):
            subject.as_completed([subject.caller.client.attach(each.token) for each in handles], timeout=0)
        assert len(subject.service.requests) - before == 12


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


@each_async_backend
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
