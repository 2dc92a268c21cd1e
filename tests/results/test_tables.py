"""Tables hold the same cells as rows do, in columns whose types fit every cell."""

import math
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import AsyncQueryClient, ConfigurationError, DataQuery, QueryClient, QueryError
from supermetrics_query._client.query import annotated_errors
from supermetrics_query._core.run import Run, Ticket
from supermetrics_query._models import Column, Page
from supermetrics_query._results.arrow import DECLARED, TableBuilder, text_of
from supermetrics_query.emulator import INSTANT, Emulator
from supermetrics_query.emulator.sources import cell
from supermetrics_query_api.models import QuerySettings

from tests.support.answers import status, success
from tests.support.scripted import scripted_client

TEXT = pa.string()
FIELDS = [
    {"id": "date", "field_id": "date", "field_name": "Date", "data_column": 0, "data_type": "string.time.date"},
    {"id": "cost", "field_id": "Cost", "field_name": "Cost", "data_column": 1, "data_type": "float.currency.value"},
    {"id": "clicks", "field_id": "clicks", "data_column": 2, "data_type": "int.number.value"},
    {"id": "campaign", "field_id": "campaign", "data_column": 3, "data_type": "string.text.value"},
    {"id": "live", "field_id": "live", "data_column": 4, "data_type": "bool"},
]
HEADER = ["Date", "Cost", "Clicks", "Campaign", "Live"]
CELLS = [
    ["2026-10-01", 1.5, 2**60 + 1, "summer", True],
    ["2026-10-02", 2, None, "007", False],
    [None, None, 3, None, None],
]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"]))
types_of_cells: list[st.SearchStrategy[Any]] = [
    scalars,
    st.none() | st.booleans(),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(),
    st.none() | st.integers(-(10**14), 10**14) | st.floats(),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
]
columns_of_cells = st.one_of([st.lists(each, max_size=12) for each in types_of_cells])


def tabled(*pages: list[Any], data_type: str | None = None, **types: pa.DataType) -> pa.ChunkedArray:
    """Return one column that came in these pages."""
    building = TableBuilder(types)
    for page in paged(pages, data_type):
        building.add(page)
    return building.table().column(0)


def paged(pages: Any, data_type: str | None = None) -> list[Page]:
    """Make pages of one column."""
    column = Column(key="cost", index=0, data_type=data_type)
    starts = [sum(len(page) for page in pages[:number]) for number in range(len(pages))]
    return [
        Page(start=start, columns=[column], rows=[(each,) for each in page])
        for start, page in zip(starts, pages, strict=True)
    ]


def streamed(*pages: list[Any], data_type: str | None = None, **types: pa.DataType) -> list[pa.RecordBatch]:
    """Return the batches of one column that came in these pages."""
    table = TableBuilder(types)
    with annotated_errors(Run(Ticket("night-1"))):
        return [table.batch(page) for page in paged(pages, data_type)]


def same(left: object, right: object) -> bool:
    """Return whether two cells are the same, NaN included."""
    return left == right or (isinstance(left, float) and isinstance(right, float) and left != left and right != right)  # noqa: PLR0124


def native(value: Any) -> Any:
    """Return a cell of pandas as plain Python."""
    if value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.date() if isinstance(value, datetime) else value


def test_rows_arrow_pandas_and_polars_hold_the_same_cells(backend: str) -> None:
    subject = scripted_client(backend, success([HEADER, *CELLS], FIELDS))
    query = subject.run()
    rows = subject.collect(query, "rows")
    expected = [{**row, "date": row["date"] and date.fromisoformat(row["date"])} for row in rows]
    table = subject.call(query, "to_arrow")
    assert table.to_pylist() == expected
    assert pa.Table.from_batches(subject.collect(query, "iter_arrow")).equals(table)
    assert subject.call(query, "to_polars").to_dicts() == expected
    frame = subject.call(query, "to_pandas")
    assert [{key: native(value) for key, value in row.items()} for row in frame.to_dict("records")] == expected


def test_tables_wait_for_a_query_that_has_not_ended(backend: str) -> None:
    subject = scripted_client(backend, status("QUEUED"), status("RUNNING"), success([HEADER, *CELLS], FIELDS))
    assert subject.call(subject.start(), "to_arrow").num_rows == 3
    subject = scripted_client(backend, status("QUEUED"), status("RUNNING"), success([HEADER, *CELLS], FIELDS))
    assert [batch.num_rows for batch in subject.collect(subject.start(), "iter_arrow")] == [3]


def test_pandas_gets_types_that_know_an_empty_cell() -> None:
    subject = scripted_client("sync", success([HEADER, *CELLS], FIELDS))
    kinds = {name: str(kind) for name, kind in subject.run().to_pandas().dtypes.items()}
    assert {**kinds, "campaign": ""} == {
        "date": "datetime64[ms]",
        "cost": "float64",
        "clicks": "Int64",
        "campaign": "",
        "live": "boolean",
    }


def test_polars_gets_the_types_of_arrow() -> None:
    subject = scripted_client("sync", success([HEADER, *CELLS], FIELDS))
    assert subject.run().to_polars().schema == {
        "date": pl.Date,
        "cost": pl.Float64,
        "clicks": pl.Int64,
        "campaign": pl.String,
        "live": pl.Boolean,
    }


def test_an_arrow_field_keeps_what_the_api_says_of_its_column() -> None:
    subject = scripted_client("sync", success([HEADER, *CELLS], FIELDS))
    schema = subject.run().to_arrow().schema
    assert schema.field("cost").metadata == {
        b"field_id": b"Cost",
        b"field_name": b"Cost",
        b"data_type": b"float.currency.value",
    }


DECLARATIONS = {
    "string.time.date": ("2026-10-01", pa.date32(), date(2026, 10, 1)),
    "string.time.datetime": ("2023-11-29 19:21:17", pa.timestamp("us"), datetime(2023, 11, 29, 19, 21, 17)),  # noqa: DTZ001
    "string": ("a", TEXT, "a"),
    "string.text.value": ("007", TEXT, "007"),
    "string.time.yearmonth": ("2026|10", TEXT, "2026|10"),
    "string.time.hm": ("09:05", TEXT, "09:05"),
    "string.geo.country.twolettercode": ("FI", TEXT, "FI"),
    "int": (5, pa.int64(), 5),
    "int.number.value": (2**63 - 1, pa.int64(), 2**63 - 1),
    "int.currency.value": (499, pa.int64(), 499),
    "int.duration.seconds": (127, pa.int64(), 127),
    "float": (1.5, pa.float64(), 1.5),
    "float.number.value": (3, pa.float64(), 3.0),
    "float.number.percentage": (80.5, pa.float64(), 80.5),
    "float.number.ratio": (0.02, pa.float64(), 0.02),
    "float.currency.value": (499.01, pa.float64(), 499.01),
    "bool": (True, pa.bool_(), True),
    "money.new": (5, pa.int64(), 5),
}


@pytest.mark.parametrize("data_type", DECLARATIONS)
def test_a_declared_type_decides(data_type: str) -> None:
    given_cell, kind, value = DECLARATIONS[data_type]
    column = tabled([given_cell, None], data_type=data_type)
    assert (column.type, column.to_pylist()) == (kind, [value, None])
    assert tabled([None], data_type=data_type).type == (TEXT if data_type == "money.new" else kind)


def test_every_declaration_is_tested() -> None:
    assert DECLARED.keys() <= DECLARATIONS.keys()


MISFITS: list[tuple[str | None, list[Any], pa.DataType, list[Any]]] = [
    ("int.number.value", [1, "--", None], TEXT, ["1", "--", None]),
    ("int.number.value", [1, 2.5], pa.float64(), [1.0, 2.5]),
    ("int.number.value", [1, 2.0, "3"], pa.int64(), [1, 2, 3]),
    ("int.number.value", [1, "2.5"], pa.float64(), [1.0, 2.5]),
    ("int.number.value", ["12", "007"], TEXT, ["12", "007"]),
    ("int.number.value", [1, 2**63], TEXT, ["1", "9223372036854775808"]),
    ("int.number.value", [2**53 + 1, 0.5], TEXT, ["9007199254740993", "0.5"]),
    ("int.number.value", [True, 1], TEXT, ["true", "1"]),
    ("float.number.value", [1.5, "--"], TEXT, ["1.5", "--"]),
    ("float.number.value", ["12.50", 3, "-1e3"], pa.float64(), [12.5, 3.0, -1000.0]),
    ("float.number.value", [1.5, "nan"], TEXT, ["1.5", "nan"]),
    ("float.number.value", [1.5, "1 000"], TEXT, ["1.5", "1 000"]),
    ("float.number.value", [1.5, ""], TEXT, ["1.5", ""]),
    ("float.number.value", [2**53 + 1], TEXT, ["9007199254740993"]),
    ("float.number.value", ["12345678901234567890"], TEXT, ["12345678901234567890"]),
    ("float.number.percentage", [80.5, "80.5%"], TEXT, ["80.5", "80.5%"]),
    ("float.number.value", [True], TEXT, ["true"]),
    ("float.number.value", [[1], {"a": 1}], TEXT, ["[1]", '{"a": 1}']),
    ("bool", [1, 0, True, None], pa.bool_(), [True, False, True, None]),
    ("bool", ["true", False], pa.bool_(), [True, False]),
    ("bool", [True, 2], TEXT, ["true", "2"]),
    ("bool", [True, "yes"], TEXT, ["true", "yes"]),
    ("string.time.date", ["2026-10-01", "01.10.2026"], TEXT, ["2026-10-01", "01.10.2026"]),
    ("string.time.date", ["2026-10-01", "0000-00-00"], TEXT, ["2026-10-01", "0000-00-00"]),
    ("string.time.date", [20261001], TEXT, ["20261001"]),
    ("string.time.datetime", ["2026-10-01 10:00:00Z"], TEXT, ["2026-10-01 10:00:00Z"]),
    ("string.time.datetime", [5], TEXT, ["5"]),
    ("string.text.value", [11473971231, "a", 1.0], TEXT, ["11473971231", "a", "1"]),
    (None, ["007", "1"], TEXT, ["007", "1"]),
    (None, [1, 2.5], pa.float64(), [1.0, 2.5]),
    (None, [1.0, 2.0], pa.float64(), [1.0, 2.0]),
    (None, [1, "2"], TEXT, ["1", "2"]),
    (None, [True, 1], TEXT, ["true", "1"]),
    (None, [True, False], pa.bool_(), [True, False]),
    (None, [1, 2**64], TEXT, ["1", "18446744073709551616"]),
    (None, [None], TEXT, [None]),
    (None, [[1, None], {"é": "x"}], TEXT, ["[1, null]", '{"é": "x"}']),
    (None, ["2026-10-01"], TEXT, ["2026-10-01"]),
    (None, ["a\ud800"], TEXT, ["a\\ud800"]),
]


@pytest.mark.parametrize(("data_type", "cells", "kind", "values"), MISFITS)
def test_a_cell_that_does_not_fit_changes_the_type_and_is_not_lost(
    data_type: str | None, cells: list[Any], kind: pa.DataType, values: list[Any]
) -> None:
    column = tabled(cells, data_type=data_type)
    assert (column.type, column.to_pylist()) == (kind, values)
    # The cells may come in one page or in many.
    assert tabled(*[[each] for each in cells], data_type=data_type).to_pylist() == values
    assert tabled(*[[each] for each in cells], data_type=data_type).type == kind


@pytest.mark.parametrize("data_type", [None, "float.number.value", "int.number.value"])
def test_nan_stays_a_number_and_null_stays_null(data_type: str | None) -> None:
    column = tabled([math.nan, None, 1], data_type=data_type)
    assert column.type == pa.float64()
    assert (math.isnan(column[0].as_py()), column[1].as_py(), column[2].as_py()) == (True, None, 1.0)


@given(cells=columns_of_cells, data_type=st.sampled_from([None, "money.new"]))
def test_undeclared_cells_come_back_as_they_are_or_as_their_text(cells: list[Any], data_type: str | None) -> None:
    column = tabled(cells, data_type=data_type)
    expected = [None if each is None else text_of(each) for each in cells] if column.type == TEXT else cells
    assert all(same(left, right) for left, right in zip(column.to_pylist(), expected, strict=True))


@given(cells=columns_of_cells, data_type=st.sampled_from(["int.number.value", "float.number.value", "bool", "string"]))
def test_declared_cells_are_never_changed(cells: list[Any], data_type: str) -> None:
    column = tabled(cells, data_type=data_type)
    values = column.cast(pa.int64()).to_pylist() if column.type == pa.bool_() else column.to_pylist()
    for value, sent in zip(values, cells, strict=True):
        expected = text_of(sent) if sent is not None and column.type == TEXT else sent
        # A number or a boolean that came as text is compared as text.
        assert same(value, expected) or text_of(value) == text_of(sent) or float(value) == float(sent)


@given(cells=columns_of_cells, cuts=st.lists(st.integers(0, 12), max_size=4))
def test_how_rows_are_cut_into_pages_does_not_matter(cells: list[Any], cuts: list[int]) -> None:
    places = sorted({0, *(min(cut, len(cells)) for cut in cuts), len(cells)})
    pages = [cells[first:last] for first, last in pairwise(places)] or [[]]
    whole, parts = tabled(cells), tabled(*pages)
    assert whole.type == parts.type
    assert all(same(left, right) for left, right in zip(whole.to_pylist(), parts.to_pylist(), strict=True))


def test_batches_have_the_schema_that_the_first_page_decides() -> None:
    batches = streamed([1, None], [2], data_type="float.number.value")
    assert [batch.schema.field("cost").type for batch in batches] == [pa.float64()] * 2
    assert [batch.to_pydict()["cost"] for batch in batches] == [[1.0, None], [2.0]]


@pytest.mark.parametrize(
    ("data_type", "pages", "message"),
    [
        ("int.number.value", ([1], [2, "--"]), "'--' does not fit int64, the type of column 'cost', row 2"),
        ("float.number.value", ([1.5], [2], ["", 3]), "'' does not fit double, the type of column 'cost', row 2"),
        (None, ([1, 2], [3, 2.5]), "2.5 does not fit int64, the type of column 'cost', row 3"),
        (None, ([True], [1]), "1 does not fit bool, the type of column 'cost', row 1"),
        ("string.time.date", (["2026-10-01"], ["soon"]), "'soon' does not fit date32"),
    ],
)
def test_a_later_cell_that_does_not_fit_a_stream_is_an_error_that_says_what_to_do(
    data_type: str | None, pages: Any, message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        streamed(*pages, data_type=data_type)
    assert message in str(caught.value)
    assert "schema={'cost': pyarrow.string()}" in str(caught.value)
    assert caught.value.schedule_id == "night-1"
    taken = streamed(*pages, data_type=data_type, cost=TEXT)
    assert [value for batch in taken for value in batch.to_pydict()["cost"]] == [
        text_of(each) for page in pages for each in page
    ]


def test_a_column_that_begins_empty_or_with_text_takes_any_later_cell() -> None:
    batches = streamed([None], [1, "a"], [{"b": 2}])
    assert [batch.to_pydict()["cost"] for batch in batches] == [[None], ["1", "a"], ['{"b": 2}']]


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["007", 8], pa.int64(), [7, 8]),
        ([1.1, "2.50", 3], pa.decimal128(10, 2), [Decimal("1.10"), Decimal("2.50"), Decimal("3.00")]),
        (["2026-10-01"], pa.date32(), [date(2026, 10, 1)]),
        ([1, 2], pa.int16(), [1, 2]),
        ([5, "a"], pa.large_string(), ["5", "a"]),
        ([[1], None], pa.list_(pa.int64()), [[1], None]),
        ([0, 1], pa.bool_(), [False, True]),
        ([None], pa.null(), [None]),
    ],
)
def test_a_caller_may_give_a_type(cells: list[Any], kind: pa.DataType, values: list[Any]) -> None:
    column = tabled(cells, cost=kind)
    assert column.type in {kind, TEXT if pa.types.is_null(kind) else kind}
    assert column.to_pylist() == values


@pytest.mark.parametrize(
    ("cells", "kind"), [([3.5], pa.int64()), ([2**40], pa.int32()), (["--"], pa.float64()), ([5], pa.date32())]
)
def test_a_cell_that_does_not_fit_the_type_of_the_caller_is_an_error(cells: list[Any], kind: pa.DataType) -> None:
    with pytest.raises(QueryError, match=r"does not fit .* column 'cost', row 1 counted from 0"):
        tabled([None, *cells], cost=kind)


def test_a_schema_of_arrow_works_too_and_one_that_names_no_column_is_refused(backend: str) -> None:
    subject = scripted_client(backend, success([HEADER, *CELLS], FIELDS))
    query = subject.run()
    wanted = pa.schema({"clicks": TEXT})
    assert subject.call(query, "to_arrow", schema=wanted).column("clicks").to_pylist() == [str(2**60 + 1), None, "3"]
    with pytest.raises(ConfigurationError, match="does not have: \\['visits'\\]"):
        subject.call(query, "to_pandas", schema={"visits": TEXT})
    with pytest.raises(ConfigurationError, match="map columns to pyarrow types"):
        subject.call(query, "to_polars", schema={"clicks": "text"})


@pytest.mark.parametrize("rows", [[], [HEADER]])
def test_an_empty_result_has_the_columns_that_are_known_and_no_rows(backend: str, rows: Any) -> None:
    subject = scripted_client(backend, success(rows, FIELDS))
    query = subject.run()
    table = subject.call(query, "to_arrow")
    assert (table.column_names, table.num_rows) == (["date", "cost", "clicks", "campaign", "live"], 0)
    assert table.schema.types == [pa.date32(), pa.float64(), pa.int64(), TEXT, pa.bool_()]
    [batch] = subject.collect(query, "iter_arrow")
    assert batch.schema.equals(table.schema, check_metadata=True)
    assert subject.call(query, "to_pandas").shape == (0, 5)
    assert subject.call(query, "to_polars").shape == (0, 5)


def test_a_result_of_which_nothing_is_known_is_an_empty_table() -> None:
    query = scripted_client("sync", success([], None)).run()
    assert query.to_arrow().shape == (0, 0)
    assert [batch.num_columns for batch in query.iter_arrow()] == [0]
    assert query.to_pandas().shape == (0, 0)
    assert query.to_polars().shape == (0, 0)
    assert query.to_arrow(schema={"cost": pa.float64()}).schema == pa.schema({"cost": pa.float64()})


def test_duplicate_labels_and_columns_made_by_a_split_keep_their_keys() -> None:
    query = scripted_client("sync", success([["Cost", "Cost", "FI"], [1, 2.5, "a"]], None)).run()
    assert query.to_arrow().to_pylist() == [{"Cost": 1, "Cost_2": 2.5, "FI": "a"}]
    fields: list[dict[str, Any]] = [
        {"id": "date", "data_column": 0, "field_type": "dim", "data_type": "string.time.date"},
        {"id": "country", "data_column": None, "field_type": "dim", "field_split": "column"},
        {"id": "sessions", "data_column": 1, "field_type": "met", "data_type": "int.number.value"},
    ]
    query = scripted_client("sync", success([["Date", "FI", "SE"], ["2026-10-01", 3, None]], fields)).run()
    assert query.to_arrow().to_pylist() == [{"date": date(2026, 10, 1), "FI": 3, "SE": None}]


def test_every_call_leaves_a_parquet_file_that_says_the_same(tmp_path: Path) -> None:
    query = scripted_client("sync", success([HEADER, *CELLS], FIELDS)).run()
    batches = list(query.iter_arrow())
    with pq.ParquetWriter(tmp_path / "rows.parquet", batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    assert pq.read_table(tmp_path / "rows.parquet").to_pylist() == query.to_arrow().to_pylist()


@pytest.mark.parametrize(
    ("call", "library", "extra"),
    [
        ("to_arrow", "pyarrow", "arrow"),
        ("iter_arrow", "pyarrow", "arrow"),
        ("to_pandas", "pandas", "pandas"),
        ("to_polars", "polars", "polars"),
        ("to_pandas", "pyarrow", "pandas"),
    ],
)
def test_without_a_library_an_error_says_what_to_install_before_anything_is_sent(
    call: str, library: str, extra: str
) -> None:
    code = f"""
import sys
sys.modules[{library!r}] = None
from supermetrics_query import ConfigurationError, QueryClient
with QueryClient("api_key", base_url="http://127.0.0.1:9") as client:
    try:
        client.attach("night-1").{call}()
    except ConfigurationError as error:
        print(error)
"""
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert printed.startswith(f"{library} cannot be imported")
    assert printed.endswith(f"pip install 'supermetrics-query[{extra}]'\n")


def test_a_client_without_tables_imports_none_of_the_libraries() -> None:
    tables = {"pyarrow", "pandas", "polars", "numpy"}
    code = f"import sys, supermetrics_query._client.client; print(*{tables} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "\n"


ROWS, WIDTH = 20_000, 20


@pytest.fixture(scope="module")
def service() -> Any:
    """Run the emulator, which serves numbers of any size."""
    with Emulator(plan=INSTANT) as running:
        yield running


def numbers() -> DataQuery:
    """Make a query whose cells are known in advance."""
    settings = QuerySettings.from_dict({"rows": ROWS, "columns": WIDTH})
    return DataQuery(ds_id="NUMBERS", fields=[f"c{number}" for number in range(WIDTH)], settings=settings)


def known(column: int) -> list[Any]:
    """Return the cells of a column as the service makes them."""
    return [cell(row, column) for row in range(ROWS)]


def test_a_large_result_over_http_is_the_same_in_every_table(service: Emulator) -> None:
    with QueryClient(service.key, base_url=service.url, page_size=3000) as client:
        query = client.run(numbers())
        table, frame, polar = query.to_arrow(), query.to_pandas(), query.to_polars()
        batches = pa.Table.from_batches(query.iter_arrow())
    assert table.shape == frame.shape == polar.shape == (ROWS, WIDTH)
    assert table.equals(batches)
    for number in range(WIDTH):
        cells = known(number)
        assert table.column(f"c{number}").to_pylist() == cells
        assert polar[f"c{number}"].to_list() == cells
        assert [native(value) for value in frame[f"c{number}"]] == cells


def test_a_large_result_arrives_through_the_async_client_too(service: Emulator) -> None:
    async def fetched() -> tuple[pa.Table, list[pa.RecordBatch]]:
        async with AsyncQueryClient(service.key, base_url=service.url, page_size=7000) as client:
            query = await client.run(numbers())
            return await query.to_arrow(), [batch async for batch in query.iter_arrow()]

    table, batches = anyio.run(fetched)
    assert pa.Table.from_batches(batches).equals(table)
    assert table.column("c4").to_pylist() == known(4)
