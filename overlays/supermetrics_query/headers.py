"""What the headers of an answer say about limits. A header that makes no sense is as good as none."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ._models import RateLimit
from .effects import Answer


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Read the X-RateLimit headers."""
    limit, remaining = (count(headers.get(f"x-ratelimit-{name}", "")) for name in ("limit", "remaining"))
    return None if limit is None and remaining is None else RateLimit(limit, remaining)


def count(value: str) -> int | None:
    """Read a whole number that is not negative."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def retry_after(answer: Answer) -> float | None:
    """Read Retry-After, as seconds or as an HTTP date, in seconds from now."""
    value = answer.headers.get("retry-after", "").strip()
    delay = delay_seconds(value)
    if delay is None:
        delay = until(value, answer)
    return None if delay is None else max(0.0, delay)


def delay_seconds(value: str) -> float | None:
    """Read a number of seconds, which RFC 9110 wants whole and some servers send with a fraction."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def until(value: str, answer: Answer) -> float | None:
    """Read an HTTP date; the clock of the server decides where it tells its time."""
    then = http_date(value)
    if then is None:
        return None
    return then - (http_date(answer.headers.get("date", "")) or answer.received)


def http_date(value: str) -> float | None:
    """Read an HTTP date as seconds since the epoch; without a zone it means UTC."""
    try:
        date: datetime = parsedate_to_datetime(value)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
