"""A request and its answer as plain data: the headers that speak of limits, and the JSON of a body.

msgspec decodes where it can, and the standard library where msgspec is stricter than the API: it refuses NaN, lone
surrogates and a byte order mark, all of which occur in answers. A header that makes no sense is as good as none.
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, TypeAlias

import msgspec
from attrs import field, frozen

from .._models import RateLimit, exported


@exported
class Lane(Enum):
    """What a request is for."""

    START = "start"
    """Starting a query."""
    PAGE = "page"
    """A page of rows, a download, or the history."""
    POLL = "poll"
    """The status of a query."""


# What a request does, in the words of an error.
PURPOSES = {
    ("start_query", Lane.START): "starting the query",
    ("get_query_status", Lane.POLL): "polling the query",
    ("get_query_status", Lane.PAGE): "reading the query",
    ("get_query_results", Lane.PAGE): "downloading the result",
    ("get_query_history", Lane.PAGE): "reading the history",
}


@frozen
class Request:
    """A request as the generated package describes it: the keywords of an HTTP client."""

    operation: str
    keywords: Mapping[str, Any]
    lane: Lane = Lane.PAGE
    write: Callable[[bytes], object] | None = None  # takes the body of a success in place of the answer; False ends it

    @property
    def purpose(self) -> str:
        """What it does, in words."""
        return PURPOSES.get((self.operation, self.lane), self.operation)


def nothing() -> None:
    """Do nothing: there is no connection to drop."""


def unmasked(body: bytes | bytearray) -> bytes | bytearray:
    """Return a body as it is: no key was sent."""
    return body


@frozen
class Answer:
    """An HTTP response, whatever it holds."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes | bytearray = field(repr=False)
    method: str
    url: str  # without its query
    received: float = 0.0  # seconds since the epoch
    seconds: float = field(default=0.0, eq=False)  # from the request to the end of the answer
    credential: int = 0  # which credential was sent, see Renew
    flaw: str | None = None  # why the body is not whole
    purpose: str = field(default="", eq=False)  # what its request does, in words
    # Drops its connection: where an answer is that of another request, all that follow on its connection are.
    discard: Callable[[], object] = field(default=nothing, eq=False, repr=False)
    # Takes the key out of a body that was passed on as it arrived.
    mask: Callable[[bytes | bytearray], bytes | bytearray] = field(default=unmasked, eq=False, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the HTTP status says so."""
        return 200 <= self.status < 300


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Return what the X-RateLimit headers say, None where there are none."""
    limit, remaining = (count(headers.get(f"x-ratelimit-{name}", "")) for name in ("limit", "remaining"))
    return None if limit is None and remaining is None else RateLimit(limit, remaining)


def count(value: str) -> int | None:
    """Return a whole number that is not negative, None for any other text."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def retry_after(answer: Answer) -> float | None:
    """Return what Retry-After says, in seconds from now; it may be a number or an HTTP date."""
    value = answer.headers.get("retry-after", "").strip()
    delay = delay_seconds(value)
    if delay is None:
        delay = until(value, answer)
    return None if delay is None else max(0.0, delay)


def delay_seconds(value: str) -> float | None:
    """Return a number of seconds; RFC 9110 wants it whole, and some servers send a fraction."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def until(value: str, answer: Answer) -> float | None:
    """Return the seconds until an HTTP date, by the clock of the server where the answer has a Date."""
    then = http_date(value)
    if then is None:
        return None
    return then - (http_date(answer.headers.get("date", "")) or answer.received)


def http_date(value: str) -> float | None:
    """Return an HTTP date as seconds since the epoch; without a zone it means UTC."""
    try:
        date: datetime = parsedate_to_datetime(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


Json: TypeAlias = Any  # whatever a JSON document holds
Body: TypeAlias = bytes | bytearray
# Every member that may be an array is read as rows: the union has room for all that JSON knows.
decode_rows = msgspec.json.Decoder(
    dict[str, list[tuple[Any, ...]] | dict[str, Any] | str | int | float | bool | None]
).decode
decode_any = msgspec.json.Decoder().decode


def decode(body: Body, strict: Callable[[Body], Json] = decode_any) -> Json:
    """Return the JSON value in a body; raise ValueError where there is none, or where it is nested too deeply."""
    try:
        try:
            return strict(body)
        except msgspec.DecodeError:
            return json.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def decode_response(body: Body) -> Json:
    """Return the response in a body, its rows as tuples where they are arrays; raise ValueError where there is none."""
    return decode(body, decode_with_tuples)


def decode_with_tuples(body: Body) -> Json:
    """Return a body whose rows are tuples, decoded in one pass; where an array holds something else, all as it is."""
    try:
        return decode_rows(body)
    except msgspec.ValidationError:
        return decode_any(body)
