"""Cells as Arrow arrays: the type of a column holds each of its cells, or another type is taken.

`tables` imports this module when somebody asks for a table, because pyarrow is optional. pyarrow alone would change
cells without a word (3.5 becomes 3 in a column of integers, true becomes 1.0 among floats), so what it is given is
chosen by the kinds of the cells.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import NoneType
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from attrs import define, field, frozen

from .._contract.validation import short_repr
from .._models import Column, Page
from ..errors import ConfigurationError, QueryError

CellTypes: TypeAlias = "tuple[CellType, ...]"
MISFITS = (pa.ArrowException, ArithmeticError, UnicodeError)
EXACT = 2**53  # up to here every whole number has a float of its own
ANY = ""  # the pattern that every text matches


@frozen
class CellType:
    """A way to read the cells of a column. Text is read where it matches `pattern`, and never without one."""

    type: pa.DataType
    pattern: str | None = None


TEXT = CellType(pa.string())
DATE = CellType(pa.date32(), ANY)
DATETIME = CellType(pa.timestamp("us"), ANY)
TRUTH = CellType(pa.bool_(), "^(true|false|0|1)$")
INTEGER = CellType(pa.int64(), "^-?(0|[1-9][0-9]*)$")
# Numbers as JSON writes them, whose whole part a float holds.
FLOAT = CellType(pa.float64(), r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$")
# By the whole of a `data_type`, else by its first part. The first reading that holds every cell is taken.
DECLARED: Mapping[str, CellTypes] = {
    "string.time.date": (DATE, TEXT),
    "string.time.datetime": (DATETIME, TEXT),
    "string": (TEXT,),
    "int": (INTEGER, FLOAT, TEXT),
    "float": (FLOAT, TEXT),
    "bool": (TRUTH, TEXT),
}
# Where nothing is declared, the kinds of the cells decide and text stays text.
UNDECLARED: CellTypes = tuple(CellType(kind) for kind in (pa.null(), pa.bool_(), pa.int64(), pa.float64(), pa.string()))
# The kinds of cells that pyarrow takes as they are; any kind for the types that are not here, such as lists.
PLAIN: tuple[tuple[Callable[[pa.DataType], bool], frozenset[type]], ...] = (
    (pa.types.is_null, frozenset()),
    (pa.types.is_boolean, frozenset({bool})),
    (pa.types.is_integer, frozenset({int})),
    (pa.types.is_floating, frozenset({int, float})),
    (pa.types.is_decimal, frozenset({int})),
    (pa.types.is_duration, frozenset({int})),
    (pa.types.is_temporal, frozenset()),
    (pa.types.is_string, frozenset({str})),
    (pa.types.is_large_string, frozenset({str})),
)
ANY_KIND = frozenset({bool, int, float, str, list, tuple, dict})


@frozen
class Chunk:
    """The cells of one page in one column; `text` is what they were read from, where that was text."""

    array: pa.Array
    text: pa.Array | None = None

    def under(self, wanted: pa.DataType) -> pa.Array | None:
        """Return the same cells under a type that comes later among the readings, None where it does not hold them."""
        if self.array.type == wanted:
            return self.array
        if wanted == TEXT.type:
            return texts(self.array.to_pylist()) if self.text is None else self.text
        with suppress(*MISFITS):
            if self.array.type in {pa.null(), pa.int64()}:
                return self.array.cast(wanted)
        return None


def cell_types_of(column: Column) -> CellTypes:
    """Return the types that a column may have, by what the API declares."""
    declared = column.data_type or ""
    return DECLARED.get(declared) or DECLARED.get(declared.partition(".")[0]) or UNDECLARED


def read(cells: Sequence[Any], cell_type: CellType) -> Chunk | None:
    """Return cells as an array, None where one of them does not fit."""
    with suppress(*MISFITS):
        if set(map(type, cells)) - {NoneType} <= plain_kinds(cell_type.type):
            return Chunk(pa.array(cells, cell_type.type))
    with suppress(*MISFITS):
        if cell_type.type == TEXT.type:
            return Chunk(texts(cells))
        if cell_type.pattern is not None:
            return read_text(texts(cells), cell_type.type, cell_type.pattern)
    return None


def plain_kinds(wanted: pa.DataType) -> frozenset[type]:
    """Return the kinds of cells that pyarrow puts into a type without changing them."""
    return next((kinds for is_such, kinds in PLAIN if is_such(wanted)), ANY_KIND)


def read_text(text: pa.Array, wanted: pa.DataType, pattern: str) -> Chunk | None:
    """Return text as an array of a type, None where it does not match."""
    matches = pc.call_function("match_substring_regex", [text], pc.MatchSubstringOptions(pattern))
    return Chunk(text.cast(wanted), text) if matches.false_count == 0 else None


def texts(cells: Sequence[Any]) -> pa.Array:
    """Return cells as text."""
    return pa.array([None if cell is None else text_of(cell) for cell in cells], pa.string())


def text_of(cell: object) -> str:
    """Return a cell as text: text as it is, anything else as JSON; 1.0 is 1, for JSON knows one kind of number.

    Half a surrogate pair, which UTF-8 cannot hold, is written as its escape.
    """
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= EXACT:
        cell = int(cell)
    text = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
    return text.encode(errors="backslashreplace").decode()


@define
class ColumnBuilder:
    """One column as it grows: the types that still hold every cell, and the cells."""

    column: Column
    cell_types: CellTypes
    chunks: list[Chunk] = field(factory=list)

    def add(self, cells: Sequence[Any], start: int) -> None:
        """Add the cells of a page; raise ValueError where no type is left that holds them."""
        for number, cell_type in enumerate(self.cell_types):
            chunk = read(cells, cell_type)
            if chunk is not None:
                self.cell_types = self.cell_types[number:]
                self.chunks.append(chunk)
                return
        raise ValueError(self.misfit(cells, start))

    def take(self) -> list[pa.Array]:
        """Return the cells and forget them, all under one type, which later cells must fit."""
        if pa.types.is_null(self.type):
            self.cell_types = self.cell_types[-1:]
        arrays = [chunk.under(self.type) for chunk in self.chunks]
        while any(array is None for array in arrays):
            self.cell_types = self.cell_types[1:]
            arrays = [chunk.under(self.type) for chunk in self.chunks]
        self.cell_types, self.chunks = self.cell_types[:1], []
        return arrays

    @property
    def type(self) -> pa.DataType:
        """The type so far."""
        return self.cell_types[0].type

    @property
    def described(self) -> pa.Field:
        """The column as Arrow describes it, with what the API says of it."""
        members = {
            "field_id": self.column.field_id,
            "field_name": self.column.name,
            "data_type": self.column.data_type,
        }
        return pa.field(self.column.key, self.type, metadata={name: text for name, text in members.items() if text})

    def misfit(self, cells: Sequence[Any], start: int) -> str:
        """Return which cell does not fit, and what to do."""
        cell_type, key = self.cell_types[-1], self.column.key
        place = next((place for place, cell in enumerate(cells) if read([cell], cell_type) is None), 0)
        where = f"column {key!r}, row {start + place} counted from 0"
        return (
            f"{cells[place]!r:.200} does not fit {cell_type.type}, the type of {where}: "
            f"pass another type, such as schema={{{key!r}: pyarrow.string()}}; to_arrow() without schema takes any cell"
        )


@define
class TableBuilder:
    """A table that is being built. `types` are those that the caller wants, by column.

    `known` returns the columns of a result without rows, once all of its pages have been read.
    """

    types: Mapping[str, pa.DataType]
    known: Callable[[], Sequence[Column]] = list
    columns: list[ColumnBuilder] = field(factory=list)
    is_empty: bool = True

    def add(self, page: Page) -> None:
        """Add a page; raise QueryError where a cell fits no type that it may have."""
        if self.is_empty:
            self.begin(page.columns)
            self.is_empty = False
        try:
            columns = zip(*page.rows, strict=True) if page.rows else [()] * len(self.columns)
            for column, cells in zip(self.columns, columns, strict=True):
                column.add(cells, page.start)
        except ValueError as problem:
            raise QueryError(str(problem)) from None

    def batch(self, page: Page) -> pa.RecordBatch:
        """Return a page alone. The first one decides the types of all that follow."""
        self.add(page)
        arrays = [column.take()[0] for column in self.columns]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema())

    def empty_batch(self) -> pa.RecordBatch:
        """Return no rows, under the columns that are known."""
        table = self.table()
        return pa.RecordBatch.from_arrays([pa.array([], kind) for kind in table.schema.types], schema=table.schema)

    def table(self) -> pa.Table:
        """Return everything that was added."""
        if self.is_empty:
            self.begin(self.known() or [Column(key=key, index=n) for n, key in enumerate(self.types)])
        taken = [(column.take(), column.type) for column in self.columns]
        arrays = [pa.chunked_array(chunks, kind) for chunks, kind in taken]
        return pa.Table.from_arrays(arrays, schema=self.schema())

    def begin(self, columns: Sequence[Column]) -> None:
        """Prepare the columns; raise ConfigurationError where a type is given for one that is not there."""
        keys = [column.key for column in columns]
        if unknown := [key for key in self.types if key not in keys]:
            raise ConfigurationError(f"schema names what the result does not have: {unknown!r}; it has {keys!r:.999}")
        self.columns = [ColumnBuilder(column, self.cell_types(column)) for column in columns]

    def cell_types(self, column: Column) -> CellTypes:
        """Return the types that a column may have: what the caller wants, else what the API declares."""
        wanted = self.types.get(column.key)
        return cell_types_of(column) if wanted is None else (CellType(wanted, ANY),)

    def schema(self) -> pa.Schema:
        """Return the columns and their types."""
        return pa.schema([column.described for column in self.columns])


def checked_types(schema: Any) -> dict[str, pa.DataType]:
    """Return the types that a caller gives, or raise ConfigurationError."""
    given = dict(zip(schema.names, schema.types, strict=True)) if isinstance(schema, pa.Schema) else schema or {}
    if not isinstance(given, Mapping) or not all(isinstance(kind, pa.DataType) for kind in given.values()):
        raise ConfigurationError(
            f"schema must be a pyarrow.Schema or map columns to pyarrow types, such as "
            f"{{'cost': pyarrow.string()}}, not {short_repr(schema)}"
        )
    return dict(given)
