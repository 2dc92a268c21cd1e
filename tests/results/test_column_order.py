"""Columns come in the order that was asked for, wherever the API puts them."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import DataQuery
from supermetrics_query.emulator import INSTANT, Emulator

from tests.support.answers import success
from tests.support.calling import calling
from tests.support.scripted import scripted_client

ASKED = ["temp", "date", "airport"]
NAMES = ("b", "c", "a")


def placed(name: str, column: int, **members: Any) -> dict[str, Any]:
    """Describe a field, and the column that holds it."""
    return {"id": name, "field_id": name, "field_name": name.upper(), "data_column": column, **members}


def pages_of(fields: Sequence[dict[str, Any]], data: Sequence[Any], **query: Any) -> tuple[list[str], list[Any], Any]:
    """Return the keys of the columns, the rows of the pages, and the table, of a result."""
    subject = scripted_client("sync", success(data, fields, **query), knows_id=True)
    handle: Any = subject.client.attach("night-1")
    pages = subject.collect(handle, "pages")
    assert [column.index for column in handle.columns] == [*range(len(handle.columns))]
    return [column.key for column in handle.columns], [row for page in pages for row in page.rows], handle.to_arrow()


@pytest.mark.parametrize("order", [*permutations(range(3))])
@pytest.mark.parametrize("form", ["arrays", "objects", "no header"])
def test_columns_come_in_the_order_of_the_fields(order: tuple[int, ...], form: str) -> None:
    fields = [placed(name, column) for name, column in zip(NAMES, order, strict=True)]
    at = {column: name for name, column in zip(NAMES, order, strict=True)}
    cells = [[f"{at[column]}{row}" for column in range(3)] for row in range(2)]
    titles = [[at[column].upper() for column in range(3)]]
    objects = [{at[column]: cell for column, cell in enumerate(row)} for row in cells]
    data: dict[str, list[Any]] = {"arrays": [*titles, *cells], "objects": [*objects], "no header": [*cells]}
    keys, rows, table = pages_of(fields, data[form], settings={"no_headers": form != "arrays"})
    assert keys == table.column_names == [*NAMES]
    assert rows == [tuple(f"{name}{row}" for name in NAMES) for row in range(2)]
    assert [tuple(row.values()) for row in table.to_pylist()] == rows


def test_columns_that_no_field_names_keep_the_order_of_the_api() -> None:
    fields = [placed("b", 1), placed("a", 0)]
    data: list[Any] = [["A", "B", "made by a split"], [1, 2, 3]]
    keys, rows, _ = pages_of(fields, data)
    assert keys == ["a", "b", "made by a split"]
    assert rows == [(1, 2, 3)]


@given(st.lists(st.integers(-1, 4), max_size=5))
def test_fields_that_make_no_sense_lose_no_cell(columns: list[int]) -> None:
    fields = [placed(f"f{number}", column) for number, column in enumerate(columns)]
    data: list[Any] = [["x", "y", "z"], [1, 2, 3]]
    _, rows, _ = pages_of(fields, data)
    assert sorted(cell for cell in rows[0] if cell is not None) == [1, 2, 3]


def test_every_client_gives_rows_pages_and_tables_in_the_order_of_the_request(stack: str) -> None:
    with Emulator(plan=INSTANT) as service, calling(stack, service.key, base_url=service.url, page_size=3) as caller:
        query = caller.call(caller.client, "run", DataQuery(ds_id="WEATHER", fields=[*ASKED], max_rows=7))
        rows = caller.collect(query, "rows")
        assert [[*row] for row in rows] == [ASKED] * 7
        assert [row for page in caller.collect(query, "pages") for row in page.rows] == [(*r.values(),) for r in rows]
        assert caller.call(query, "to_arrow").column_names == ASKED
        assert [column.field_id for column in query.columns] == ASKED
