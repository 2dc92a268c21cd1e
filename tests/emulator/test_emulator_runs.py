"""A run from its start to its end, moment by moment, and which starts are the same query."""

from collections.abc import Iterator
from typing import Any

import pytest
from supermetrics_query.emulator import Emulator, Plan

from tests.emulator.helpers import INSTANT, Api, StandingClock, code_of, held

TEN_EACH = Plan(scheduled_seconds=10, queued_seconds=10, run_seconds=10, parts=5)
MOMENTS = [
    (0, "SCHEDULED", (0, 0)),
    (10, "QUEUED", (0, 3)),
    (20, "RUNNING", (0, 3)),
    (24, "RUNNING", (2, 3)),
    (25, "RUNNING", (2, 5)),
    (29, "RUNNING", (4, 5)),
    (30, "SUCCESS", (5, 5)),
]


@pytest.fixture
def service() -> Iterator[Emulator]:
    with Emulator(clock=StandingClock(), plan=TEN_EACH) as service:
        yield service


@pytest.mark.parametrize(("seconds", "code", "progress"), MOMENTS)
def test_a_run_goes_through_its_states_and_its_total_grows(
    service: Emulator, seconds: float, code: str, progress: tuple[int, int]
) -> None:
    with Api(service) as api:
        api.start(schedule_id="q")
        service.advance(seconds)
        meta = api.poll("q").json()["meta"]
    ready, total = progress
    assert (meta["status_code"], meta["progress"]) == (code, {"queries_ready": ready, "queries_total": total})


def test_a_run_that_failed_has_done_half_of_its_parts(service: Emulator) -> None:
    with Api(service) as api:
        api.start(schedule_id="q", plan=INSTANT | {"outcome": "FAILURE"})
        assert api.poll("q").json()["meta"]["progress"] == {"queries_ready": 2, "queries_total": 5}


@pytest.mark.parametrize(("seconds", "code"), [(4 * 3600, "SUCCESS"), (4 * 3600 + 1, "FAILURE")])
def test_a_run_may_last_four_hours(service: Emulator, seconds: float, code: str) -> None:
    with Api(service) as api:
        api.start(schedule_id="q", plan=INSTANT | {"run_seconds": seconds})
        service.advance(4 * 3600)
        assert code_of(api.poll("q")) == code


def test_a_start_waits_for_half_an_hour_unless_it_says_something_else(service: Emulator) -> None:
    slow = {"ds_id": "WEATHER", "settings": {"emulator": {"run_seconds": 3600}}}
    with Api(service) as api:
        answer = held(service, lambda: api.http.post("/query/data/json", json=slow), 1800)
        assert (answer.status_code, code_of(answer)) == (202, "RUNNING")


def test_how_a_query_is_delivered_does_not_change_which_query_it_is(service: Emulator) -> None:
    with Api(service) as api:
        name = api.started(plan=INSTANT)
        again: list[dict[str, Any]] = [
            {"sync_timeout": 5},
            {"offset_start": 1},
            {"offset_end": 1},
            {"api_key": "x"},
            {"schedule_id": name},
        ]
        assert {api.started(plan=INSTANT, **each) for each in again} == {name}
        assert len(api.http.get("/query/history").json()["data"]) == 1
        assert api.started(plan=INSTANT, max_rows=1) != name


def test_no_depth_of_a_query_breaks_the_service(service: Emulator) -> None:
    with Api(service) as api:
        bodies = [
            '{"ds_id": "WEATHER", "sync_timeout": 0, "a": ' + "[" * n + "]" * n + "}" for n in range(900, 1000, 2)
        ]
        answers = {api.http.post("/query/data/json", content=body).status_code for body in bodies}
    assert answers <= {202, 400}
