"""Data sources: a table from a CSV file, and what its columns mean."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import attrs

Cell = str | int | float | None
Row = tuple[Cell, ...]

DATE, TEXT, INTEGER, FLOAT = "string.time.date", "string.text.value", "int.number.value", "float.number.value"
WEATHER = Path(__file__).with_name("data") / "weather.csv"


@attrs.frozen
class Column:
    """A column of a data source: a dimension or a metric."""

    id: str
    data_type: str
    is_metric: bool

    @property
    def name(self) -> str:
        """The display name, which is what header rows hold."""
        return self.id.replace("_", " ").capitalize()


@attrs.frozen(eq=False)
class Source:
    """A table; `account` and `date` are the columns by which accounts and days are selected, if any."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    account: str | None = None
    date: str | None = None

    def position(self, column_id: str) -> int:
        """Return where the values of a column stand in a row."""
        return next(place for place, column in enumerate(self.columns) if column.id == column_id)


def _is(pattern: str) -> Callable[[str], bool]:
    return lambda cell: bool(re.fullmatch(pattern, cell))


# The first type that every cell of a column has is the type of the column.
_TYPES: Mapping[str, tuple[Callable[[str], bool], Callable[[str], Cell]]] = {
    INTEGER: (_is(r"-?(0|[1-9]\d{0,17})"), int),
    FLOAT: (_is(r"-?\d+(\.\d+)?([eE][+-]?\d+)?"), float),
    DATE: (_is(r"\d{4}-\d\d-\d\d"), str),
    TEXT: (lambda _cell: True, str),
}
_METRICS = {INTEGER, FLOAT}


def read_csv(
    path: str | Path,
    *,
    account: str | None = None,
    date: str | None = None,
    dimensions: Iterable[str] = (),
) -> Source:
    """Make a data source of a CSV file with a header line.

    Types are inferred, numbers are metrics unless they are named in `dimensions`, and an empty cell is null.
    Columns named `account` and `date` are the account and the date when no others are given.
    """
    with Path(path).open(newline="", encoding="utf-8") as file:
        names, *lines = csv.reader(file)
    types = [_type_of(cells) for cells in zip(*lines, strict=True)] or [TEXT] * len(names)
    columns = tuple(
        Column(name, kind, kind in _METRICS and name not in set(dimensions))
        for name, kind in zip(names, types, strict=True)
    )
    read = [_reader(kind) for kind in types]
    rows = [tuple(convert(cell) for convert, cell in zip(read, line, strict=True)) for line in lines]
    return Source(columns, rows, account or _named("account", names), date or _named("date", names))


def _type_of(cells: Iterable[str]) -> str:
    filled = [cell for cell in cells if cell]
    fitting = (kind for kind, (fits, _) in _TYPES.items() if all(map(fits, filled)))
    return next(fitting) if filled else TEXT


def _reader(kind: str) -> Callable[[str], Cell]:
    convert = _TYPES[kind][1]
    return lambda cell: convert(cell) if cell else None


def _named(name: str, names: Iterable[str]) -> str | None:
    return name if name in names else None


@cache
def weather() -> Source:
    """Return the data source `WEATHER`: three airports, three times a day, the year 2013."""
    return read_csv(WEATHER, account="airport", date="date", dimensions=("hour",))
