from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from supermetrics_query.emulator import Emulator, Plan

from tests.emulator.helpers import INSTANT, Api, StandingClock, code_of, error_of, held

SLOW = {"scheduled_seconds": 10, "queued_seconds": 10, "run_seconds": 80, "parts": 8}


def test_a_query_goes_through_the_documented_states(service: Emulator, api: Api) -> None:
    found = [code_of(api.start(schedule_id="q", plan=SLOW))]
    for seconds in (10, 10, 80):
        service.advance(seconds)
        found.append(code_of(api.poll("q")))
    assert found == ["SCHEDULED", "QUEUED", "RUNNING", "SUCCESS"]


def test_the_number_of_parts_grows_and_the_ready_ones_never_shrink(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q", plan=SLOW)
    seen = []
    for _ in range(21):
        progress = api.poll("q").json()["meta"]["progress"]
        seen.append((progress["queries_ready"], progress["queries_total"]))
        service.advance(5)
    assert seen == sorted(seen)
    assert {total for _, total in seen} == {0, 4, 8}
    assert seen[-1] == (8, 8)


@pytest.mark.parametrize("outcome", ["FAILURE", "STOPPED", "PROCESS_EXITED", "PAUSED_BY_OPERATOR"])
def test_a_query_ends_as_its_plan_says_and_then_has_no_rows(api: Api, outcome: str) -> None:
    answer = api.start(plan=INSTANT | {"outcome": outcome})
    assert (answer.status_code, code_of(answer), answer.json()["data"]) == (200, outcome, [])


@pytest.mark.parametrize(("overrides", "status"), [({}, 403), ({"error_status": 200}, 200)])
def test_a_failure_can_show_as_an_error(api: Api, overrides: dict[str, int], status: int) -> None:
    failing = INSTANT | {"outcome": "FAILURE", "error": "QUERY_AUTH_UNAVAILABLE"} | overrides
    api.start(schedule_id="q", plan=failing)
    answer = api.poll("q")
    assert (answer.status_code, error_of(answer)) == (status, "QUERY_AUTH_UNAVAILABLE")


def test_a_run_of_more_than_four_hours_fails(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q", plan={"run_seconds": 20_000})
    service.advance(4 * 3600 - 1)
    before = code_of(api.poll("q"))
    service.advance(2)
    assert (before, code_of(api.poll("q"))) == ("RUNNING", "FAILURE")


def test_the_plan_of_the_emulator_applies_to_queries_without_their_own() -> None:
    with (
        Emulator(clock=StandingClock(), plan=Plan(scheduled_seconds=5, queued_seconds=5)) as service,
        Api(service) as api,
    ):
        api.start(schedule_id="q")
        service.advance(6)
        assert code_of(api.poll("q")) == "QUEUED"


def test_a_plan_can_depend_on_the_query() -> None:
    slow, fast = Plan(), Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0)
    with (
        Emulator(plan=lambda query: fast if query.get("max_rows") == 1 else slow) as service,
        Api(service) as api,
    ):
        found = [code_of(api.start(max_rows=rows)) for rows in (1, 2)]
    assert found == ["SUCCESS", "SCHEDULED"]


def test_without_a_sync_timeout_the_start_is_answered_when_the_query_has_ended(service: Emulator, api: Api) -> None:
    answer = held(service, lambda: api.start(plan=SLOW, sync_timeout=1800), 100)
    assert (answer.status_code, code_of(answer)) == (200, "SUCCESS")


def test_a_sync_timeout_that_is_too_short_ends_in_202(service: Emulator, api: Api) -> None:
    answer = held(service, lambda: api.start(plan=SLOW, sync_timeout=30), 30)
    assert (answer.status_code, code_of(answer), answer.json()["data"]) == (202, "RUNNING", [])


def test_old_accounts_get_200_for_a_query_that_has_not_ended() -> None:
    with Emulator(clock=StandingClock(), legacy_accepted=True) as service, Api(service) as api:
        answer = api.start()
    assert (answer.status_code, code_of(answer)) == (200, "SCHEDULED")


def test_the_status_of_a_query_is_kept_for_one_hour_after_its_end(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q", plan=SLOW)
    service.advance(100 + 3599)
    kept = code_of(api.poll("q"))
    service.advance(1)
    gone = api.poll("q")
    assert (kept, gone.status_code, error_of(gone)) == ("SUCCESS", 404, "STATUS_NOT_FOUND")


def test_the_status_of_a_missing_query_can_be_400() -> None:
    with Emulator(not_found_status=400) as service, Api(service) as api:
        answer = api.poll("never")
    assert (answer.status_code, error_of(answer)) == (400, "STATUS_NOT_FOUND")


def test_another_key_does_not_see_the_query(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q")
    service.add_key("api_other")
    with Api(service, "api_other") as other:
        assert error_of(other.poll("q")) == "STATUS_NOT_FOUND"


def test_the_same_id_joins_the_run_that_is_under_way(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q", plan=SLOW)
    service.advance(50)
    joined = api.start(schedule_id="q", fields="hour")
    assert (code_of(joined), joined.json()["meta"]["progress"]["queries_ready"]) == ("RUNNING", 3)


def test_the_same_query_gets_the_kept_result_and_another_query_runs(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q", plan=SLOW)
    service.advance(101)
    same, other = api.start(schedule_id="q", plan=SLOW), api.start(schedule_id="q", fields="hour")
    assert (code_of(same), code_of(other)) == ("SUCCESS", "SCHEDULED")


def test_a_query_that_failed_runs_again_under_the_same_id(service: Emulator, api: Api) -> None:
    plan = {"outcome": "FAILURE"}
    api.start(schedule_id="q", plan=plan)
    service.advance(10)
    ended = code_of(api.poll("q"))
    assert (ended, code_of(api.start(schedule_id="q", plan=plan))) == ("FAILURE", "SCHEDULED")


def test_an_id_that_is_not_chosen_follows_from_the_query_but_not_from_its_delivery(api: Api) -> None:
    first = api.started()
    assert api.started(offset_start=5, offset_end=7, sync_timeout=0) == first
    assert api.started(fields="hour") != first


def test_stopping_drops_requests_that_wait() -> None:
    with ThreadPoolExecutor(1) as pool, Emulator(clock=StandingClock()) as service:
        api = Api(service)
        waiting = pool.submit(api.start, sync_timeout=1800)
        while not service.held:
            pass
        service.__exit__()
        with api, pytest.raises(httpx.TransportError):
            waiting.result()
