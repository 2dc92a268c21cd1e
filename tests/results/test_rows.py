"""Every row arrives once, in order and under the right columns."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import NoLimiter, QueryClient, QueryError, ResultExpiredError
from supermetrics_query._models import dicts
from supermetrics_query._results.rows import MOST_COLUMNS

from tests.support.answers import NOT_FOUND, ROWS, status, success
from tests.support.scripted import BASE_URL, KEY, a_query, scripted_client
from tests.support.table import CONVENTIONS, HEADER, serving_rows


@given(
    convention=st.sampled_from(CONVENTIONS),
    count=st.integers(0, 40),
    page_size=st.integers(1, 45),
)
def test_for_every_way_to_count_the_header_the_rows_are_those_of_the_source(
    convention: Any, count: int, page_size: int
) -> None:
    source = [(f"2013-01-{number:02}", number / 2) for number in range(count)]
    options = {"transport": serving_rows(convention, source)}
    with QueryClient(KEY, base_url=BASE_URL, page_size=page_size, limiter=NoLimiter(), http_options=options) as client:
        query = client.attach("night-1")
        pages = list(query.pages())
        assert [row for page in pages for row in page.rows] == source
        assert [page.start for page in pages] == [sum(len(p.rows) for p in pages[:n]) for n in range(len(pages))]
        assert list(query.rows()) == [{"date": date, "temp": temp} for date, temp in source]


def rows_of(*answers: Any, **options: Any) -> list[dict[str, Any]]:
    """Return the rows of a query with these answers."""
    subject = scripted_client("sync", *answers, **options)
    return subject.collect(subject.client.attach("night-1"), "rows")


def field(name: str, column: int | None, **members: Any) -> dict[str, Any]:
    """Describe a field as the API does."""
    return {"id": name, "field_id": name.lower(), "field_name": name.title(), "data_column": column, **members}


def test_the_poll_that_finds_success_is_page_one(backend: str) -> None:
    subject = scripted_client(backend, success())
    handle = subject.run()
    assert subject.collect(handle, "rows") == [
        {"date": "2013-01-01", "temp": 39.0},
        {"date": "2013-01-02", "temp": None},
    ]
    assert subject.log == ["start 30"]


def test_rows_wait_for_a_query_that_has_not_ended(backend: str) -> None:
    subject = scripted_client(backend, status("QUEUED"), status("RUNNING"), success())
    handle = subject.start()
    assert handle.columns == []
    assert len(subject.collect(handle, "rows")) == 2
    assert [column.key for column in handle.columns] == ["date", "temp"]


def test_columns_are_placed_by_data_column_whatever_the_order_of_fields_and_labels() -> None:
    fields = [field("clicks", 2), field("date", 0), field("campaign", 1)]
    data = [["Clicks", "Date", "X"], ["2013-01-01", "summer", 7]]
    assert rows_of(success(data, fields)) == [{"date": "2013-01-01", "campaign": "summer", "clicks": 7}]


def test_columns_made_by_a_split_take_the_label_of_the_header() -> None:
    fields = [
        field("date", 0, field_type="dim", field_split="row"),
        field("country", None, field_type="dim", field_split="column"),
        field("sessions", 1, field_type="met", field_split="row"),
    ]
    data = [["Date", "FI", "SE"], ["2013-01-01", 3, 4]]
    assert rows_of(success(data, fields)) == [{"date": "2013-01-01", "FI": 3, "SE": 4}]


def test_without_fields_the_keys_are_the_labels_and_duplicates_are_numbered() -> None:
    data = [["Date", "Cost", "Cost", "", "Cost_2"], ["2013-01-01", 1, 2, 3, 4]]
    assert rows_of(success(data, None)) == [
        {"Date": "2013-01-01", "Cost": 1, "Cost_2": 2, "column_4": 3, "Cost_2_2": 4}
    ]


def test_without_fields_and_header_the_columns_are_numbered() -> None:
    assert rows_of(success([[1, 2]], [], settings={"no_headers": True})) == [{"column_1": 1, "column_2": 2}]


@pytest.mark.parametrize("data", [[], [["Date", "Temp"]]])
def test_an_empty_result_is_an_empty_iterator(data: Any) -> None:
    assert rows_of(success(data)) == []


def test_short_rows_are_filled_up_with_none() -> None:
    assert rows_of(success([HEADER, ["2013-01-01"], []])) == [
        {"date": "2013-01-01", "temp": None},
        {"date": None, "temp": None},
    ]


def test_cells_that_no_header_names_get_columns_of_their_own() -> None:
    assert rows_of(success([HEADER, ["2013-01-01", 1, "extra"]])) == [
        {"date": "2013-01-01", "temp": 1, "column_3": "extra"}
    ]


def test_a_later_row_with_more_cells_than_columns_is_an_error_and_not_a_loss() -> None:
    with pytest.raises(QueryError, match="3 cells where there are 2 columns"):
        rows_of(success([HEADER, ["2013-01-01", 1]]), success([["2013-01-02", 1, "extra"]]), page_size=2)


def test_rows_that_are_objects_keep_their_keys() -> None:
    data = [{"date": "2013-01-01", "temp": 1}, {"date": "2013-01-02", "wind": 2}]
    assert rows_of(success(data, None)) == [
        {"date": "2013-01-01", "temp": 1, "wind": None},
        {"date": "2013-01-02", "temp": None, "wind": 2},
    ]


def test_cells_are_never_converted() -> None:
    cells = [2**70, "007", "", None, True, 1.5, "2026|09", [1], {"a": 1}]
    data = [[f"c{number}" for number in range(len(cells))], cells]
    (row,) = rows_of(success(data, None))
    assert list(row.values()) == cells


def test_the_error_of_a_result_that_expires_midway_counts_the_rows_delivered(backend: str) -> None:
    subject = scripted_client(backend, success(), NOT_FOUND, page_size=3)
    with pytest.raises(ResultExpiredError) as caught:
        subject.collect(subject.client.attach("night-1"), "rows")
    assert caught.value.delivered == 2


def test_a_result_that_is_run_again_midway_is_an_error() -> None:
    with pytest.raises(ResultExpiredError, match="became RUNNING after 2 rows"):
        rows_of(success(ROWS), status("RUNNING"), page_size=3)


def test_a_query_that_asks_for_a_part_of_the_result_gets_that_part() -> None:
    page = success([["2013-01-01", 1], ["2013-01-02", 2]], settings={"no_headers": True})
    subject = scripted_client("sync", status("QUEUED"), page, success([]), page_size=2)
    handle = subject.call(subject.client, "start", a_query(offset_start=10, offset_end=12))
    subject.collect(subject.client.attach(handle.token), "pages")
    assert [line for line in subject.log if line.startswith("poll")] == ["poll 10..11", "poll 12..12"]


@given(st.lists(st.text(), max_size=40, unique=True), st.integers(0, 3))
def test_dicts_hold_each_cell_under_its_key_whatever_the_key_is(keys: list[str], count: int) -> None:
    rows = [tuple(range(number, number + len(keys))) for number in range(count)]
    assert list(dicts(keys, rows)) == [dict(zip(keys, row, strict=True)) for row in rows]


def test_a_row_may_have_as_many_columns_as_the_contract_allows() -> None:
    keys = [f"column {number}" for number in range(MOST_COLUMNS)]
    assert list(next(dicts(keys, [tuple(keys)])).values()) == keys


def test_a_row_of_another_width_has_no_dict() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        list(dicts(["date", "temp"], [("2026-01-01",)]))
