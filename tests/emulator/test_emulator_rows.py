from itertools import chain
from pathlib import Path

import pytest
from supermetrics_query.emulator import Emulator, Plan, read_csv
from supermetrics_query.emulator.behaviour import HeaderRow

from tests.emulator.helpers import INSTANT, Api, StandingClock

TITLES = ["Airport", "Date", "Temp"]
FIRST = ["EWR", "2013-01-01", 37.94]
SECOND = ["EWR", "2013-01-01", 33.98]
THIRD = ["EWR", "2013-01-02", 24.08]


def test_rows_come_with_a_header_and_metadata(api: Api) -> None:
    body = api.start(plan=INSTANT, ds_accounts="EWR", start_date="2013-01-01", end_date="2013-01-01").json()
    assert body["data"] == [TITLES, FIRST, SECOND]
    assert body["meta"]["result"]["total_rows"] == 2
    assert body["meta"]["query"]["start_date"] == "2013-01-01"


def test_columns_stand_where_data_column_says(api: Api) -> None:
    body = api.start(plan=INSTANT).json()
    fields = body["meta"]["query"]["fields"]
    assert [field["id"] for field in fields] == ["date", "airport", "temp"]
    assert [field["field_name"] for field in fields] != TITLES
    assert [TITLES[field["data_column"]] for field in fields] == [field["field_name"] for field in fields]


def test_columns_can_keep_the_requested_order() -> None:
    with Emulator(plan=Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0), reorder_columns=False) as s:
        api = Api(s)
        with api.http:
            assert api.start(offset_end=0).json()["data"] == [["Date", "Airport", "Temp"]]


def test_an_empty_result_has_no_header(api: Api) -> None:
    body = api.start(plan=INSTANT, start_date="1999-01-01", end_date="1999-01-01").json()
    assert body["data"] == []
    assert (body["meta"]["result"]["total_rows"], body["meta"]["result"]["total_columns"]) == (0, 0)


def test_the_header_can_be_left_out(api: Api) -> None:
    body = api.start(settings={"emulator": INSTANT, "no_headers": True}, offset_end=0).json()
    assert body["data"] == [FIRST]


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("row", [TITLES, FIRST], [SECOND, THIRD]),
        ("repeat", [TITLES, FIRST, SECOND], [TITLES, THIRD]),
        ("first", [TITLES, FIRST, SECOND], [THIRD]),
    ],
)
def test_the_header_counts_as_configured(header: HeaderRow, first: list[object], second: list[object]) -> None:
    day = {"ds_accounts": ["EWR"], "start_date": "2013-01-01", "end_date": "2013-01-02", "max_rows": 3}
    with Emulator(clock=StandingClock(), header=header) as service, Api(service) as api:
        api.start(schedule_id="q", plan=INSTANT, **day)
        pages = [api.rows("q", offset_start=start, offset_end=start + 1) for start in (0, 2)]
    assert pages == [first, second]


def test_consecutive_pages_hold_every_row_once(api: Api) -> None:
    api.start(schedule_id="q", plan=INSTANT)
    whole = api.rows("q")
    pages = [api.rows("q", offset_start=start, offset_end=start + 999) for start in range(0, 4000, 1000)]
    assert list(chain(*pages)) == whole
    assert len(whole) == 3271


def test_an_empty_cell_is_null(api: Api) -> None:
    body = api.start(plan=INSTANT, fields="wind_gust", offset_end=1).json()
    assert body["data"] == [["Wind gust"], [None]]


def test_a_csv_file_becomes_a_data_source(service: Emulator, api: Api, tmp_path: Path) -> None:
    table = tmp_path / "shop.csv"
    table.write_text("store,day,visits,share,note\nA,2026-01-01,7,0.5,x\nB,2026-01-02,,1,\n")
    service.add_source("SHOP", read_csv(table, account="store", date="day"))
    fields = ["store", "day", "visits", "share", "note"]
    body = api.start(plan=INSTANT, ds_id="SHOP", fields=fields, ds_accounts="B").json()
    types = {field["id"]: (field["field_type"], field["data_type"]) for field in body["meta"]["query"]["fields"]}
    assert body["data"][1] == ["2026-01-02", None, "B", 1.0, None]
    assert types == {
        "store": ("dim", "string.text.value"),
        "day": ("dim", "string.time.date"),
        "visits": ("met", "int.number.value"),
        "share": ("met", "float.number.value"),
        "note": ("dim", "string.text.value"),
    }
