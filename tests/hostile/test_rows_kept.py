"""Every cell stands under its own name and every row comes once, whatever its kind and whatever it looks like."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import Column, QueryError, UnreadableResponseError
from supermetrics_query._results.rows import layout_of
from supermetrics_query_api.models import QueryResponse

from tests.support.answers import FIELDS, ROWS, status, success
from tests.support.scripted import ScriptedClient, a_query, scripted_client
from tests.support.table import HEADER, counted, first_only, repeated

TITLES = list(HEADER)
NO_HEADER = {"no_headers": True}
# The title of one field is the id of another.
CROSSED = [
    {"id": "cost", "field_id": "cost", "field_name": "Spend", "field_type": "met", "data_column": 0},
    {"id": "net", "field_id": "net", "field_name": "cost", "field_type": "met", "data_column": 1},
]


def reader(backend: str, *answers: Any, page_size: int = 100) -> tuple[ScriptedClient, Any]:
    """Return a client whose API gives these answers, and a query started elsewhere."""
    subject = scripted_client(backend, *answers, page_size=page_size, knows_id=True)
    return subject, subject.client.attach("night-1")


def rows_of(*answers: Any, page_size: int = 100) -> list[dict[str, Any]]:
    """Return the rows that come of these answers."""
    subject, query = reader("sync", *answers, page_size=page_size)
    return subject.collect(query, "rows")


def objects(*rows: dict[str, Any], fields: Any = FIELDS) -> Any:
    """Hold rows that are objects."""
    return success(rows, fields, settings=NO_HEADER)


def windows(convention: Callable[..., list[Any]], rows: Sequence[Any], size: int, *firsts: int) -> list[Any]:
    """Hold the answers for windows of these sizes that begin at these offsets."""
    return [success(convention(rows, first, first + size - 1)) for first in firsts]


@pytest.mark.parametrize("convention", [counted, first_only])
def test_a_row_that_equals_the_titles_is_kept_where_a_later_page_begins_with_it(
    backend: str, convention: Callable[..., list[Any]]
) -> None:
    size = 3 if convention is counted else 2
    rows = [["day 0", 0], ["day 1", 1], TITLES, ["day 3", 3]]
    answers = [*windows(convention, rows, size, 0, size), *windows(convention, rows, 1, size), success([])]
    subject, query = reader(backend, *answers, page_size=size)
    assert [list(row.values()) for row in subject.collect(query, "rows")] == rows


def test_titles_that_every_page_repeats_are_no_rows(backend: str) -> None:
    rows = [["day 0", 0], ["day 1", 1], ["day 2", 2]]
    answers = [*windows(repeated, rows, 2, 0, 2), *windows(repeated, rows, 1, 2), *windows(repeated, rows, 2, 3)]
    subject, query = reader(backend, *answers, page_size=2)
    assert [list(row.values()) for row in subject.collect(query, "rows", prefetch=0)] == rows
    assert subject.log == ["poll 0..1", "poll 2..3", "poll 2..2", "poll 3..4"]


def test_text_whose_letters_are_the_titles_is_no_header() -> None:
    fields = [{**FIELDS[0], "field_name": "a"}, {**FIELDS[1], "field_name": "b"}]
    answers = [success([["a", "b"], [1, 2], [3, 4]], fields), success(["ab"], fields), success([], fields)]
    assert rows_of(*answers, page_size=2)[2:] == [{"date": "ab", "temp": None}]


@pytest.mark.parametrize(
    ("row", "fields", "expected"),
    [
        pytest.param({"Temp": 1, "Date": "d"}, FIELDS, {"date": "d", "temp": 1}, id="by title"),
        pytest.param({"temp": 1, "date": "d"}, FIELDS, {"date": "d", "temp": 1}, id="by id, in another order"),
        pytest.param({"temp": 1}, FIELDS, {"date": None, "temp": 1}, id="sparse"),
        pytest.param({"Temp": 1}, FIELDS, {"date": None, "temp": 1}, id="sparse, by title"),
        pytest.param({"wind": 7, "temp": 1}, FIELDS, {"date": None, "temp": 1, "wind": 7}, id="a key of no field"),
        pytest.param({"wind": 7, "": 8}, None, {"wind": 7, "column_2": 8}, id="no fields"),
        pytest.param({"cost": 1, "net": 2}, CROSSED, {"cost": 1, "net": 2}, id="an id that is also a title"),
        pytest.param({"cost": 2, "Spend": 1}, CROSSED, {"cost": 1, "net": 2}, id="a title that is also an id"),
        pytest.param({}, FIELDS, {"date": None, "temp": None}, id="empty"),
        pytest.param(
            {"Cost": 3},
            [{"id": name, "field_name": "Cost", "data_column": n} for n, name in enumerate(("a", "b"))],
            {"a": None, "b": None, "Cost": 3},
            id="a title of two fields",
        ),
        pytest.param(
            {"b": 2, "a": 1},
            [{"id": "a", "data_column": 0}, {"id": "b", "data_column": 4}],
            {"a": 1, "b": 2},
            id="columns that are not named",
        ),
        pytest.param(
            {"clicks": 2, "day": 1},
            [{"id": "date", "field_id": "day", "data_column": 0}, {"id": "x", "field_id": "clicks", "data_column": 1}],
            {"date": 1, "x": 2},
            id="by the id of the API",
        ),
    ],
)
def test_the_cells_of_an_object_are_paired_by_name(row: dict[str, Any], fields: Any, expected: dict[str, Any]) -> None:
    assert rows_of(objects(row, fields=fields)) == [expected]


def test_objects_and_lists_stand_under_the_same_columns(backend: str) -> None:
    mixed = [TITLES, ["day 0", 0], {"temp": 1}, {"Date": "day 2", "wind": 9}, ["day 3"]]
    subject, query = reader(backend, success(mixed))
    assert [tuple(row.values()) for row in subject.collect(query, "rows")] == [
        ("day 0", 0, None),
        (None, 1, None),
        ("day 2", None, 9),
        ("day 3", None, None),
    ]


def test_the_objects_of_a_later_page_stand_under_the_columns_of_the_first(backend: str) -> None:
    answers = [success([TITLES, ["day 0", 0]]), success([{"Temp": 1}, {"date": "day 2"}]), success([])]
    subject, query = reader(backend, *answers, page_size=2)
    rows = subject.collect(query, "rows")
    assert [tuple(row.values()) for row in rows] == [("day 0", 0), (None, 1), ("day 2", None)]


@pytest.mark.parametrize(
    ("first", "later", "said"),
    [
        pytest.param([{"date": "d", "temp": 0}], [{"wind": 1}], "'wind': 1", id="a key that is new"),
        pytest.param(
            [{"date": "d", "temp": 0}], [{"date": "a", "Date": "b"}], "'Date': 'b'", id="two keys of a column"
        ),
        pytest.param([{"date": "d", "temp": 0}], [["e", 1]], "2 cells where there are 0", id="a list after objects"),
        pytest.param([["d", 0]], [["e", 1, 2]], "3 cells where there are 2", id="a list that is too long"),
    ],
)
def test_a_cell_without_a_column_is_refused_and_not_dropped(backend: str, first: Any, later: Any, said: str) -> None:
    subject, query = reader(backend, objects(*first), objects(*later), page_size=1)
    with pytest.raises(QueryError, match=said) as caught:
        subject.collect(query, "rows")
    assert "gave 1 rows; the next one cannot be read" in str(caught.value)


@pytest.mark.parametrize("count", [1, 3])
def test_no_row_is_taken_for_the_header_that_was_not_asked_for(backend: str, count: int) -> None:
    rows = [[f"day {number}", number] for number in range(count)]
    subject = scripted_client(backend, success(rows))  # which does not repeat the settings of the query
    query = subject.call(subject.client, "run", a_query(settings={"no_headers": True}))
    assert [tuple(row.values()) for row in subject.collect(query, "rows")] == [*map(tuple, rows)]
    again = subject.client.attach(query.token)
    assert [tuple(row.values()) for row in subject.collect(again, "rows")] == [*map(tuple, rows)]


OBJECTS = objects({"Temp": 1.5, "Date": "d", "wind": 1}, {"temp": 2.5}, {})
TABLE = {"date": ["d", None, None], "temp": [1.5, 2.5, None], "wind": [1, None, None]}


def test_an_arrow_table_and_its_batches_hold_the_cells_of_objects(backend: str) -> None:
    subject, query = reader(backend, OBJECTS)
    assert subject.call(query, "to_arrow").to_pydict() == TABLE
    assert [batch.to_pydict() for batch in subject.collect(query, "iter_arrow")] == [TABLE]


def test_data_frames_hold_the_cells_of_objects(backend: str) -> None:
    subject, query = reader(backend, OBJECTS)
    frame = subject.call(query, "to_pandas")
    assert frame.astype(object).where(frame.notna(), None).to_dict("list") == TABLE
    assert subject.call(query, "to_polars").to_dict(as_series=False) == TABLE


def test_columns_say_which_field_the_keys_of_objects_belong_to() -> None:
    subject, query = reader("sync", OBJECTS)
    subject.collect(query, "rows")
    assert [(column.key, column.index, column.field_id) for column in query.columns] == [
        ("date", 0, "date"),
        ("temp", 1, "temp"),
        ("wind", 2, None),
    ]
    assert isinstance(query.columns[0], Column)


names = st.sampled_from(["a", "b", "c", "A", "B", "column_1", ""])


@given(
    fields=st.lists(
        st.fixed_dictionaries(
            {"id": names, "field_id": names, "field_name": names, "data_column": st.integers(0, 4) | st.none()}
        ),
        max_size=4,
    ),
    rows=st.lists(st.dictionaries(names, st.integers(0, 99)) | st.lists(st.integers(0, 99), max_size=6), max_size=6),
    no_headers=st.booleans(),
)
def test_no_cell_of_any_row_is_lost_or_doubled(fields: Any, rows: list[Any], no_headers: bool) -> None:
    response = QueryResponse.from_dict(success(rows, fields, settings={"no_headers": no_headers}).json())
    layout = layout_of(response)
    try:
        read = layout.rows(rows)
    except ValueError as refused:
        assert "no column of its own" in str(refused)  # noqa: PT017 - refusing is allowed, losing is not
        return
    cells = [sorted(row.values() if isinstance(row, dict) else row) for row in rows]
    assert [sorted(cell for cell in row if cell is not None) for row in read] == cells
    assert len({column.key for column in layout.columns}) == len(layout.columns)
    assert {len(row) for row in read} <= {len(layout.columns)}


UNREADABLE = {
    "an object": {"data": {"rows": []}},
    "text": {"data": "No data found"},
    "a number": {"data": 0},
    "null": {"data": None},
    "missing": {},
}


def odd(members: dict[str, Any], total: int | None = None) -> httpx.Response:
    """Say SUCCESS over data that is no list."""
    result = {} if total is None else {"total_rows": total}
    body = {"meta": {"schedule_id": "night-1", "status_code": "SUCCESS", "result": result}, **members}
    return httpx.Response(200, json=body)


@pytest.mark.parametrize("members", UNREADABLE.values(), ids=UNREADABLE)
def test_a_success_whose_data_is_no_list_is_unreadable_and_no_empty_result(
    backend: str, members: dict[str, Any]
) -> None:
    subject, query = reader(backend, odd(members))
    with pytest.raises(UnreadableResponseError, match="it says SUCCESS") as caught:
        subject.collect(query, "rows")
    assert (caught.value.token, len(caught.value.attempts)) == (query.token, 4)
    assert caught.value.body == odd(members).content


def test_a_success_without_rows_is_a_success_and_its_rows_are_asked_for(backend: str) -> None:
    """A poll need not bring rows, and whoever downloads a file needs none."""
    subject = scripted_client(backend, odd({}), success())
    query = subject.call(subject.client.attach("night-1"), "wait")
    assert len(subject.collect(query, "rows")) == len(ROWS) - 1
    assert [column.key for column in query.columns] == ["date", "temp"]
    assert subject.log == ["poll 0..9999", "poll 0..9999"]


@pytest.mark.parametrize("members", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_needs_no_rows_in_the_status(backend: str, members: dict[str, Any], tmp_path: Path) -> None:
    text = httpx.Response(200, content="Date,Temp\n", headers={"content-type": "text/csv"})
    subject = scripted_client(backend, status("RUNNING"), odd(members), text)
    query = subject.start(format="csv")
    assert subject.call(query, "download", tmp_path / "rows.csv") == len(text.content)


@pytest.mark.parametrize("members", UNREADABLE.values(), ids=UNREADABLE)
def test_a_later_page_whose_data_is_no_list_is_asked_for_again(backend: str, members: dict[str, Any]) -> None:
    answers = [success([TITLES, ["day 0", 0]]), odd(members), success([["day 1", 1]])]
    subject, query = reader(backend, *answers, page_size=2)
    assert [row["date"] for row in subject.collect(query, "rows")] == ["day 0", "day 1"]


@pytest.mark.parametrize("answer", [success([]), odd({"data": None}, 0), odd({}, 0)], ids=["list", "null", "missing"])
def test_an_empty_list_or_a_total_of_none_is_an_empty_result(backend: str, answer: Any) -> None:
    subject, query = reader(backend, status("RUNNING"), answer)
    assert subject.collect(query, "rows") == []


def test_a_query_that_says_no_headers_in_an_odd_way_keeps_its_first_row() -> None:
    body = success([["day 0", 0]], None).json()
    body["meta"]["query"] = {"fields": None, "settings": NO_HEADER}
    assert [list(row.values()) for row in rows_of(httpx.Response(200, json=body))] == [["day 0", 0]]
