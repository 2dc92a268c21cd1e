"""Bad input is refused before anything is sent: what was wrong, the value, what to do."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from supermetrics_query_api import models
from supermetrics_query_api.limits import LIMITS

from .errors import ConfigurationError
from .members import limit

SCHEDULE_ID = re.compile(str(LIMITS["QueryStatusRequest"]["schedule_id"]["string"]["pattern"]))
LAST_OFFSET = limit("QueryStatusRequest", "offset_end", "maximum")
MOST_PREFETCH = 16  # more connections at once only wait for each other
API_KEY_HELP = "pass api_key=... or token_provider=..., or set SUPERMETRICS_API_KEY"


def checked_schedule_id(value: object) -> str:
    """Return a schedule id the API accepts."""
    if isinstance(value, str) and SCHEDULE_ID.fullmatch(value):
        return value
    raise ConfigurationError(
        f"schedule_id must be 1 to 50 letters, digits, underscores and hyphens, not {value!r}; "
        "leave it out to have one made"
    )


def checked_key(value: object) -> str:
    """Return a key that fits into a header. The message does not repeat it."""
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"no API key: {API_KEY_HELP}")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ConfigurationError(
            "the API key holds blanks, line ends or other characters that no key has; was it read with its line end?"
        )
    return value


def checked_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a whole number of a range, which may have no upper end."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value and (most is None or value <= most):
        return value
    span = f"from {least} on" if most is None else f"from {least} to {most}"
    raise ConfigurationError(f"{name} must be a whole number {span}, not {value!r}")


def checked_offset(name: str, value: object) -> int:
    """Return an offset the API accepts."""
    return checked_whole(name, value, 0, LAST_OFFSET)


def checked_window(start: object, end: object) -> tuple[int, int | None]:
    """Return the first and the last row of a window, both inclusive."""
    first = checked_offset("offset_start", start)
    last = None if end is None else checked_offset("offset_end", end)
    if last is not None and last < first:
        raise ConfigurationError(f"offset_end={last} lies before offset_start={first}; both are inclusive")
    return first, last


def checked_format(value: object) -> str:
    """Return an output format the contract knows."""
    formats = [each.value for each in models.OutputFormat]
    if value in formats:
        return models.OutputFormat(value).value
    raise ConfigurationError(f"format must be one of {', '.join(formats)}, not {value!r}")


def checked_status_code(value: object) -> models.StatusCode:
    """Return a status code the contract knows."""
    codes = [each.value for each in models.StatusCode]
    if value in codes:
        return models.StatusCode(value)
    raise ConfigurationError(f"a status code must be one of {', '.join(codes)}, not {value!r}")


def checked_page_size(value: object) -> int:
    """Return how many rows to ask for at once."""
    return checked_whole("page_size", value, 1, LAST_OFFSET)


def checked_prefetch(value: object) -> int | None:
    """Return how many pages are to be under way, None for what the answers call for."""
    return None if value is None else checked_whole("prefetch", value, 0, MOST_PREFETCH)


def checked_in_flight(value: object) -> int:
    """Return how many queries may be unfinished at a time."""
    return checked_whole("in_flight", value, 1)


def checked_base_url(value: str) -> str:
    """Return a base URL without its last slash: https, or http to this machine."""
    try:
        parts = urlsplit(value)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ConfigurationError(f"base_url is not a URL: {value!r}") from None
    if not usable or parts.scheme not in ("http", "https"):
        raise ConfigurationError(f"base_url must look like https://host/path, not {value!r}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError("base_url must not hold a user, a query or a fragment")
    if parts.scheme == "http" and not is_loopback(parts):
        raise ConfigurationError(f"plain http would show the API key to the network: use https in {value!r}")
    return value.rstrip("/")


def is_loopback(parts: SplitResult) -> bool:
    """Tell whether a URL leads to this machine."""
    host = parts.hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
