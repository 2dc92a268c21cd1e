"""A named query is started once, whoever asks for it and however often; its id is all that is remembered."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from attrs import define
from supermetrics_query import (
    ApiError,
    AsyncQueryClient,
    ConfigurationError,
    DataQuery,
    NoLimiter,
    PermissionDeniedError,
    PollPolicy,
    QueryClient,
    QueryFailedError,
    QueryResumed,
    RetryPolicy,
    ScheduleIdInUseError,
    ServerError,
    StartSent,
    WaitTimeoutError,
    split,
)
from supermetrics_query._core.series import series_of
from supermetrics_query._flows.resume import MOST_PAGES
from supermetrics_query.emulator import Emulator, Plan
from supermetrics_query.events import Event
from supermetrics_query.testing import FakeClock

from tests.support.answers import about, envelope, status, success
from tests.support.calling import Caller, calling, each_async_backend
from tests.support.scripted import BASE_URL, KEY, new_query, scripted_client

HOUR = 3600.0
NAME = "nightly-2026-11-24"
LONG = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=20, parts=1)
QUICK = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=1, parts=1)
BAD = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=1, outcome="FAILURE")


@define
class World:
    """An API in simulated time, and clients of several processes, one after the other."""

    service: Emulator
    clock: FakeClock
    stack: str
    seen: int = 0  # requests that `asked` has returned

    def process(self, events: list[Event] | None = None, **options: Any) -> Any:
        """Return the client of a process that has just begun."""
        given = {"poll": PollPolicy(start_wait=0), "on_event": None if events is None else events.append}
        return calling(self.stack, self.service.key, base_url=self.service.url, clock=self.clock, **given, **options)

    def start(self, resume: str | None = NAME, **members: Any) -> Any:
        """Start a query in a process of its own, and return its handle."""
        with self.process() as caller:
            return caller.call(caller.client, "start", a_query(**members), resume=resume)

    def read(self, resume: str | None = NAME, **members: Any) -> int:
        """Run a query in a process of its own, and return how many rows came."""
        with self.process() as caller:
            query = caller.call(caller.client, "run", a_query(**members), resume=resume, timeout=None)
            return len(caller.collect(query, "rows"))

    @property
    def started(self) -> list[str]:
        """The ids of the starts that reached the API."""
        return [str(seen.schedule_id) for seen in self.service.requests if seen.operation == "start"]

    def asked(self) -> list[str]:
        """Return what was asked of the API since the last call."""
        new = self.service.requests[self.seen :]
        self.seen += len(new)
        return [each.operation for each in new]


def a_query(**members: Any) -> DataQuery:
    """Return a query of three rows."""
    return DataQuery(**{"ds_id": "WEATHER", "fields": ["date", "temp"], "max_rows": 3, **members})


@pytest.fixture
def world(stack: str) -> Iterator[World]:
    clock = FakeClock()
    with Emulator(plan=QUICK, clock=clock) as service:
        yield World(service, clock, stack)


def test_a_query_that_runs_is_joined(world: World) -> None:
    world.service.use(LONG)
    first, second = world.start(), world.start()
    assert first.schedule_id == second.schedule_id
    assert first.token == second.token
    assert len(world.started) == 1
    assert world.read() == 3
    assert len(world.started) == 1


def test_a_result_that_is_kept_is_read_again(world: World) -> None:
    assert [world.read() for _ in range(3)] == [3, 3, 3]
    assert len(world.started) == 1


def test_a_query_that_ended_badly_is_followed_by_the_next_of_its_series(world: World) -> None:
    world.service.use(BAD)
    for _ in range(3):
        with pytest.raises(QueryFailedError):
            world.read()
    world.service.use(QUICK)
    assert [world.read(), world.read()] == [3, 3]
    stem = world.started[0].rpartition("-")[0]
    assert world.started == [f"{stem}-{number}" for number in range(4)]


def test_a_query_that_ended_with_an_error_of_its_own_is_followed_by_the_next(world: World) -> None:
    world.service.use(Plan(run_seconds=1, outcome="FAILURE", error="QUERY_ERROR"))
    with pytest.raises(QueryFailedError):
        world.read()
    world.service.use(QUICK)
    assert world.read() == 3
    assert [name[-2:] for name in world.started] == ["-0", "-1"]


def test_a_result_that_has_expired_is_made_again_under_the_next_id(world: World) -> None:
    world.read()
    world.clock.advance(2 * HOUR)
    assert [world.read(), world.read()] == [3, 3]
    assert [name[-2:] for name in world.started] == ["-0", "-1"]


def test_a_newer_run_is_found_behind_those_that_have_expired(world: World) -> None:
    world.service.use(BAD)
    for _ in range(3):
        with pytest.raises(QueryFailedError):
            world.read()
    world.service.use(Plan(run_seconds=3 * HOUR))
    running = world.start()
    world.clock.advance(1.5 * HOUR)  # those that failed are no longer kept
    assert world.start().schedule_id == running.schedule_id
    assert world.read() == 3
    assert [name[-2:] for name in world.started] == ["-0", "-1", "-2", "-3"]


@pytest.mark.parametrize("refusal", [403, 404, 400])
def test_a_key_that_may_not_read_the_history_starts_and_joins(world: World, refusal: int) -> None:
    world.service.fault(f"history:every*{refusal}")
    assert [world.read(), world.read()] == [3, 3]
    assert len(world.started) == 1


def test_a_history_that_fails_for_now_lets_nothing_be_started(world: World) -> None:
    world.service.fault("history:every*503")
    with pytest.raises(ServerError):
        world.start()
    assert world.started == []
    world.service.clear_faults()
    assert world.read() == 3


def test_a_query_that_is_known_needs_one_request_and_a_new_one_three(world: World) -> None:
    world.service.use(LONG)
    world.start()
    assert world.asked() == ["status", "history", "start"]
    world.start()
    assert world.asked() == ["status"]


def test_a_start_that_was_lost_is_found_by_the_next_process(world: World) -> None:
    world.service.use(LONG)
    world.service.fault("start:lost")
    world.start()
    world.start()
    assert len(world.started) == 1


def test_another_name_another_query_and_another_format_are_started(world: World) -> None:
    world.start()
    world.start("nightly-2026-11-25")
    world.start(max_rows=4)
    with world.process() as caller:
        caller.call(caller.client, "start", a_query(), resume=NAME, format="csv")
    assert len({*world.started}) == 4


def test_a_deadline_binds_what_comes_before_the_start(world: World) -> None:
    world.service.use(LONG)
    world.service.fault("status:every*503")
    began = world.clock.now()
    with world.process() as caller, pytest.raises((ServerError, WaitTimeoutError)) as caught:
        caller.call(caller.client, "run", a_query(), resume=NAME, timeout=1)
    assert world.clock.now() - began <= 1.25
    assert world.started == []
    assert caught.value.token


def test_events_say_whether_a_query_was_started_or_resumed(world: World) -> None:
    world.service.use(LONG)
    events: list[Event] = []
    with world.process(events) as caller:
        query = caller.call(caller.client, "start", a_query(), resume=NAME)
        again = caller.call(caller.client, "start", a_query(), resume=NAME)
    named = [each for each in events if isinstance(each, StartSent | QueryResumed)]
    assert [type(each) for each in named] == [StartSent, QueryResumed]
    assert {each.token for each in named} == {query.token, again.token}


# Many at once.


def many(caller: Caller, queries: list[DataQuery], **named: Any) -> list[Any]:
    """Run queries under one name, and read the rows of each."""
    ended = caller.collect(caller.client, "run_many", queries, resume=NAME, **named)
    for query in ended:
        assert query.error is None
        assert len(caller.collect(query, "rows")) == query.request.max_rows
    return ended


def test_a_process_that_runs_many_again_starts_none_twice(world: World) -> None:
    queries = [a_query(max_rows=rows) for rows in range(1, 30)]
    with world.process() as caller:
        assert len(many(caller, queries[:20], in_flight=7)) == 20
        assert world.asked().count("history") == 1  # for all of them
    with world.process() as caller:
        assert len(many(caller, queries)) == 29
        assert world.asked().count("history") == 1
    assert len(world.started) == len({*world.started}) == 29


def test_the_parts_of_a_query_are_started_once(world: World) -> None:
    members = {"ds_accounts": ["JFK", "LGA"], "start_date": "2013-01-01", "end_date": "2013-02-10", "max_rows": None}
    parts = split(a_query(**members), by_account=1, by_days=20)
    for _ in range(2):
        with world.process() as caller:
            ended = caller.collect(caller.client, "run_many", parts, resume=NAME)
            rows = sum(len(caller.collect(query, "rows")) for query in ended)
        assert rows == world.read("the whole", **members)
    assert len(world.started) == len(parts) + 1


def test_the_same_query_in_flight_twice_is_one_that_cannot_be_told_apart(world: World) -> None:
    world.service.use(LONG)
    with world.process() as caller:
        ended = caller.collect(caller.client, "run_many", [a_query(), a_query()], resume=NAME)
    assert Counter(type(query.error) for query in ended) == {type(None): 1, ConfigurationError: 1}
    assert len(world.started) == 1


def test_many_that_failed_are_started_again_and_the_others_are_not(world: World) -> None:
    world.service.use(lambda query: BAD if query["max_rows"] == 2 else QUICK)
    queries = [a_query(max_rows=rows) for rows in range(1, 5)]
    with world.process() as caller:
        ended = caller.collect(caller.client, "run_many", queries, resume=NAME)
    assert [query.request.max_rows for query in ended if query.error] == [2]
    world.service.use(QUICK)
    with world.process() as caller:
        many(caller, queries)
    assert Counter(name[-2:] for name in world.started) == {"-0": 4, "-1": 1}


def test_a_history_that_fails_for_now_is_the_error_of_those_that_need_it(world: World) -> None:
    world.service.fault("history:every*503")
    with world.process() as caller:
        ended = caller.collect(caller.client, "run_many", [a_query(), a_query(max_rows=4)], resume=NAME)
    assert [type(query.error) for query in ended] == [ServerError, ServerError]
    assert world.started == []


# What the history and the polls say of each other.


UNKNOWN = envelope(404, "STATUS_NOT_FOUND")
SERIES = series_of(NAME, new_query(), "json")


def listed(*codes: str, age: float | None = None) -> httpx.Response:
    """Return a history of the first runs of the series, which were accepted so many seconds ago."""
    until = datetime(2026, 11, 24, 12, tzinfo=UTC)
    entries = [{"schedule_id": SERIES.schedule_id(number), "status_code": code} for number, code in enumerate(codes)]
    if age is not None:
        entries = [{**entry, "schedule_time": (until - timedelta(seconds=age)).isoformat()} for entry in entries]
    return httpx.Response(200, json={"meta": {"filter": {"until": until.isoformat()}}, "data": entries})


def of(number: int, answer: httpx.Response) -> httpx.Response:
    """Return an answer about a run of the series."""
    return about(SERIES.schedule_id(number), answer)


def test_a_run_that_only_the_history_shows_is_waited_for_as_long_as_a_replica_may_lag(backend: str) -> None:
    steps = [UNKNOWN, listed("RUNNING"), UNKNOWN, UNKNOWN, of(0, status("RUNNING")), of(0, success())]
    subject = scripted_client(backend, *steps, knows_id=True)
    query = subject.call(subject.client, "start", new_query(), resume=NAME)
    assert query.schedule_id == SERIES.schedule_id(0)
    assert not [line for line in subject.log if line.startswith("start")]


def test_a_run_that_only_the_history_shows_for_long_is_followed_by_the_next(backend: str) -> None:
    steps = [UNKNOWN, listed("RUNNING"), *[UNKNOWN] * 11, of(1, status("QUEUED"))]
    subject = scripted_client(backend, *steps, knows_id=True)
    query = subject.call(subject.client, "start", new_query(), resume=NAME)
    assert query.schedule_id == SERIES.schedule_id(1)
    assert subject.log[-1] == "start 0"
    assert sum(float(line.split()[1]) for line in subject.log if line.startswith("sleep")) == pytest.approx(30, abs=1)


def test_a_query_that_was_joined_may_be_too_new_for_a_replica(backend: str) -> None:
    steps = [of(0, status("RUNNING")), UNKNOWN, of(0, success())]
    subject = scripted_client(backend, *steps, knows_id=True)
    query = subject.call(subject.client, "start", new_query(), resume=NAME)
    subject.call(query, "wait")
    assert subject.log.count("poll 0..9999") == 3


def test_a_conflict_says_that_another_process_has_started_the_query(backend: str) -> None:
    steps = [UNKNOWN, listed(), envelope(409, "CONFLICT_ERROR"), of(0, status("RUNNING")), of(0, success())]
    subject = scripted_client(backend, *steps, knows_id=True)
    query = subject.call(subject.client, "start", new_query(), resume=NAME)
    subject.call(query, "wait")
    assert subject.log.count("start 0") == 1


def test_a_deadline_that_is_shorter_than_the_lag_of_a_replica_starts_nothing(backend: str) -> None:
    subject = scripted_client(backend, UNKNOWN, listed("RUNNING"), UNKNOWN, knows_id=True)
    with pytest.raises(WaitTimeoutError) as caught:
        subject.call(subject.client, "run", new_query(), resume=NAME, timeout=5)
    assert caught.value.schedule_id == SERIES.schedule_id(0)
    assert not [line for line in subject.log if line.startswith("start")]


def test_a_run_that_has_ended_just_now_may_be_missing_in_a_poll(backend: str) -> None:
    steps = [UNKNOWN, listed("SUCCESS", age=2), UNKNOWN, of(0, success())]
    subject = scripted_client(backend, *steps, knows_id=True)
    query = subject.call(subject.client, "start", new_query(), resume=NAME)
    assert query.schedule_id == SERIES.schedule_id(0)
    assert not [line for line in subject.log if line.startswith("start")]


def test_a_run_that_ended_long_ago_has_expired_and_is_followed_at_once(backend: str) -> None:
    steps = [UNKNOWN, listed("SUCCESS", age=4000), UNKNOWN, of(1, status("QUEUED"))]
    subject = scripted_client(backend, *steps, knows_id=True)
    query = subject.call(subject.client, "start", new_query(), resume=NAME)
    assert query.schedule_id == SERIES.schedule_id(1)
    assert not [line for line in subject.log if line.startswith("sleep")]


@pytest.mark.parametrize("code", ["LICENSE_EXPIRED", "LICENSE_NOT_FOUND", "LICENSE_QUERIES_SUSPENDED"])
def test_an_error_of_the_licence_is_raised_at_once(backend: str, code: str) -> None:
    subject = scripted_client(backend, envelope(403, code), knows_id=True)
    with pytest.raises(ApiError) as caught:
        subject.call(subject.client, "start", new_query(), resume=NAME)
    assert caught.value.code == code
    assert subject.log == ["poll 0..9999"]
    (query,) = subject.collect(subject.client, "run_many", [new_query()], resume=NAME)
    assert isinstance(query.error, ApiError)


@pytest.mark.parametrize("answer", [envelope(500, "QUERY_ERROR"), about("", status("FAILURE"))])
def test_an_api_that_says_of_every_id_that_it_failed_is_not_asked_without_end(
    backend: str, answer: httpx.Response
) -> None:
    subject = scripted_client(backend, answer, knows_id=True)
    with pytest.raises(QueryFailedError):
        subject.call(subject.client, "start", new_query(), resume=NAME)
    assert len(subject.log) < 50


def test_a_history_without_end_is_read_to_a_bound() -> None:
    pages: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return about("", status("QUEUED"))
        if not request.url.path.endswith("history"):
            return UNKNOWN
        pages.append(len(pages))
        entries = [{"schedule_id": f"{len(pages)}-{number}"} for number in range(1000)]
        return httpx.Response(200, json={"meta": {}, "data": entries})

    options: Any = {"http_options": {"transport": httpx.MockTransport(answer)}, "limiter": NoLimiter()}
    with QueryClient(KEY, base_url=BASE_URL, **options) as client:
        client.start(new_query(), resume=NAME)
    assert len(pages) == MOST_PAGES


# Several at once.


def test_results_that_are_kept_do_not_wait_for_a_history(world: World) -> None:
    queries = [a_query(max_rows=rows) for rows in range(1, 6)]
    with world.process() as caller:
        many(caller, queries)
    world.service.fault("history:every*503")
    world.asked()
    with world.process() as caller:
        assert len(many(caller, queries)) == 5
    assert "history" not in world.asked()


def test_a_history_that_fails_is_read_once_for_all(world: World) -> None:
    world.service.fault("history:every*503")
    with world.process(retry=RetryPolicy(attempts=2)) as caller:
        queries = [a_query(max_rows=rows) for rows in range(1, 6)]
        ended = caller.collect(caller.client, "run_many", queries, resume=NAME)
    assert [type(query.error) for query in ended] == [ServerError] * 5
    assert world.asked().count("history") == 2


def test_threads_that_name_the_same_query_at_the_same_time_start_it_once() -> None:
    with Emulator(plan=QUICK) as service, QueryClient(service.key, base_url=service.url) as client:
        service.fault("start:every*slow,seconds=0.1")
        with ThreadPoolExecutor(8) as pool:
            queries = [*pool.map(lambda _: client.start(a_query(), resume=NAME), range(8))]
        assert [seen.operation for seen in service.requests].count("start") == 1
    assert len({query.schedule_id for query in queries}) == 1


@each_async_backend
def test_tasks_that_name_the_same_query_at_the_same_time_start_it_once(backend: str) -> None:
    async def start_many(service: Emulator) -> None:
        async with AsyncQueryClient(service.key, base_url=service.url) as client, anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(partial(client.run, a_query(), resume=NAME))

    with Emulator(plan=QUICK) as service:
        service.fault("start:every*slow,seconds=0.1")
        anyio.run(start_many, service, backend=backend)
        assert [seen.operation for seen in service.requests].count("start") == 1


# An id that the caller has chosen.


def test_an_id_whose_query_has_ended_is_refused_and_nothing_is_started(world: World) -> None:
    world.read(None, schedule_id="mine")
    with pytest.raises(ScheduleIdInUseError, match="'mine' has ended, and the API still keeps it") as caught:
        world.start(None, schedule_id="mine", max_rows=9)
    assert caught.value.status is not None
    assert caught.value.status.is_success
    assert caught.value.schedule_id == "mine"
    assert world.started == ["mine"]


def test_a_second_start_that_is_lost_never_returns_the_old_rows(world: World) -> None:
    world.read(None, schedule_id="mine")
    world.service.fault("start:lost")
    with pytest.raises(ScheduleIdInUseError):
        world.read(None, schedule_id="mine", max_rows=9)
    with world.process() as caller:
        (query,) = caller.collect(caller.client, "run_many", [a_query(schedule_id="mine")])
    assert isinstance(query.error, ScheduleIdInUseError)
    assert world.started == ["mine"]


def test_an_id_whose_query_failed_is_refused_too(world: World) -> None:
    world.service.use(Plan(run_seconds=1, outcome="FAILURE", error="QUERY_ERROR"))
    with pytest.raises(QueryFailedError):
        world.read(None, schedule_id="mine")
    with pytest.raises(ScheduleIdInUseError) as caught:
        world.start(None, schedule_id="mine")
    assert caught.value.status is None


def test_an_id_whose_query_runs_is_joined_as_the_api_does_it(world: World) -> None:
    world.service.use(LONG)
    world.start(None, schedule_id="mine")
    assert world.read(None, schedule_id="mine") == 3


def test_an_id_whose_result_has_expired_can_be_used_again(world: World) -> None:
    world.read(None, schedule_id="mine")
    world.clock.advance(2 * HOUR)
    assert world.read(None, schedule_id="mine") == 3
    assert world.started == ["mine", "mine"]


def test_an_id_is_not_used_where_nobody_knows_whether_it_is_free(world: World) -> None:
    world.service.fault("status:every*403")
    with pytest.raises(PermissionDeniedError):
        world.start(None, schedule_id="mine")
    assert world.started == []


def test_an_id_of_ours_is_not_checked(world: World) -> None:
    world.start(None)
    assert world.asked() == ["start"]
