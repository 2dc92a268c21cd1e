import io
import json

import httpx
import pytest
from supermetrics_query.emulator import Emulator, Plan
from supermetrics_query.emulator.behaviour import HeaderRow

from tests.emulator.helpers import INSTANT, Api, error_of

QUERY = {
    "fields": "date,airport,wind_gust",
    "ds_accounts": "EWR",
    "start_date": "2013-01-01",
    "end_date": "2013-01-02",
    "max_rows": 2,
}
ROWS = [{"airport": "EWR", "date": "2013-01-01", "wind_gust": gust} for gust in (None, 25.32)]
JSON = "application/json"
TABLE = """<table>
<tr><th>Airport</th><th>Date</th><th>Wind gust</th></tr>
<tr><td>EWR</td><td>2013-01-01</td><td></td></tr>
<tr><td>EWR</td><td>2013-01-01</td><td>25.32</td></tr>
</table>
"""


def results(api: Api, schedule_id: str, **window: int) -> httpx.Response:
    sent = json.dumps({"schedule_id": schedule_id, **window})
    return api.http.get("/query/results", params={"json": sent})


def fetched(api: Api, format: str, **window: int) -> httpx.Response:
    api.start(format=format, schedule_id="q", plan=INSTANT, **QUERY)
    return results(api, "q", **window)


@pytest.mark.parametrize(
    ("format", "media_type", "text"),
    [
        ("csv", "text/csv", "Airport,Date,Wind gust\nEWR,2013-01-01,\nEWR,2013-01-01,25.32\n"),
        (
            "tsv",
            "text/tab-separated-values",
            "Airport\tDate\tWind gust\nEWR\t2013-01-01\t\nEWR\t2013-01-01\t25.32\n",
        ),
        (
            "html",
            "text/html",
            TABLE,
        ),
    ],
)
def test_results_come_in_the_format_of_the_start(api: Api, format: str, media_type: str, text: str) -> None:
    answer = fetched(api, format)
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    assert answer.text == text


def test_keyed_formats_hold_objects_and_no_metadata(api: Api) -> None:
    assert fetched(api, "keyjson").json() == ROWS
    lines = fetched(api, "ndjson")
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line) for line in lines.text.splitlines()] == ROWS


@pytest.mark.parametrize("format", ["powerbi", "pbijson"])
def test_formats_for_power_bi_describe_their_columns_beside_the_rows(api: Api, format: str) -> None:
    body = fetched(api, format).json()
    assert body["meta"]["headers"][2] == {"name": "Wind gust", "data_type": "float.number.value"}
    assert body["data"] == [list(row.values()) for row in ROWS]


@pytest.mark.parametrize("format", ["json", "qlik", "tableau"])
def test_array_formats_begin_with_the_titles(api: Api, format: str) -> None:
    answer = fetched(api, format)
    assert answer.headers["Content-Type"] == JSON
    assert answer.json()["data"] == [["Airport", "Date", "Wind gust"], *(list(row.values()) for row in ROWS)]


def test_the_status_is_always_reported_in_the_default_format(api: Api) -> None:
    api.start(format="csv", schedule_id="q", plan=INSTANT, **QUERY)
    assert api.rows("q", offset_end=0) == [["Airport", "Date", "Wind gust"]]


def test_a_query_that_ends_at_once_answers_its_start_in_its_format(api: Api) -> None:
    assert api.start(format="keyjson", plan=INSTANT, **QUERY).json() == ROWS


def test_a_query_that_still_runs_answers_its_start_with_its_status(api: Api) -> None:
    answer = api.start(format="csv")
    assert (answer.status_code, answer.json()["meta"]["status_code"]) == (202, "SCHEDULED")


def test_results_that_can_be_paged_are(api: Api) -> None:
    assert fetched(api, "keyjson", offset=1, limit=1).json() == ROWS[1:]
    assert fetched(api, "keyjson", limit=1).json() == ROWS[:1]
    assert fetched(api, "json", offset=2).json()["data"] == [list(ROWS[1].values())]
    assert fetched(api, "csv", offset=1, limit=1).text.count("\n") == 3


@pytest.mark.parametrize(("format", "text"), [("keyjson", "[]"), ("csv", ""), ("ndjson", "")])
def test_an_empty_result_is_empty_in_every_format(api: Api, format: str, text: str) -> None:
    api.start(format=format, schedule_id="q", plan=INSTANT, filter="airport == X")
    assert results(api, "q").text == text


def test_parquet_without_pyarrow_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supermetrics_query.emulator.formats.find_spec", lambda _name: None)
    answer = api.start(format="parquet")
    assert (answer.status_code, error_of(answer)) == (422, "UNPROCESSABLE_CONTENT")
    assert api.start(format="csv").status_code == 202


def test_parquet_holds_the_rows(api: Api) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    answer = fetched(api, "parquet")
    table = parquet.read_table(io.BytesIO(answer.content))
    assert table.to_pylist() == ROWS


def test_parquet_without_rows_has_the_columns(api: Api) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    api.start(format="parquet", schedule_id="q", plan=INSTANT, fields="date,airport", filter="airport == X")
    assert parquet.read_table(io.BytesIO(results(api, "q").content)).column_names == ["airport", "date"]


def test_only_a_kept_success_has_results(service: Emulator, api: Api) -> None:
    service.add_key("api_other")
    api.start(schedule_id="running")
    api.start(schedule_id="failed", plan=INSTANT | {"outcome": "FAILURE"})
    api.start(schedule_id="q", plan=INSTANT)
    with Api(service, "api_other") as other:
        found = [results(api, name) for name in ("running", "failed", "never")] + [results(other, "q")]
    assert results(api, "q").status_code == 200
    service.advance(3600)
    found.append(results(api, "q"))
    assert {(answer.status_code, error_of(answer)) for answer in found} == {(404, "QUERY_RESULTS_UNAVAILABLE")}


@pytest.mark.parametrize("window", [{"limit": 0}, {"limit": 100_001}, {"offset": -1}])
def test_a_window_that_breaks_a_limit_is_refused(api: Api, window: dict[str, int]) -> None:
    assert error_of(results(api, "q", **window)) == "BAD_REQUEST"


def test_links_move_the_offsets_of_the_same_request(api: Api) -> None:
    api.start(schedule_id="q", plan=INSTANT, **QUERY)
    first = api.poll("q", offset_start=0, offset_end=1).json()
    second = api.http.get(first["meta"]["paginate"]["next"]).json()
    assert first["meta"]["paginate"]["prev"] is None
    assert second["data"] == [list(ROWS[1].values())]
    assert second["meta"]["paginate"]["next"] is None
    assert api.http.get(second["meta"]["paginate"]["prev"]).json()["data"] == first["data"]


@pytest.mark.parametrize(
    ("header", "no_headers", "last"), [("row", False, 3), ("row", True, 2), ("first", False, 2), ("repeat", False, 2)]
)
def test_the_links_end_with_the_last_row_however_the_header_counts(
    header: HeaderRow, no_headers: bool, last: int
) -> None:
    query: dict[str, object] = {"fields": "date", "max_rows": 3, "settings": {"no_headers": no_headers}}
    with (
        Emulator(plan=Plan(run_seconds=0, scheduled_seconds=0, queued_seconds=0), header=header) as service,
        Api(service) as api,
    ):
        api.start(schedule_id="q", **query)
        links = [api.poll("q", offset_start=0, offset_end=end).json()["meta"]["paginate"] for end in (last - 1, last)]
    assert [link["next"] is None for link in links] == [False, True]


def test_a_status_request_without_a_last_row_has_no_links(api: Api) -> None:
    api.start(schedule_id="q", plan=INSTANT)
    assert api.poll("q").json()["meta"]["paginate"] == {"prev": None, "next": None}
