"""A table that grows page by page, one page of tuples at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from attrs import define, field

from ._models import Column
from .arrow import ANY, Chunk, Reading, Readings, read, readings_of
from .errors import ConfigurationError, QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._models import Page
    from .runs import Run


@define
class Filling:
    """One column as it fills: the readings that still hold every cell, and the cells."""

    column: Column
    readings: Readings
    chunks: list[Chunk] = field(factory=list)

    def add(self, cells: Sequence[Any], start: int) -> None:
        """Take the cells of a page; raise ValueError where no reading is left that holds them."""
        for number, reading in enumerate(self.readings):
            chunk = read(cells, reading)
            if chunk is not None:
                self.readings = self.readings[number:]
                self.chunks.append(chunk)
                return
        raise ValueError(self.misfit(cells, start))

    def take(self) -> list[pa.Array]:
        """Hand over the cells, all under one type, which the cells that come later must fit."""
        if pa.types.is_null(self.type):
            self.readings = self.readings[-1:]
        arrays = [chunk.under(self.type) for chunk in self.chunks]
        while any(array is None for array in arrays):
            self.readings = self.readings[1:]
            arrays = [chunk.under(self.type) for chunk in self.chunks]
        self.readings, self.chunks = self.readings[:1], []
        return arrays

    @property
    def type(self) -> pa.DataType:
        """The type so far."""
        return self.readings[0].type

    @property
    def described(self) -> pa.Field:
        """The column as Arrow describes it, with what the API says of it."""
        told = {
            "field_id": self.column.field_id,
            "field_name": self.column.name,
            "data_type": self.column.data_type,
        }
        return pa.field(self.column.key, self.type, metadata={name: text for name, text in told.items() if text})

    def misfit(self, cells: Sequence[Any], start: int) -> str:
        """Say which cell does not fit, and what to do."""
        reading, key = self.readings[-1], self.column.key
        place = next((place for place, cell in enumerate(cells) if read([cell], reading) is None), 0)
        where = f"column {key!r}, row {start + place} counted from 0"
        return (
            f"{cells[place]!r:.200} does not fit {reading.type}, the type of {where}: "
            f"pass another type, such as schema={{{key!r}: pyarrow.string()}}; to_arrow() without schema takes any cell"
        )


@define
class Building:
    """A table that is being built. `types` are those that the caller wants, by column."""

    run: Run
    types: Mapping[str, pa.DataType]
    fillings: list[Filling] = field(factory=list)
    is_empty: bool = True

    def add(self, page: Page) -> None:
        """Take a page; raise QueryError where a cell fits no type that it may have."""
        if self.is_empty:
            self.begin(page.columns)
            self.is_empty = False
        try:
            columns = zip(*page.rows, strict=True) if page.rows else [()] * len(self.fillings)
            for filling, cells in zip(self.fillings, columns, strict=True):
                filling.add(cells, page.start)
        except ValueError as problem:
            error = QueryError(str(problem), status=self.run.status)
            self.run.mark(error)
            raise error from None

    def batch(self, page: Page) -> pa.RecordBatch:
        """Return a page alone. The first one decides the types of all that follow."""
        self.add(page)
        arrays = [filling.take()[0] for filling in self.fillings]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema())

    def empty_batch(self) -> pa.RecordBatch:
        """Return no rows, under the columns that are known."""
        table = self.table()
        return pa.RecordBatch.from_arrays([pa.array([], kind) for kind in table.schema.types], schema=table.schema)

    def table(self) -> pa.Table:
        """Return everything that was taken."""
        if self.is_empty:
            self.begin(self.run.layout.columns or [Column(key=key, index=n) for n, key in enumerate(self.types)])
        taken = [(filling.take(), filling.type) for filling in self.fillings]
        arrays = [pa.chunked_array(chunks, kind) for chunks, kind in taken]
        return pa.Table.from_arrays(arrays, schema=self.schema())

    def begin(self, columns: Sequence[Column]) -> None:
        """Prepare the columns; raise ConfigurationError where a type is given for one that is not there."""
        keys = [column.key for column in columns]
        if unknown := [key for key in self.types if key not in keys]:
            error = ConfigurationError(f"schema names what the result does not have: {unknown!r}; it has {keys!r:.999}")
            self.run.mark(error)
            raise error
        self.fillings = [Filling(column, self.readings(column)) for column in columns]

    def readings(self, column: Column) -> Readings:
        """Return how a column may be read: as the caller wants, else as the API declares."""
        wanted = self.types.get(column.key)
        return readings_of(column) if wanted is None else (Reading(wanted, ANY),)

    def schema(self) -> pa.Schema:
        """Return the columns and their types."""
        return pa.schema([filling.described for filling in self.fillings])


def checked_types(schema: Any) -> dict[str, pa.DataType]:
    """Return the types that a caller gives, or raise ConfigurationError."""
    given = dict(zip(schema.names, schema.types, strict=True)) if isinstance(schema, pa.Schema) else schema or {}
    if not isinstance(given, Mapping) or not all(isinstance(kind, pa.DataType) for kind in given.values()):
        raise ConfigurationError(
            f"schema must be a pyarrow.Schema or map columns to pyarrow types, such as "
            f"{{'cost': pyarrow.string()}}, not {schema!r:.200}"
        )
    return dict(given)
