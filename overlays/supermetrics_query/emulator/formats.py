"""Which rows a page holds, and the formats in which they are written, piece by piece.

Offsets are zero-based and inclusive. Observations of the API contradict each other on how the header row counts.
"""

import csv
import html
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import chain

import attrs
import msgspec

from .behaviour import HeaderRow
from .problems import ServiceError, bad_request
from .rows import Row, batches, within
from .selection import Result
from .sources import Column
from .validation import Members, get_integer


@attrs.frozen
class Window:
    """The rows from `start` up to but not including `stop`, or to the end without `stop`."""

    start: int = 0
    stop: int | None = None


ALL_ROWS = Window()


@attrs.frozen(eq=False)
class Page:
    """Some rows of a result, with or without a header row."""

    columns: tuple[Column, ...]
    has_titles: bool
    rows: Sequence[Row]

    @property
    def titles(self) -> list[Row]:
        """The header row as a list of rows, empty if there is none."""
        return [tuple(column.name for column in self.columns)] if self.has_titles else []


def offset_window(sent: Members) -> Window:
    """Return the window of `offset_start` and `offset_end`; raise ServiceError if they are in the wrong order."""
    start, end = get_integer(sent, "offset_start") or 0, get_integer(sent, "offset_end")
    if end is not None and end < start:
        raise bad_request("offset_end must not be less than offset_start.")
    return Window(start, None if end is None else end + 1)


def limit_window(sent: Members) -> Window:
    """Return the window of `offset` and `limit`."""
    start, limit = get_integer(sent, "offset") or 0, get_integer(sent, "limit")
    return Window(start, None if limit is None else start + limit)


def page_of(result: Result, window: Window, header: HeaderRow | None) -> Page:
    """Return the page of a window; an empty result has no header row."""
    if not result.rows or header is None:
        return Page(result.columns, has_titles=False, rows=within(result.rows, window.start, window.stop))
    start, stop, first = window.start, window.stop, window.start == 0
    if header == "row":  # the header takes the place of row 0
        start, stop = max(start - 1, 0), None if stop is None else max(stop - 1, 0)
    titled = first or header == "repeat"
    return Page(result.columns, has_titles=titled, rows=within(result.rows, start, stop))


Meta = Mapping[str, object]
Write = Callable[[Meta, Page], Iterable[bytes]]
JSON = "application/json"


@attrs.frozen
class Format:
    """An output format: its media type, and the function that writes it."""

    media_type: str
    write: Write
    has_pages: bool = False
    """Whether results can be read page by page."""
    has_titles: bool = True
    """Whether the header row is one of the rows."""


def dump_json(value: object) -> bytes:
    """Return a value as JSON; like the API, it escapes characters that are not ASCII."""
    return json.dumps(value, separators=(",", ":")).encode()


def _arrays(meta: Meta, page: Page) -> Iterator[bytes]:
    """Yield the default JSON: an object with `meta` and an array of arrays."""
    yield b'{"meta":' + dump_json(meta) + b',"data":'
    yield from _json_array(_with_titles(page))
    yield b"}"


def _with_headers(meta: Meta, page: Page) -> Iterator[bytes]:
    headers = [{"name": column.name, "data_type": column.data_type} for column in page.columns]
    return _arrays({**meta, "headers": headers}, page)


def _keyed_json(_meta: Meta, page: Page) -> Iterator[bytes]:
    return _json_array(_objects(page))


def _ndjson(_meta: Meta, page: Page) -> Iterator[bytes]:
    for batch in _objects(page):
        yield b"".join(msgspec.json.encode(item) + b"\n" for item in batch)


def _delimited(delimiter: str) -> Write:
    def write(_meta: Meta, page: Page) -> Iterator[bytes]:
        for batch in _with_titles(page):
            text = io.StringIO()
            csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(batch)
            yield text.getvalue().encode()

    return write


def _html(_meta: Meta, page: Page) -> Iterator[bytes]:
    yield b"<table>\n"
    for row in page.titles:
        yield _table_row(row, "th")
    for batch in batches(page.rows):
        yield b"".join(_table_row(row, "td") for row in batch)
    yield b"</table>\n"


def _table_row(row: Row, tag: str) -> bytes:
    cells = ("" if cell is None else html.escape(str(cell)) for cell in row)
    return ("<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>\n").encode()


def _parquet(_meta: Meta, page: Page) -> Iterator[bytes]:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    cells = zip(*page.rows, strict=True) if page.rows else [()] * len(page.columns)
    table = arrow.table({column.id: list(values) for column, values in zip(page.columns, cells, strict=True)})
    file = io.BytesIO()
    parquet.write_table(table, file, version="1.0")
    yield file.getvalue()


def _with_titles(page: Page) -> Iterator[Sequence[Row]]:
    return chain([page.titles], batches(page.rows))


def _objects(page: Page) -> Iterator[Sequence[dict[str, object]]]:
    ids = [column.id for column in page.columns]
    for batch in batches(page.rows):
        yield [dict(zip(ids, row, strict=True)) for row in batch]


def _json_array(groups: Iterable[Sequence[object]]) -> Iterator[bytes]:
    yield b"["
    separator = b""
    for batch in groups:
        if batch:
            yield separator + msgspec.json.encode(batch)[1:-1]
            separator = b","
    yield b"]"


DEFAULT_FORMAT = Format(JSON, _arrays, has_pages=True)
FORMATS: Mapping[str, Format] = {
    "json": DEFAULT_FORMAT,
    "keyjson": Format(JSON, _keyed_json, has_pages=True, has_titles=False),
    "ndjson": Format("application/x-ndjson", _ndjson, has_titles=False),
    "csv": Format("text/csv; charset=utf-8", _delimited(",")),
    "tsv": Format("text/tab-separated-values; charset=utf-8", _delimited("\t")),
    "html": Format("text/html; charset=utf-8", _html),
    "powerbi": Format(JSON, _with_headers, has_pages=True, has_titles=False),
    "pbijson": Format(JSON, _with_headers, has_pages=True, has_titles=False),
    "qlik": Format(JSON, _arrays, has_pages=True),
    "tableau": Format(JSON, _arrays, has_pages=True),
    "parquet": Format("application/vnd.apache.parquet", _parquet, has_titles=False),
}


def get_format(name: str) -> Format:
    """Return a format by name; raise ServiceError if it is unknown or needs a library that is missing."""
    if name not in FORMATS:
        raise bad_request(f"The format {name} is not known; there are {', '.join(FORMATS)}.")
    if name == "parquet" and find_spec("pyarrow") is None:
        raise ServiceError("UNPROCESSABLE_CONTENT", "The format parquet needs pyarrow, which is not installed.")
    return FORMATS[name]
