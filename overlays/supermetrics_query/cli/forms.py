"""The forms in which rows are written, each page by page.

| value     | csv                       | ndjson, json | table |
| null      | an empty cell             | null         | empty |
| list, map | its JSON in one cell      | as it is     | JSON  |
| true      | true                      | true         | true  |
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import IO, Any, TextIO

from attrs import frozen
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .exits import visible

SHOWN_ROWS = 100
NARROW = 80  # characters: the least width of a table that goes to a pipe or a file


@frozen
class Rows:
    """What is written: the names of the columns, and pages of rows as tuples."""

    keys: Sequence[str]
    pages: Iterable[Sequence[Sequence[Any]]]

    def dicts(self) -> Iterable[dict[str, Any]]:
        """Return the rows as dicts keyed by column."""
        return (dict(zip(self.keys, row, strict=True)) for page in self.pages for row in page)


def dumped(value: object) -> str:
    """Return JSON on one line."""
    return json.dumps(value, ensure_ascii=False, default=str)


def cell(value: object) -> str:
    """Return a value as the text of a cell."""
    if value is None:
        return ""
    return value if isinstance(value, str) else dumped(value)


@frozen
class LineFeeds:
    """Ends lines in a line feed alone. The writer of csv quotes a character that ends lines only if it ends its own."""

    out: TextIO

    def write(self, line: str) -> int:
        """Write a line that ends in both."""
        return self.out.write(line.removesuffix("\r\n") + "\n")


def write_csv(rows: Rows, out: TextIO) -> None:
    """Write a header and lines that end in a line feed."""
    writer = csv.writer(LineFeeds(out), lineterminator="\r\n")
    if rows.keys:
        writer.writerow(rows.keys)
    for page in rows.pages:
        writer.writerows([cell(value) for value in row] for row in page)
        out.flush()


def write_ndjson(rows: Rows, out: TextIO) -> None:
    """Write one object per line."""
    out.writelines(dumped(row) + "\n" for row in rows.dicts())


def write_json(rows: Rows, out: TextIO) -> None:
    """Write a list of objects, each on a line of its own."""
    separator = "[\n"
    for row in rows.dicts():
        out.write(separator + dumped(row))
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def write_table(rows: Rows, out: TextIO) -> None:
    """Write a table of the first rows, without fetching the others."""
    first = list(islice(chain.from_iterable(rows.pages), SHOWN_ROWS + 1))
    table = Table(*(escape(visible(key)) for key in rows.keys))
    for row in first[:SHOWN_ROWS]:
        table.add_row(*(escape(visible(cell(value))) for value in row))
    console = Console(file=out)
    if not console.is_terminal:
        console.width = max(NARROW, console.measure(table).maximum)
    is_cut = len(first) > SHOWN_ROWS
    note = f"the first {SHOWN_ROWS} rows; --output csv or --to FILE gives all" if is_cut else count(len(first))
    with console.capture() as shown:  # rich would end the process where the reader has gone
        console.print(table, note, sep="\n")
    out.write(shown.get())


def count(number: int) -> str:
    """Return how many rows there are, in words."""
    return f"{number} row{'' if number == 1 else 's'}"


class Screen(io.TextIOWrapper):
    """A terminal, which no cell must control. A table has escapes of its own, and sees to its cells."""

    def write(self, text: str) -> int:
        """Write text without what a terminal would act on."""
        return super().write(visible(text))


TABLE = "table"
FORMS: Mapping[str, Callable[[Rows, TextIO], None]] = {
    TABLE: write_table,
    "csv": write_csv,
    "ndjson": write_ndjson,
    "json": write_json,
}


def write(form: str, rows: Rows, file: IO[bytes]) -> None:
    """Write rows as UTF-8, exactly unless they go to a terminal."""
    kind = Screen if file.isatty() and form != TABLE else io.TextIOWrapper
    out = kind(file, encoding="utf-8", errors="backslashreplace", newline="", write_through=False)
    FORMS[form](rows, out)
    out.flush()
    out.detach()
