from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from supermetrics_query.emulator import Emulator, Plan

from tests.emulator.helpers import Api, StandingClock, code_of, error_of

TEN_SECONDS = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=10)


def test_a_full_licence_runs_queries_in_the_order_of_their_arrival() -> None:
    with Emulator(clock=StandingClock(), plan=TEN_SECONDS, concurrency=2) as service, Api(service) as api:
        names = ["a", "b", "c", "d"]
        found = [[code_of(api.start(schedule_id=name)) for name in names]]
        for _ in range(2):
            service.advance(10)
            found.append([code_of(api.poll(name)) for name in names])
    assert found == [
        ["RUNNING", "RUNNING", "QUEUED", "QUEUED"],
        ["SUCCESS", "SUCCESS", "RUNNING", "RUNNING"],
        ["SUCCESS"] * 4,
    ]


def test_the_workflow_reports_how_full_the_licence_is() -> None:
    with Emulator(clock=StandingClock(), plan=TEN_SECONDS, concurrency=2) as service, Api(service) as api:
        for name in ("a", "b", "c"):
            api.start(schedule_id=name)
        full = api.poll("a").json()["meta"]["workflow"]
        service.advance(100)
        empty = api.poll("a").json()["meta"]["workflow"]
    assert full == {"tasks_scheduled": 1, "tasks_running": 2}
    assert empty == {"tasks_scheduled": 0, "tasks_running": 0}


def test_the_number_of_requests_that_wait_for_one_run_is_limited() -> None:
    with Emulator(clock=StandingClock(), plan=TEN_SECONDS) as service, Api(service) as api:
        api.start(schedule_id="q")
        with ThreadPoolExecutor(10) as pool:
            waiting = [pool.submit(api.start, schedule_id="q", sync_timeout=60) for _ in range(10)]
            while service.held < 10:
                wait(waiting, timeout=0.001)
            refused, asking = api.start(schedule_id="q", sync_timeout=60), api.start(schedule_id="q")
            service.advance(10)
            codes = {code_of(answer.result()) for answer in waiting}
    assert (refused.status_code, error_of(refused)) == (429, "TOO_MANY_REQUESTS")
    assert (code_of(asking), codes) == ("RUNNING", {"SUCCESS"})


def test_the_request_that_starts_a_run_is_not_one_that_waits_for_another() -> None:
    behaviour: dict[str, Any] = {"clock": StandingClock(), "plan": TEN_SECONDS, "waiting_duplicates": 1}
    with Emulator(**behaviour) as service, Api(service) as api, ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(api.start, schedule_id="q", sync_timeout=60) for _ in range(2)]
        while service.held < 2 and not any(answer.done() for answer in waiting):
            wait(waiting, timeout=0.001)
        service.advance(10)
        codes = [code_of(answer.result()) for answer in waiting]
    assert codes == ["SUCCESS"] * 2


def test_requests_whose_client_disconnected_no_longer_count_as_waiting() -> None:
    with Emulator(clock=StandingClock(), plan=TEN_SECONDS, waiting_duplicates=1) as service, Api(service) as api:
        api.start(schedule_id="q")
        with ThreadPoolExecutor(1) as pool, Api(service) as impatient:
            impatient.http.timeout = 0.05
            gone = pool.submit(impatient.start, schedule_id="q", sync_timeout=60)
            assert gone.exception()
        while service.held:
            wait([gone], timeout=0.001)
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(api.start, schedule_id="q", sync_timeout=60)
            while not service.held:
                wait([waiting], timeout=0.001)
            refused = api.start(schedule_id="q", sync_timeout=60)
            service.advance(10)
            assert (refused.status_code, code_of(waiting.result())) == (429, "SUCCESS")


def test_requests_above_the_limit_per_second_get_a_retry_after() -> None:
    with Emulator(clock=StandingClock(), per_second=2) as service, Api(service) as api:
        codes = [api.poll("q").status_code for _ in range(3)]
        service.advance(0.5)
        refused = api.poll("q")
        service.advance(0.5)
        again = api.poll("q").status_code
    assert (codes, again) == ([404, 404, 429], 404)
    assert (error_of(refused), refused.headers["Retry-After"]) == ("TOO_MANY_REQUESTS", "1")


def test_the_headers_count_the_requests_of_the_last_hour_for_each_key() -> None:
    with Emulator(clock=StandingClock(), per_hour=3) as service, Api(service) as api:
        service.add_key("api_other")
        left = [api.poll("q").headers["X-RateLimit-Remaining"] for _ in range(3)]
        service.advance(600)
        refused = api.poll("q")
        with Api(service, "api_other") as other:
            assert other.poll("q").headers["X-RateLimit-Remaining"] == "2"
    assert (left, refused.headers["X-RateLimit-Limit"]) == (["2", "1", "0"], "3")
    assert refused.headers["Retry-After"] == "3000"


def test_retry_after_counts_seconds_of_the_client() -> None:
    with Emulator(clock=StandingClock(), speed=60, per_hour=1) as service, Api(service) as api:
        api.poll("q")
        assert api.poll("q").headers["Retry-After"] == "60"


def test_a_data_source_can_be_limited_by_the_day() -> None:
    with Emulator(clock=StandingClock(), per_day=1) as service, Api(service) as api:
        api.start(schedule_id="q")
        joined, refused = api.start(schedule_id="q"), api.start(schedule_id="r")
        other = api.start(ds_id="NUMBERS", fields="c0")
        service.advance(86_400)
        tomorrow = api.start(schedule_id="r")
    assert (refused.status_code, error_of(refused)) == (429, "LICENSE_DAILY_QUERY_LIMIT_EXCEEDED")
    assert [answer.status_code for answer in (joined, other, tomorrow)] == [202, 202, 202]
