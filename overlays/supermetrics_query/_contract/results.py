"""Whether a body can be the result that was asked for. It passes by, as it may not fit into memory.

Only 200 with a body in the format of the query is documented to be a result. What can be known is checked: JSON closes
what it opens, Parquet ends as it begins, and no format but HTML is a page. CSV and TSV that were cut look like CSV and
TSV, so there a cut is noticed by HTTP alone.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, frozen
from supermetrics_query_api.models import OutputFormat

from .._models import SUCCESS
from .messages import Json, decode

KEPT_HEAD = 64 * 1024  # bytes; a shorter body is read as a whole
KEPT_TAIL = 64
BLANK = b"\xef\xbb\xbf \t\r\n"
PAGE = re.compile(rb"<(!doctype|html|head|body|script|\?xml|!--)", re.IGNORECASE)
META = re.compile(r'[\ufeff\s]*\{\s*"meta"\s*:\s*')
ESCAPED = re.compile(rb"\\.", re.DOTALL)
PLAIN = bytes(set(range(256)) - set(b'"\\{}[]'))  # what says nothing about where JSON ends


@frozen
class Shape:
    """What every result in a format has in common."""

    first: bytes = b""
    last: bytes = b""
    is_json: bool = False
    may_be_empty: bool = False  # without rows
    media_type: str = ""


JSON, HTML = "application/json", "text/html"
# The other formats are those of single tools, and not described.
SHAPES: Mapping[str, Shape] = {
    OutputFormat.JSON: Shape(b"{", b"}", is_json=True, media_type=JSON),
    OutputFormat.KEYJSON: Shape(b"[", b"]", is_json=True, media_type=JSON),
    OutputFormat.NDJSON: Shape(b"{", b"}", is_json=True, may_be_empty=True, media_type="application/x-ndjson"),
    OutputFormat.CSV: Shape(may_be_empty=True, media_type="text/csv"),
    OutputFormat.TSV: Shape(may_be_empty=True, media_type="text/tab-separated-values"),
    OutputFormat.PARQUET: Shape(b"PAR1", b"PAR1", media_type="application/vnd.apache.parquet"),
    OutputFormat.HTML: Shape(b"<", b">", media_type=HTML),
}
BY_MEDIA_TYPE = {shape.media_type: format for format, shape in SHAPES.items() if shape.media_type not in {JSON, HTML}}


@define
class ResultBody:
    """What is kept of a body that passes by: its beginning, its end, and what its JSON has opened and not closed."""

    size: int = 0
    head: bytes = b""
    tail: bytes = b""
    _quotes: int = 0
    _depth: int = 0
    _escape: bytes = b""

    def feed(self, chunk: bytes) -> None:
        """Take the next part."""
        self.size += len(chunk)
        self.head += chunk[: KEPT_HEAD - len(self.head)]
        self.tail = (self.tail + chunk[-KEPT_TAIL:])[-KEPT_TAIL:]
        if self.start.startswith((b"{", b"[")):
            self._follow(chunk)

    def _follow(self, chunk: bytes) -> None:
        text = ESCAPED.sub(b"", self._escape + chunk)
        self._escape = text[-1:] if text.endswith(b"\\") else b""
        parts = text.translate(None, PLAIN).split(b'"')
        outside = b"".join(parts[self._quotes % 2 :: 2])
        self._quotes += len(parts) - 1
        self._depth += sum(map(outside.count, (b"{", b"["))) - sum(map(outside.count, (b"}", b"]")))

    @property
    def start(self) -> bytes:
        """What it begins with, blanks left out."""
        return self.head[:KEPT_TAIL].lstrip(BLANK)

    @property
    def is_closed(self) -> bool:
        """Whether JSON has closed everything that it has opened."""
        return self._depth == 0 and self._quotes % 2 == 0

    def document(self) -> Json:
        """Return the JSON of a short body, None where it is long or no JSON."""
        try:
            return decode(self.head) if self.size <= KEPT_HEAD else None
        except ValueError:
            return None

    def meta(self) -> dict[str, Any]:
        """Return what a body says about itself, also where it is long and says so first."""
        document = self.document()
        return an_object(document.get("meta") if isinstance(document, dict) else first_meta(self.head))


def first_meta(head: bytes) -> Json:
    """Return the `meta` with which JSON begins, None where it begins otherwise."""
    text = head.decode(errors="replace")
    found = META.match(text)
    try:
        return json.JSONDecoder().raw_decode(text, found.end())[0] if found else None
    except (ValueError, RecursionError):
        return None


def an_object(value: Json) -> dict[str, Any]:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def expected_format(format: str, media_type: str, *, is_known: bool) -> str:
    """Return the format that a result must have; that of a query known by its id alone is what its answer says."""
    if is_known or format != OutputFormat.JSON:
        return format
    return BY_MEDIA_TYPE.get(media_type, "")


def flaw_of(body: ResultBody, format: str, media_type: str) -> str | None:
    """Return why a body cannot be a result in a format, None where it can."""
    shape = SHAPES.get(format, Shape(is_json=body.start.startswith((b"{", b"["))))
    if not body.size:
        return None if shape.may_be_empty else "it is empty"
    return next(flaws(body, format, shape, media_type), None) or (flaw_of_json(body, format) if shape.is_json else None)


def flaws(body: ResultBody, format: str, shape: Shape, media_type: str) -> Iterator[str]:
    """Yield what shows from outside that a body is no result in a format."""
    is_other = media_type == HTML or (media_type == JSON and not shape.is_json)
    if is_other and media_type != shape.media_type:
        yield f"it is {media_type}, and the format is {format or 'not known'}"
    if format != OutputFormat.HTML and PAGE.match(body.start):
        yield "it is a page, not data"
    if not (body.start.startswith(shape.first) and body.tail.rstrip(BLANK).endswith(shape.last)):
        yield f"it does not begin and end as {format} does"
    if not shape.is_json and isinstance(body.document(), dict):
        yield f"it is a JSON object, and the format is {format}"


def flaw_of_json(body: ResultBody, format: str) -> str | None:
    """Return what is wrong inside JSON; a long one is not parsed, it may not fit into memory."""
    if not body.is_closed:
        return "it ends in the middle of its JSON"
    if body.size > KEPT_HEAD:
        return None
    if format == OutputFormat.NDJSON:
        return None if all(map(is_object, body.head.splitlines())) else "a line of it is no JSON object"
    document = body.document()
    if document is None:
        return "it is not JSON"
    return "it has no rows" if format == OutputFormat.JSON and not has_rows(document) else None


def is_object(line: bytes) -> bool:
    """Return whether a line is a JSON object, or blank."""
    try:
        return not line.strip() or isinstance(decode(line), dict)
    except ValueError:
        return False


def has_rows(document: Json) -> bool:
    """Return whether default JSON has rows; a result without any may leave them out if it says that it is one."""
    data = document.get("data")
    return isinstance(data, list) or (data is None and an_object(document.get("meta")).get("status_code") == SUCCESS)
