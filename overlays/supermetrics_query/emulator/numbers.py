"""The data source `NUMBERS`: as many rows and columns as `settings` says, every cell known beforehand."""

from collections.abc import Callable, Mapping, Sequence

from .limits import Members, check, number, whole
from .rows import LazyRows
from .sources import FLOAT, INTEGER, TEXT, Cell, Column, Row, Source

DEFAULTS = {"rows": 1000, "columns": 5}
SIZES = {"rows": whole(0, 1_000_000), "columns": whole(1, 100)}
KINDS = (INTEGER, FLOAT, TEXT)
NULL_EVERY = 97

_MAKERS: Mapping[str, Callable[[int, range], list[Cell]]] = {
    INTEGER: lambda column, rows: [row * (column + 1) for row in rows],
    FLOAT: lambda column, rows: [row / 4 + column for row in rows],
    TEXT: lambda column, rows: [f"r{row}c{column}" for row in rows],
}


def cell(row: int, column: int) -> Cell:
    """Return what stands in a cell, both counted from 0; the first column holds the number of the row."""
    return _cells(column, range(row, row + 1))[0]


def numbers(query: Members) -> Source:
    """Return the data source as the settings of a query want it; its fields are `c0`, `c1` and so on."""
    settings = query.get("settings")
    sent = settings if isinstance(settings, Mapping) else {}
    check(sent, SIZES)
    rows, width = (DEFAULTS[name] if name not in sent else number(sent, name) or 0 for name in SIZES)
    columns = range(width)

    def make(part: range) -> Sequence[Row]:
        return list(zip(*(_cells(column, part) for column in columns), strict=True))

    described = (Column(f"c{column}", KINDS[column % 3], is_metric=column > 0) for column in columns)
    return Source(tuple(described), LazyRows(rows, make))


def _cells(column: int, rows: range) -> list[Cell]:
    made = _MAKERS[KINDS[column % 3]](column, rows)
    if column:
        # The first row of the part in which (row + column) can be divided.
        first = -(rows.start + column) % NULL_EVERY
        made[first::NULL_EVERY] = [None] * len(made[first::NULL_EVERY])
    return made
