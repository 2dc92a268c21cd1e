"""Data sources: tables read from CSV, and a table of numbers that is computed on demand."""

import csv
import datetime
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property
from io import StringIO
from pathlib import Path

import attrs

from .rows import Cell, LazyRows, Row
from .validation import Members, check, get_integer, integer

DATE, TEXT, INTEGER, FLOAT = "string.time.date", "string.text.value", "int.number.value", "float.number.value"
NUMERIC = {INTEGER, FLOAT}
WEATHER = Path(__file__).with_name("data") / "weather.csv"
DEFAULT_SIZES = {"rows": 1000, "columns": 5}
SIZES = {"rows": integer(0, 1_000_000), "columns": integer(1, 100)}
COLUMN_TYPES = (INTEGER, FLOAT, TEXT)
NULL_EVERY = 97


@attrs.frozen
class Column:
    """A column of a data source: a dimension or a metric."""

    id: str
    """The id of the field."""
    data_type: str
    """The type that answers declare, such as `int.number.value`."""
    is_metric: bool
    """Whether it is a metric, and not a dimension."""

    @property
    def name(self) -> str:
        """The display name, as header rows show it."""
        return self.id.replace("_", " ").capitalize()


@attrs.frozen(eq=False)
class Source:
    """A table that queries select from; `read_csv` makes one."""

    columns: tuple[Column, ...]
    """The columns, in the order of the cells."""
    rows: Sequence[Row]
    """The rows, one cell for each column."""
    account: str | None = None
    """The column by which accounts are selected, if there is one."""
    date: str | None = None
    """The column by which days are selected, if there is one."""

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the columns."""
        return tuple(column.id for column in self.columns)

    @cached_property
    def accounts(self) -> tuple[str, ...]:
        """The accounts in the table, sorted."""
        return tuple(self._values(self.account))

    @cached_property
    def last_day(self) -> datetime.date | None:
        """The last day in the table."""
        days = self._values(self.date)
        return datetime.date.fromisoformat(days[-1]) if days else None

    def position(self, column_id: str) -> int:
        """Return the position of a column in a row.

        Args:
            column_id: The id of the column.

        Raises:
            ValueError: There is no such column.
        """
        return self.ids.index(column_id)

    def is_numeric(self, place: int) -> bool:
        """Return whether the column at this position holds numbers.

        Args:
            place: The position, counted from 0.
        """
        return self.columns[place].data_type in NUMERIC

    def _values(self, column_id: str | None) -> list[str]:
        if column_id is None:
            return []
        place = self.position(column_id)
        return sorted({str(row[place]) for row in self.rows if row[place] is not None})


def _matches(pattern: str) -> Callable[[str], bool]:
    return lambda cell: bool(re.fullmatch(pattern, cell))


def _is_date(cell: str) -> bool:
    try:
        return datetime.date.fromisoformat(cell).isoformat() == cell
    except ValueError:
        return False


# A column has the first type that fits all of its cells.
_TYPES: Mapping[str, tuple[Callable[[str], bool], Callable[[str], Cell]]] = {
    INTEGER: (_matches(r"-?(0|[1-9]\d{0,17})"), int),
    FLOAT: (_matches(r"-?(0|[1-9]\d{0,14})(\.\d+)?([eE][+-]?\d\d?)?"), float),
    DATE: (_is_date, str),
    TEXT: (lambda _cell: True, str),
}


def read_csv(
    path: str | Path, *, account: str | None = None, date: str | None = None, dimensions: Collection[str] = ()
) -> Source:
    """Return the data source that a CSV file with a header line holds.

    Types are inferred, numbers are metrics, and an empty cell is null.

    Args:
        path: The file, in UTF-8.
        account: The column by which accounts are selected, by default `account` if there is one.
        date: The column by which days are selected, by default `date` if there is one.
        dimensions: Columns of numbers that are not metrics.

    Raises:
        ValueError: The file cannot be read as such a table.
    """
    text = Path(path).read_bytes().decode("utf-8-sig")
    return parse_csv(text, account=account, date=date, dimensions=dimensions, where=str(path))


def parse_csv(
    text: str,
    *,
    account: str | None = None,
    date: str | None = None,
    dimensions: Collection[str] = (),
    where: str = "the CSV text",
) -> Source:
    """Return the data source that CSV text holds, as `read_csv` does.

    Args:
        text: The text, with a header line.
        account: As for `read_csv`.
        date: As for `read_csv`.
        dimensions: As for `read_csv`.
        where: What errors call the text.

    Raises:
        ValueError: It cannot be read as such a table.
    """
    names, lines = _parse_lines(text, where)
    for name in {account, date, *dimensions} - {None, *names}:
        raise ValueError(f"{where} has no column {name!r}; it has {', '.join(names)}")
    types = [_type_of(line[place] for line in lines) for place in range(len(names))]
    columns = tuple(_column(name, kind, dimensions) for name, kind in zip(names, types, strict=True))
    read = [_converter(kind) for kind in types]
    rows = [tuple(convert(cell) for convert, cell in zip(read, line, strict=True)) for line in lines]
    return Source(columns, rows, account or _name_if_present("account", names), date or _name_if_present("date", names))


def _column(name: str, kind: str, dimensions: Collection[str]) -> Column:
    return Column(name, kind, is_metric=kind in NUMERIC and name not in dimensions)


def _parse_lines(text: str, where: str) -> tuple[list[str], list[list[str]]]:
    try:
        names, *lines = [line for line in csv.reader(StringIO(text, newline="")) if line] or [[]]
    except csv.Error as error:
        raise ValueError(f"{where} cannot be read: {error}") from None
    if not names or len(set(names)) < len(names):
        raise ValueError(f"{where} must begin with a line of names that all differ: {names!r}")
    for line in lines:
        if len(line) != len(names):
            raise ValueError(f"{where} has a line of {len(line)} cells under {len(names)} names: {line!r}")
    return names, lines


def _type_of(cells: Iterable[str]) -> str:
    filled = [cell for cell in cells if cell]
    fitting = (kind for kind, (fits, _) in _TYPES.items() if all(map(fits, filled)))
    return next(fitting) if filled else TEXT


def _converter(kind: str) -> Callable[[str], Cell]:
    convert = _TYPES[kind][1]
    return lambda cell: convert(cell) if cell else None


def _name_if_present(name: str, names: Sequence[str]) -> str | None:
    return name if name in names else None


@cache
def weather() -> Source:
    """Return the data source `WEATHER`: three airports, three times a day, the year 2013."""
    return read_csv(WEATHER, account="airport", date="date", dimensions=("hour",))


_MAKERS: Mapping[str, Callable[[int, range], list[Cell]]] = {
    INTEGER: lambda column, rows: [row * (column + 1) for row in rows],
    FLOAT: lambda column, rows: [row / 4 + column for row in rows],
    TEXT: lambda column, rows: [f"r{row}c{column}" for row in rows],
}


def cell(row: int, column: int) -> Cell:
    """Return the value of a cell of `NUMBERS`; rows and columns count from 0, and column 0 holds the row number."""
    return _cells(column, range(row, row + 1))[0]


def numbers(query: Members) -> Source:
    """Return the data source `NUMBERS` in the size that `settings` asks for; its fields are `c0`, `c1` and so on."""
    settings = query.get("settings")
    sent = settings if isinstance(settings, Mapping) else {}
    check(sent, SIZES)
    rows, width = (DEFAULT_SIZES[name] if name not in sent else get_integer(sent, name) or 0 for name in SIZES)
    columns = range(width)

    def make(part: range) -> Sequence[Row]:
        return list(zip(*(_cells(column, part) for column in columns), strict=True))

    described = (Column(f"c{column}", COLUMN_TYPES[column % 3], is_metric=column > 0) for column in columns)
    return Source(tuple(described), LazyRows(rows, make))


def _cells(column: int, rows: range) -> list[Cell]:
    cells = _MAKERS[COLUMN_TYPES[column % 3]](column, rows)
    if column:
        # The first row of the part for which (row + column) is a multiple of NULL_EVERY.
        first = -(rows.start + column) % NULL_EVERY
        cells[first::NULL_EVERY] = [None] * len(cells[first::NULL_EVERY])
    return cells
