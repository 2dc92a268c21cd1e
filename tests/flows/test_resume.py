"""A named query is started once, whoever asks for it and however often; its id is all that is remembered."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from attrs import define
from supermetrics_query import (
    ConfigurationError,
    DataQuery,
    PermissionDeniedError,
    PollPolicy,
    QueryFailedError,
    QueryResumed,
    ScheduleIdInUseError,
    ServerError,
    StartSent,
    WaitTimeoutError,
    split,
)
from supermetrics_query._core.series import series_of
from supermetrics_query.emulator import Emulator, Plan
from supermetrics_query.events import Event
from supermetrics_query.testing import FakeClock

from tests.support.answers import about, envelope, status, success
from tests.support.calling import Caller, calling
from tests.support.scripted import new_query, scripted_client

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
        assert world.asked().count("history") == 1
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


def listed(*codes: str) -> httpx.Response:
    """Return a history of the first runs of the series."""
    entries = [{"schedule_id": SERIES.schedule_id(number), "status_code": code} for number, code in enumerate(codes)]
    return httpx.Response(200, json={"meta": {}, "data": entries})


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
