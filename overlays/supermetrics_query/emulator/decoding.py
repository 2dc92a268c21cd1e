"""From bytes and query strings to members."""

import json
import math
from collections.abc import Mapping

from .problems import bad_request

NUMBERS = {"offset_start", "offset_end", "offset", "limit"}


def decoded(text: str | bytes) -> object:
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


def an_object(value: object) -> dict[str, object]:
    """Return a JSON object, or refuse anything else."""
    if not isinstance(value, dict):
        raise bad_request("A JSON object is expected.")
    return value


def parameters(query: Mapping[str, str]) -> dict[str, object]:
    """Return the members of the parameter `json`, or else the plain parameters; both are documented."""
    if "json" in query:
        return an_object(decoded(query["json"]))
    return {name: _number(value) if name in NUMBERS else value for name, value in query.items()}


def _number(value: str) -> object:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else value
