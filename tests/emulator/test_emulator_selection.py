from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from supermetrics_query.emulator import INSTANT, Emulator
from supermetrics_query.emulator.sources import DATE, TEXT, Column, Source, numbers

from tests.emulator.helpers import Api, error_of

ONE_DAY = {"start_date": "2013-07-18", "end_date": "2013-07-18", "fields": "airport,hour,temp,wind_gust"}


@pytest.fixture
def api() -> Iterator[Api]:
    with Emulator(plan=INSTANT, reorder_columns=False) as service, Api(service) as client:
        yield client


def selected(api: Api, **query: object) -> list[list[object]]:
    rows = api.start(settings={"no_headers": True}, **query).json()["data"]
    assert isinstance(rows, list)
    return rows


def column(api: Api, field: object, **query: object) -> list[object]:
    return [row[0] for row in selected(api, **{**ONE_DAY, "fields": field, **query})]


@pytest.mark.parametrize(
    ("condition", "airports"),
    [
        ("airport == JFK", ["JFK"]),
        ("airport != JFK", ["EWR", "LGA"]),
        ("airport =@ W", ["EWR"]),
        ("airport !@ W", ["JFK", "LGA"]),
        ("airport =~ ^[EJ]", ["EWR", "JFK"]),
        ("airport !~ ^[EJ]", ["LGA"]),
        ("airport == 'JFK' OR airport == \"LGA\"", ["JFK", "LGA"]),
        ("airport == LGA AND temp > 80 OR airport == JFK", ["JFK", "LGA"]),
        ("airport == LGA AND temp > 200 OR airport == JFK", ["JFK"]),
        ("airport == 'A AND B'", []),
        ("  ", ["EWR", "JFK", "LGA"]),
    ],
)
def test_a_filter_keeps_the_rows_it_describes(api: Api, condition: str, airports: list[str]) -> None:
    assert sorted(set(map(str, column(api, "airport", filter=condition)))) == airports


@pytest.mark.parametrize(
    ("condition", "hours"),
    [
        ("hour > 6", [12, 18]),
        ("hour >= 12", [12, 18]),
        ("hour < 12", [6]),
        ("hour <= 12", [6, 12]),
        ("hour == 12", [12]),
        ("hour==12.0", [12]),
        ("hour != 12", [6, 18]),
        ("hour > noon", []),
    ],
)
def test_numbers_are_compared_as_numbers(api: Api, condition: str, hours: list[int]) -> None:
    assert column(api, "hour", ds_accounts="JFK", filter=condition) == hours


def test_text_that_looks_like_a_number_is_compared_as_text() -> None:
    codes = Source((Column("code", TEXT, is_metric=False),), [("007",), ("7",), (None,)])
    with Emulator(plan=INSTANT, sources={"CODES": codes}) as service, Api(service) as api:
        found = [
            selected(api, ds_id="CODES", fields="code", filter=f"code {test}") for test in ("== 7", "> 0", "=@ None")
        ]
    assert found == [[["7"]], [["007"], ["7"]], []]


def test_null_is_equal_to_nothing_but_itself(api: Api) -> None:
    for condition in ("wind_gust > 0", "wind_gust < 999", "wind_gust == 0"):
        assert None not in column(api, "wind_gust", filter=condition)
    assert set(column(api, "wind_gust", filter="wind_gust == ''")) == {None}


@pytest.mark.parametrize(
    "condition",
    [
        "temp",
        "temp = 1",
        "unknown == 1",
        "temp > 1 AND",
        "airport =~ (",
        "airport =~ " + "(" * 4000,
        "airport =~ [[a",
        "airport =~ a{99999999999999999999}",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(api: Api, condition: str) -> None:
    answer = api.start(filter=condition)
    assert (answer.status_code, error_of(answer)) == (400, "BAD_REQUEST")


def test_rows_are_ordered_by_several_fields(api: Api) -> None:
    order = {"order_rows": ["hour desc", "airport desc"]}
    assert column(api, "hour", **order) == [18] * 3 + [12] * 3 + [6] * 3
    assert column(api, "airport", **order) == ["LGA", "JFK", "EWR"] * 3


def test_rows_are_ordered_where_nothing_else_is_asked_for(api: Api) -> None:
    [[first], *_] = selected(api, fields="temp", order_rows="temp desc")
    assert first == max(float(str(temp or 0)) for [temp] in selected(api, fields="temp"))


def test_a_field_may_be_an_object_with_an_id(api: Api) -> None:
    assert column(api, [{"id": "airport"}]) == column(api, "airport")


def test_null_is_ordered_before_everything(api: Api) -> None:
    gusts = column(api, "wind_gust", order_rows="wind_gust asc")
    assert None in gusts
    assert gusts == sorted(gusts, key=lambda gust: float(str(gust or 0)))


@pytest.mark.parametrize("order", ["unknown", "temp sideways"])
def test_an_order_that_makes_no_sense_is_refused(api: Api, order: str) -> None:
    assert error_of(api.start(order_rows=order)) == "BAD_REQUEST"


def test_max_rows_applies_after_ordering(api: Api) -> None:
    everything = column(api, "temp", order_rows="temp desc")
    assert column(api, "temp", order_rows="temp desc", max_rows=2) == everything[:2]


@pytest.mark.parametrize(
    ("default", "asked", "rows"), [(None, {}, 1090), (1000, {}, 1000), (1000, {"max_rows": 1050}, 1050), (5, {}, 5)]
)
def test_a_query_that_says_no_max_rows_gets_as_many_as_the_service_was_told_to_give(
    default: int | None, asked: dict[str, int], rows: int
) -> None:
    with Emulator(plan=INSTANT, default_max_rows=default) as service, Api(service) as api:
        meta = api.start(ds_accounts="JFK", **asked).json()["meta"]
    assert meta["result"]["total_rows"] == rows


def test_no_service_gives_no_rows() -> None:
    with pytest.raises(ValueError, match="default_max_rows"):
        Emulator(default_max_rows=0)


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ("JFK", ["JFK"]),
        ("JFK, LGA", ["JFK", "LGA"]),
        (["LGA"], ["LGA"]),
        ("list.all_accounts", ["EWR", "JFK", "LGA"]),
        ("", ["EWR", "JFK", "LGA"]),
        ([], ["EWR", "JFK", "LGA"]),
        ({"filter_id": "^[EJ]"}, ["EWR", "JFK"]),
        ({"filter_name": "A$"}, ["LGA"]),
        ({"filter_id": "^[EJ]", "filter_name": "K"}, ["JFK"]),
    ],
)
def test_accounts_are_selected_by_name_or_by_filter(api: Api, accounts: object, expected: list[str]) -> None:
    body = api.start(ds_accounts=accounts, **ONE_DAY).json()
    assert body["meta"]["query"]["ds_accounts"] == expected
    assert sorted({row[0] for row in body["data"][1:]}) == expected


@pytest.mark.parametrize(
    ("accounts", "code"),
    [
        ({}, "ACCOUNT_FILTER_INVALID"),
        ({"filter_id": "("}, "ACCOUNT_FILTER_PATTERN_INVALID"),
        ({"filter_id": "^X"}, "ACCOUNTS_INVALID"),
        ("SFO", "ACCOUNT_ID_INVALID"),
    ],
)
def test_accounts_that_cannot_be_selected_are_refused(api: Api, accounts: object, code: str) -> None:
    answer = api.start(ds_accounts=accounts)
    assert (answer.status_code, error_of(answer)) == (400, code)


# The last day of the data, 2013-12-30, counts as today: a Monday.
@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({"date_range_type": "today"}, "2013-12-30", "2013-12-30"),
        ({"date_range_type": "yesterday"}, "2013-12-29", "2013-12-29"),
        ({"date_range_type": "last_7_days"}, "2013-12-23", "2013-12-29"),
        ({"date_range_type": "last_month"}, "2013-11-01", "2013-11-30"),
        ({"date_range_type": "this_month"}, "2013-12-01", "2013-12-31"),
        ({"date_range_type": "last_week"}, "2013-12-23", "2013-12-29"),
        ({"date_range_type": "this_week"}, "2013-12-30", "2014-01-05"),
        ({"date_range_type": "last_year"}, "2012-01-01", "2012-12-31"),
        ({"date_range_type": "this_year"}, "2013-01-01", "2013-12-31"),
        ({"start_date": "yesterday", "end_date": "today"}, "2013-12-29", "2013-12-30"),
        ({"start_date": "3 days ago", "end_date": "2013-12-28"}, "2013-12-27", "2013-12-28"),
        ({"start_date": "2013-12-30", "date_range_type": "last_year"}, "2013-12-30", None),
        ({"start_date": "999999 days ago"}, "0001-01-01", None),
        ({}, None, None),
    ],
)
def test_days_are_fixed_or_relative(api: Api, asked: dict[str, str], first: str, last: str) -> None:
    query = api.start(**asked, max_rows=1).json()["meta"]["query"]
    assert (query["start_date"], query["end_date"]) == (first, last)


def test_a_month_ends_with_its_last_day_in_february_too() -> None:
    with Emulator(plan=INSTANT, today=date(2013, 2, 3)) as service, Api(service) as api:
        query = api.start(date_range_type="this_month").json()["meta"]["query"]
    assert (query["start_date"], query["end_date"]) == ("2013-02-01", "2013-02-28")


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ({"start_date": "2013-12-30"}, {"2013-12-30"}),
        ({"end_date": "2013-01-01"}, {"2013-01-01"}),
        ({"start_date": "2013-01-02", "end_date": "2013-01-02"}, {"2013-01-02"}),
    ],
)
def test_a_range_of_days_includes_both_of_its_ends_and_may_lack_one(
    api: Api, asked: dict[str, str], days: set[str]
) -> None:
    assert {day for [day] in selected(api, fields="date", **asked)} == days


def test_a_row_without_a_day_is_in_no_range_of_days() -> None:
    days = Source((Column("day", DATE, is_metric=False),), [("2013-01-01",), (None,)], date="day")
    with Emulator(plan=INSTANT, sources={"DAYS": days}) as service, Api(service) as api:
        everything = selected(api, ds_id="DAYS", fields="day")
        some = selected(api, ds_id="DAYS", fields="day", start_date="2013-01-01")
    assert (everything, some) == ([["2013-01-01"], [None]], [["2013-01-01"]])


def test_a_source_without_accounts_takes_any(api: Api) -> None:
    assert api.start(ds_id="NUMBERS", fields="c0", ds_accounts="somebody").status_code == 200


def test_relative_days_select_rows(api: Api) -> None:
    assert set(column(api, "date", start_date="yesterday", end_date="yesterday")) == {"2013-12-29"}


@pytest.mark.parametrize(
    "asked",
    [
        {"date_range_type": "last_century"},
        {"start_date": "soon"},
        {"start_date": "2013-02-30"},
        {"start_date": "2013-02-02", "end_date": "2013-02-01"},
    ],
)
def test_days_that_make_no_sense_are_refused(api: Api, asked: dict[str, str]) -> None:
    assert error_of(api.start(**asked)) == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("end", "code"),
    [({}, "COMPARE_END_DATE_REQUIRED"), ({"compare_end_date": "x"}, "COMPARE_END_DATE_INVALID")],
)
def test_a_comparison_needs_an_end(api: Api, end: dict[str, str], code: str) -> None:
    assert error_of(api.start(compare_type="custom", compare_start_date="2013-01-01", **end)) == code


@pytest.mark.parametrize(
    "asked",
    [
        {"compare_type": "custom", "compare_end_date": "2013-01-02"},
        {"compare_type": "prev_range", "compare_end_date": "x"},
        {"compare_type": "none"},
    ],
)
def test_a_comparison_is_checked_where_it_counts(api: Api, asked: dict[str, str]) -> None:
    assert api.start(**asked).status_code == 200


def test_the_day_that_counts_as_today_can_be_chosen() -> None:
    with Emulator(plan=INSTANT, today=date(2013, 3, 1)) as service, Api(service) as api:
        query = api.start(date_range_type="yesterday").json()["meta"]["query"]
    assert query["start_date"] == "2013-02-28"


def test_data_without_days_counts_from_the_calendar(api: Api) -> None:
    answer = api.start(ds_id="NUMBERS", fields="c0", date_range_type="today").json()
    assert answer["meta"]["query"]["start_date"] in {str(datetime.now(UTC).date() - timedelta(days=n)) for n in (0, 1)}


def test_a_data_source_can_be_made_for_each_query() -> None:
    with Emulator(plan=INSTANT, sources={"WIDE": numbers}) as service, Api(service) as wide:
        body = wide.start(ds_id="WIDE", fields="", settings={"rows": 1, "columns": 9}).json()
    assert body["meta"]["result"]["total_columns"] == 9
