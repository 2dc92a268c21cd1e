"""An API that holds one result and serves windows of it, in each of the ways to count the header."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from tests.support.answers import FIELDS, success

Rows = Sequence[Sequence[Any]]
Convention = Callable[[Rows, int, int], list[Any]]
HEADER = ("Date", "Temp")


def counted(rows: Rows, first: int, last: int) -> list[Any]:
    """Count the header as row 0 of the result."""
    return [HEADER, *rows][first : last + 1]


def repeated(rows: Rows, first: int, last: int) -> list[Any]:
    """Put a header on every page, and count only the rows."""
    return [HEADER, *rows[first : last + 1]]


def first_only(rows: Rows, first: int, last: int) -> list[Any]:
    """Put a header on the first page, and count only the rows."""
    return [*([HEADER] if first == 0 else []), *rows[first : last + 1]]


def without(rows: Rows, first: int, last: int) -> list[Any]:
    """Send no header at all, as `no_headers` asks for."""
    return list(rows[first : last + 1])


def rows_of_part(convention: Convention, rows: Rows, first: int, last: int) -> Rows:
    """Return the rows at these offsets; a header that is counted has offset 0, so each row stands one further."""
    shift = int(convention is counted)
    return rows[max(first - shift, 0) : last + 1 - shift]


CONVENTIONS: tuple[Convention, ...] = (counted, repeated, first_only, without)


def serving_rows(convention: Convention, rows: Rows) -> httpx.MockTransport:
    """Answer every request with its window."""
    settings = {"no_headers": True} if convention is without else []

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.url.params["json"])
        data = convention(rows, asked["offset_start"], asked["offset_end"]) if rows else []
        return success(data, FIELDS, settings=settings)

    return httpx.MockTransport(answer)
