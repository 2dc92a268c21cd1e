"""What a request may contain: JSON is decoded, and members are checked against the limits of the contract."""

import json
import math
import re
from collections.abc import Callable, Mapping

import attrs
from supermetrics_query_api.limits import LIMITS, REQUIRED
from supermetrics_query_api.models import StatusCode

from .problems import bad_request

Members = Mapping[str, object]
Bounds = Mapping[str, int | str]

# Limits for members that the contract leaves unbounded.
MAX_CHARACTERS, MAX_ITEMS = 1_000_000, 1000
MAX_DIGITS = 9


@attrs.frozen
class Limit:
    """What a value must be: in words, and as a test."""

    expected: str
    accepts: Callable[[object], bool]


def integer(low: int, high: int) -> Limit:
    """Return a limit that accepts whole numbers from `low` to `high`."""
    return Limit(
        f"a whole number from {low} to {high}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high,
    )


def text(longest: int, pattern: str = "") -> Limit:
    """Return a limit that accepts texts up to a length, which match the pattern if there is one."""
    return Limit(
        f"a string of at most {longest} characters" + (f" matching {pattern}" if pattern else ""),
        lambda value: (
            isinstance(value, str) and len(value) <= longest and (not pattern or bool(re.fullmatch(pattern, value)))
        ),
    )


def items(most: int, limit: Limit) -> Limit:
    """Return a limit that accepts lists of at most `most` values, each within `limit`."""
    return Limit(
        f"a list of at most {most} values, each {limit.expected}",
        lambda value: isinstance(value, list) and len(value) <= most and all(map(limit.accepts, value)),
    )


def members(limits: Mapping[str, Limit], *required: str) -> Limit:
    """Return a limit that accepts objects; members that are not in `limits` may hold anything."""
    return Limit(
        "an object" + (f" with {' and '.join(required)}" if required else ""),
        lambda value: (
            isinstance(value, dict)
            and value.keys() >= set(required)
            and all(limits[name].accepts(value[name]) for name in limits.keys() & value.keys())
        ),
    )


def either(*limits: Limit) -> Limit:
    """Return a limit that accepts what at least one of the limits accepts."""
    return Limit(
        ", or ".join(limit.expected for limit in limits),
        lambda value: any(limit.accepts(value) for limit in limits),
    )


def one_of(*values: str) -> Limit:
    """Return a limit that accepts only these texts."""
    return Limit("one of " + ", ".join(values), lambda value: value in values)


def _documented(request: str) -> dict[str, Limit]:
    return {name: _limit(request, name) for name in LIMITS[request] if name.isidentifier()}


def _limit(request: str, name: str) -> Limit:
    kinds = LIMITS[request][name].items()
    # JSON has no type for dates: they are sent as texts, and texts have a limit of their own.
    return either(*(_limit_of_kind(request, name, kind, bounds) for kind, bounds in kinds if kind != "date"))


def _limit_of_kind(request: str, name: str, kind: str, bounds: Bounds) -> Limit:
    if kind == "integer":
        return integer(int(bounds["minimum"]), int(bounds["maximum"]))
    if kind == "array":
        return items(int(bounds.get("maxItems", MAX_ITEMS)), _limit(request, f"{name}[]"))
    if kind == "object":
        inner = f"{name}."
        limits = {child.removeprefix(inner): _limit(request, child) for child in LIMITS[request] if inner in child}
        return members(limits, *(child.removeprefix(inner) for child in REQUIRED[request] if inner in child))
    return text(int(bounds.get("maxLength", MAX_CHARACTERS)), str(bounds.get("pattern", "")).strip("^$"))


QUERY: Mapping[str, Limit] = _documented("DataQuery")
STATUS: Mapping[str, Limit] = _documented("QueryStatusRequest")
RESULTS: Mapping[str, Limit] = _documented("QueryResultsRequest")
HISTORY: Mapping[str, Limit] = _documented("QueryHistoryRequest") | {
    "status_codes": items(MAX_ITEMS, one_of(*StatusCode)),
}
# These arrive as texts when they are sent as plain query parameters.
INTEGERS = {
    name
    for request in ("QueryStatusRequest", "QueryResultsRequest", "QueryHistoryRequest")
    for name, kinds in LIMITS[request].items()
    if "integer" in kinds
}


def check(sent: Members, limits: Mapping[str, Limit], required: str = "") -> None:
    """Raise ServiceError if a member breaks its limit; members without a limit are ignored, as the API does."""
    if required and required not in sent:
        raise bad_request(f"{required} is required.")
    for name in limits.keys() & sent.keys():
        if not limits[name].accepts(sent[name]):
            raise bad_request(f"{name} must be {limits[name].expected}.")


def get_integer(sent: Members, name: str) -> int | None:
    """Return a whole number that has passed `check`, or None if it was not sent."""
    value = sent.get(name)
    return value if isinstance(value, int) else None


def decode_json(text: str | bytes) -> object:
    """Return the value of a JSON text; raise ServiceError if it is not JSON."""
    try:
        value: object = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        raise bad_request("The text is not valid JSON.") from None
    return value


def _finite(text: str) -> float:
    # Python reads `NaN` and infinite numbers, and would write them into an answer that is then not JSON.
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def as_object(value: object) -> dict[str, object]:
    """Return a JSON object; raise ServiceError if the value is anything else."""
    if not isinstance(value, dict):
        raise bad_request("A JSON object is expected.")
    return value


def parse_parameters(query: Mapping[str, str]) -> dict[str, object]:
    """Return the members of the parameter `json`, or the plain parameters; the API accepts both."""
    if "json" in query:
        return as_object(decode_json(query["json"]))
    return {name: _convert(value) if name in INTEGERS else value for name, value in query.items()}


def _convert(value: str) -> object:
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= MAX_DIGITS else value
