"""What a request may contain: JSON is decoded, and members are checked against the documented limits."""

import json
import math
import re
from collections.abc import Callable, Mapping

import attrs

from .problems import bad_request

Members = Mapping[str, object]
NAME = r"[A-Za-z0-9_-]{1,50}"


@attrs.frozen
class Limit:
    """What a value must be: in words, and as a test."""

    expected: str
    accepts: Callable[[object], bool]


def integer(low: int, high: int) -> Limit:
    """Allow whole numbers of a range."""
    return Limit(
        f"a whole number from {low} to {high}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
    )


def text(longest: int, pattern: str = "") -> Limit:
    """Allow texts up to a length, and of a pattern if there is one."""
    return Limit(
        f"a text of at most {longest} characters" + (f" like {pattern}" if pattern else ""),
        lambda value: (
            isinstance(value, str) and len(value) <= longest and (not pattern or bool(re.fullmatch(pattern, value)))
        ),
    )


def items(most: int, limit: Limit) -> Limit:
    """Allow lists of so many such values."""
    return Limit(
        f"a list of at most {most} values, each {limit.expected}",
        lambda value: isinstance(value, list) and len(value) <= most and all(map(limit.accepts, value)),
    )


def members(limits: Mapping[str, Limit], required: str = "") -> Limit:
    """Allow objects; members without a limit may hold anything."""
    return Limit(
        "an object" + (f" with {required}" if required else ""),
        lambda value: (
            isinstance(value, dict)
            and (not required or required in value)
            and all(limits[name].accepts(value[name]) for name in limits.keys() & value.keys())
        ),
    )


def either(*limits: Limit) -> Limit:
    """Allow what one of them allows."""
    return Limit(
        ", or ".join(limit.expected for limit in limits),
        lambda value: any(limit.accepts(value) for limit in limits),
    )


def one_of(*values: str) -> Limit:
    """Allow some texts."""
    return Limit("one of " + ", ".join(values), lambda value: value in values)


ANY_TEXT = text(1_000_000)
OFFSET = integer(0, 1_000_000)
SCHEDULE_ID = text(50, NAME)

QUERY: Mapping[str, Limit] = {
    "ds_id": text(50),
    "schedule_id": SCHEDULE_ID,
    "ds_accounts": either(
        ANY_TEXT,
        items(100, ANY_TEXT),
        members({"filter_id": text(255), "filter_name": text(255)}),
    ),
    "ds_segments": either(ANY_TEXT, items(1000, ANY_TEXT)),
    "ds_user": text(255),
    "ds_users": either(ANY_TEXT, items(100, ANY_TEXT)),
    "date_range_type": text(50),
    "start_date": text(100),
    "end_date": text(100),
    "compare_type": text(50),
    "compare_show": text(50),
    "compare_start_date": text(100),
    "compare_end_date": text(100),
    "fields": either(text(1000), items(100, either(text(100), members({"id": text(100)}, "id")))),
    "settings": members({}),
    "filter": text(5000),
    "order_columns": text(1000),
    "order_rows": either(text(1000), items(50, ANY_TEXT)),
    "max_columns": integer(1, 1000),
    "max_rows": integer(1, 1_000_000),
    "offset_start": OFFSET,
    "offset_end": OFFSET,
    "cache_minutes": integer(0, 10_080),
    "sync_timeout": integer(0, 3600),
}
STATUS: Mapping[str, Limit] = {"schedule_id": SCHEDULE_ID, "offset_start": OFFSET, "offset_end": OFFSET}
RESULTS: Mapping[str, Limit] = {"schedule_id": SCHEDULE_ID, "offset": OFFSET, "limit": integer(1, 100_000)}
HISTORY: Mapping[str, Limit] = {
    "ds_ids": either(ANY_TEXT, items(1000, ANY_TEXT)),
    "status_codes": items(
        1000, one_of("SCHEDULED", "QUEUED", "RUNNING", "SUCCESS", "FAILURE", "STOPPED", "PROCESS_EXITED")
    ),
    "since": text(100),
    "until": text(100),
    "offset": OFFSET,
    "limit": integer(1, 1000),
}


def get_integer(sent: Members, name: str) -> int | None:
    """Return a whole number that has been checked, or None when it was not sent."""
    value = sent.get(name)
    return value if isinstance(value, int) else None


def check(sent: Members, limits: Mapping[str, Limit], required: str = "") -> None:
    """Refuse what breaks a limit; members that are not in the table are let through, as the API does."""
    if required and required not in sent:
        raise bad_request(f"{required} is required.")
    for name in limits.keys() & sent.keys():
        if not limits[name].accepts(sent[name]):
            raise bad_request(f"{name} must be {limits[name].expected}.")


INTEGERS = {"offset_start", "offset_end", "offset", "limit"}


def decode_json(text: str | bytes) -> object:
    """Return a JSON text as values, or refuse it."""
    try:
        value: object = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        raise bad_request("That is not JSON.") from None
    return value


def _finite(text: str) -> float:
    # What Python reads as `NaN` or as infinite it would also write, and then the answer is not JSON.
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def as_object(value: object) -> dict[str, object]:
    """Return a JSON object, or refuse anything else."""
    if not isinstance(value, dict):
        raise bad_request("A JSON object is expected.")
    return value


def parse_parameters(query: Mapping[str, str]) -> dict[str, object]:
    """Return the members of the parameter `json`, or else the plain parameters; both are documented."""
    if "json" in query:
        return as_object(decode_json(query["json"]))
    return {name: _convert(value) if name in INTEGERS else value for name, value in query.items()}


def _convert(value: str) -> object:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else value
