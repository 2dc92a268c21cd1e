import json
from datetime import UTC, datetime
from typing import Any

import pytest
from supermetrics_query.emulator import Emulator
from supermetrics_query.emulator.operations import _parse_time

from tests.emulator.helpers import INSTANT, Api, error_of


def history(api: Api, **sent: object) -> dict[str, Any]:
    answer = api.http.get("/query/history", params={"json": json.dumps(sent)} if sent else {})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def ids(api: Api, **sent: object) -> list[object]:
    return [entry["schedule_id"] for entry in history(api, **sent)["data"]]


def test_the_history_lists_runs_with_the_latest_first(service: Emulator, api: Api) -> None:
    api.start(schedule_id="first", plan=INSTANT, max_rows=7)
    service.advance(60)
    api.start(schedule_id="second")
    running, ended = history(api)["data"]
    assert (ended["schedule_id"], ended["status_code"], ended["row_count"]) == ("first", "SUCCESS", 7)
    assert (running["schedule_id"], running["status_code"], "row_count" in running) == (
        "second",
        "SCHEDULED",
        False,
    )
    assert (ended["@type"], ended["ds_id"]) == ("query_history", "WEATHER")
    assert str(ended["schedule_time"]) < str(running["schedule_time"])


def test_the_history_can_be_searched(api: Api) -> None:
    api.start(schedule_id="weather", plan=INSTANT)
    api.start(schedule_id="numbers", ds_id="NUMBERS", fields="c0", plan=INSTANT | {"outcome": "FAILURE"})
    assert ids(api, ds_ids="NUMBERS") == ["numbers"]
    assert ids(api, ds_ids=["WEATHER", "OTHER"]) == ["weather"]
    assert ids(api, status_codes=["FAILURE", "STOPPED"]) == ["numbers"]
    assert ids(api, limit=1, offset=1) == ["weather"]
    assert ids(api, until="yesterday") == []


def test_the_history_covers_one_day_by_default(service: Emulator, api: Api) -> None:
    api.start(schedule_id="old")
    service.advance(2 * 86_400)
    api.start(schedule_id="new")
    assert ids(api) == ["new"]
    assert ids(api, since="2020-01-01") == ["new", "old"]
    assert ids(api, since="today", until="now") == ids(api, since="today")


def test_the_history_covers_at_most_ninety_days(service: Emulator, api: Api) -> None:
    api.start(schedule_id="old")
    service.advance(91 * 86_400)
    assert ids(api, since="2020-01-01T00:00:00Z") == []


def test_a_failed_query_has_no_rows_in_the_history(api: Api) -> None:
    api.start(schedule_id="q", plan=INSTANT | {"outcome": "FAILURE"})
    [entry] = history(api)["data"]
    assert (entry["status_code"], entry["row_count"]) == ("FAILURE", 0)


def test_a_page_of_the_history_has_a_hundred_entries_by_default(api: Api) -> None:
    assert history(api)["meta"]["paginate"] == {"offset": 0, "limit": 100, "total": 0}


@pytest.mark.parametrize(
    ("since", "read"),
    [
        ("2013-11-01", "2013-11-01T00:00:00+00:00"),
        ("2013-11-01T10:00:00", "2013-11-01T10:00:00+00:00"),
        ("2013-11-01T10:00:00+02:00", "2013-11-01T10:00:00+02:00"),
    ],
)
def test_a_time_without_a_zone_is_in_utc(since: str, read: str) -> None:
    assert _parse_time({"since": since}, "since", datetime.now(UTC)) == datetime.fromisoformat(read)


def test_today_begins_at_midnight(api: Api) -> None:
    assert history(api, since="today")["meta"]["filter"]["since"][10:] == "T00:00:00+00:00"


def test_the_history_of_another_key_is_not_shown(service: Emulator, api: Api) -> None:
    api.start()
    service.add_key("api_other")
    with Api(service, "api_other") as other:
        assert ids(other) == []


@pytest.mark.parametrize(
    "sent",
    [
        {"status_codes": ["DONE"]},
        {"status_codes": "SUCCESS"},
        {"limit": 1001},
        {"since": "2 days ago"},
        {"since": 1},
    ],
)
def test_a_search_that_breaks_a_limit_is_refused(api: Api, sent: dict[str, object]) -> None:
    answer = api.http.get("/query/history", params={"json": json.dumps(sent)})
    assert (answer.status_code, error_of(answer)) == (400, "BAD_REQUEST")


def test_a_history_that_lags_knows_later_what_happened() -> None:
    with Emulator(history_lag=60) as service, Api(service) as api:
        api.start(schedule_id="first", plan=INSTANT)
        assert ids(api) == []
        service.advance(60)
        assert [entry["status_code"] for entry in history(api)["data"]] == ["SUCCESS"]
        api.start(schedule_id="second", plan=INSTANT | {"run_seconds": 30})
        service.advance(70)
        assert [entry["status_code"] for entry in history(api)["data"]] == ["RUNNING", "SUCCESS"]


def test_a_history_can_leave_out_runs() -> None:
    with Emulator(history_omits=3) as service, Api(service) as api:
        for number in range(7):
            api.start(schedule_id=f"run-{number}", plan=INSTANT)
        assert ids(api) == ["run-6", "run-4", "run-3", "run-1", "run-0"]
        service.reset()
        api.start(schedule_id="again", plan=INSTANT)
        assert ids(api) == ["again"]


def test_a_history_can_be_refused() -> None:
    with Emulator(faults=["history:every*403"]) as service, Api(service) as api:
        assert api.http.get("/query/history").status_code == 403
        assert api.start(schedule_id="first", plan=INSTANT).status_code in {200, 202}
