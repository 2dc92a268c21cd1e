"""What is sent, member by member: a value that the contract allows, or an error that says what is wrong.

The contract decides, by `supermetrics_query_api.limits`. What it leaves open passes as it is.
"""

import inspect
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from enum import StrEnum
from operator import ge, le
from typing import Any, TypeAlias, TypeVar

from attrs import Attribute, frozen
from supermetrics_query_api import models
from supermetrics_query_api.limits import LIMITS, REQUIRED
from supermetrics_query_api.types import Unset

from .._masking import KEY_FORM
from ..errors import ConfigurationError
from .keys import check_keys
from .short import SHORT

BYTES = (bytes, bytearray, memoryview)
TEXTS = (str, *BYTES)
MOST_LEVELS, MOST_PARTS = 100, 100_000
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
F = TypeVar("F", bound=Callable[..., object])
Limits = Mapping[str, int | str]


@frozen
class Member:
    """A member of a request: its path in the contract, and its place in what the caller wrote."""

    request: str
    path: str = ""
    name: str = ""

    @property
    def kinds(self) -> Mapping[str, Limits]:
        """The kinds of value it takes, and their limits."""
        return LIMITS[self.request][self.path]

    @property
    def is_known(self) -> bool:
        """Whether the contract knows it."""
        return self.path in LIMITS[self.request]

    @property
    def needs(self) -> set[str]:
        """The names of the members that this object must have."""
        return {path.rpartition(".")[2] for path in REQUIRED[self.request] if path.rpartition(".")[0] == self.path}

    def item(self, index: int) -> "Member":
        """Return an item of this list."""
        return Member(self.request, f"{self.path}[]", f"{self.name}[{index}]")

    def member(self, name: str) -> "Member":
        """Return a member of this object."""
        return Member(self.request, f"{self.path}.{name}".lstrip("."), f"{self.name}.{name}".lstrip("."))


def validated(request: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Return the members of a request as they are sent, without those that are None or not set, and without a key."""
    members = validate_object(Member(request), given, {})
    check_keys(members)
    return members


def value_of(member: Member, value: object) -> Any:
    """Return a value as it is sent."""
    if not member.is_known:
        return plain(member, value)
    for kind, limits in member.kinds.items():
        _, fits, validate = KINDS[kind]
        if fits(value):
            return validate(member, value, limits)
    kinds = " or ".join(KINDS[kind][0] for kind in member.kinds)
    raise ConfigurationError(f"{member.name} must be {kinds}, not {short_repr(value)}{advice(member, value)}")


def advice(member: Member, value: object) -> str:
    """Return what to do about a value that is nearly of a kind."""
    fitting = (do for kind in member.kinds for type_, do in ADVICE.get(kind, ()) if isinstance(value, type_))
    return f"; {do}" if (do := next(fitting, None)) else ""


def validate_day(_: Member, value: date, __: Limits) -> date:
    """Return a day; the model writes it."""
    return value


def validate_text(member: Member, value: str, limits: Limits) -> str:
    """Return a text that is within its limits; half a character cannot be sent."""
    check(member.name, value, limits)
    return value if value.isascii() else plain(member, value)


def validate_number(member: Member, value: int, limits: Limits) -> int:
    """Return a number that is within its limits."""
    check(member.name, value, limits)
    return value


def validate_list(member: Member, value: Sequence[object], limits: Limits) -> list[Any]:
    """Return a list whose items are as they are sent."""
    check(member.name, value, limits)
    return [value_of(member.item(index), each) for index, each in enumerate(value)]


def validate_object(member: Member, value: Any, _: Limits) -> dict[str, Any]:
    """Return an object whose members are as they are sent."""
    given = value.to_dict() if is_model(value) else value
    if wrong := [name for name in given if not isinstance(name, str)]:
        raise ConfigurationError(f"a name in {member.name or 'a request'} must be text, not {short_repr(wrong[0])}")
    kept = {name: each for name, each in given.items() if not is_absent(member.member(name), each)}
    if missing := member.needs - kept.keys():
        raise ConfigurationError(f"{member.member(min(missing)).name} is missing and must be given")
    return {name: value_of(member.member(name), each) for name, each in kept.items()}


def is_absent(member: Member, value: object) -> bool:
    """Return whether a member is not given: None means that, where the contract knows the member and no null."""
    return isinstance(value, Unset) or (value is None and member.is_known)


def plain(member: Member, value: T) -> T:
    """Return what the contract leaves open, if it is JSON."""
    if is_vast(value):
        raise ConfigurationError(
            f"{member.name} is nested too deeply, or holds too much, to be sent: {short_repr(value)}"
        )
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{member.name} cannot be sent as JSON: {error}: {short_repr(value)}") from None
    return value


def is_vast(value: object) -> bool:
    """Return whether a value, written out, has more levels or parts than any query."""
    pending, parts = [(value, 0)], 0
    while pending and parts < MOST_PARTS:
        part, level = pending.pop()
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list | tuple) else ()
        parts += len(inner) if level < MOST_LEVELS else MOST_PARTS
        pending += [(each, level + 1) for each in inner]
    return parts >= MOST_PARTS


def is_model(value: object) -> bool:
    """Return whether a value is a generated model."""
    return isinstance(value, models.AccountFilter | models.FieldSelection | models.QuerySettings)


def check(name: str, value: Any, limits: Limits) -> None:
    """Raise where a value is beyond a limit."""
    for word, limit in limits.items():
        holds, says = BOUNDS[word]
        if not holds(value, limit):
            size = len(value) if hasattr(value, "__len__") else None
            raise ConfigurationError(f"{name} {says.format(limit=limit, size=size, value=short_repr(value))}")


def short_repr(value: object) -> str:
    """Return a short text for a value, on one line."""
    try:
        return SHORT.repr(value).replace("\n", " ")
    except ValueError:  # a number of thousands of digits
        return f"one of {type(value).__name__}"


def limit(request: str, path: str, word: str) -> int:
    """Return a number that the contract sets."""
    return next(int(limits[word]) for limits in LIMITS[request][path].values() if word in limits)


# By the word of the contract: what it is called, which values it takes, and how they are validated.
KINDS: Mapping[str, tuple[str, Callable[[object], bool], Callable[[Member, Any, Limits], Any]]] = {
    "date": ("a date", lambda value: isinstance(value, date) and not isinstance(value, datetime), validate_day),
    "string": ("text", lambda value: isinstance(value, str), validate_text),
    "integer": (
        "a whole number",
        lambda value: isinstance(value, int) and not isinstance(value, bool),
        validate_number,
    ),
    "array": ("a list", lambda value: isinstance(value, Sequence) and not isinstance(value, TEXTS), validate_list),
    "object": ("a mapping", lambda value: isinstance(value, Mapping) or is_model(value), validate_object),
}
ADVICE: Mapping[str, Sequence[tuple[type | tuple[type, ...], str]]] = {
    "date": ((datetime, "a day has no time: use its .date()"),),
    "string": ((BYTES, "decode it"),),
    "array": (
        (Set, "it has no order: use a list"),
        (Iterator, "it can be read only once: use a list"),
        (Iterable, "use a list"),
    ),
}
BOUNDS: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (ge, "must be {limit} or more, not {value}"),
    "maximum": (le, "must be {limit} or less, not {value}"),
    "minLength": (lambda value, least: len(value) >= least, "must have {limit} or more characters, not {size}"),
    "maxLength": (
        lambda value, most: len(value) <= most,
        "must have {limit} or fewer characters, not {size}: {value}; shorten it",
    ),
    "minItems": (lambda value, least: len(value) >= least, "must have {limit} or more items, not {size}"),
    "maxItems": (
        lambda value, most: len(value) <= most,
        "must have {limit} or fewer items, not {size}: {value}; split the query",
    ),
    "pattern": (
        lambda value, pattern: re.fullmatch(pattern, value) is not None,
        "must match {limit}, not {value}; change it or leave it out",
    ),
}
SCHEDULE_ID = re.compile(str(LIMITS["QueryStatusRequest"]["schedule_id"]["string"]["pattern"]))
LAST_OFFSET = limit("QueryStatusRequest", "offset_end", "maximum")
MOST_ROWS = limit("DataQuery", "max_rows", "maximum")


def checked_schedule_id(value: object) -> str:
    """Return a schedule id the API accepts."""
    if isinstance(value, str) and KEY_FORM.search(value):
        raise ConfigurationError("schedule_id looks like an API key: give the token or the id of a query")
    if isinstance(value, str) and SCHEDULE_ID.fullmatch(value):
        return value
    raise ConfigurationError(
        f"schedule_id must be 1 to 50 letters, digits, underscores and hyphens, not {short_repr(value)}; "
        "leave it out to have one made"
    )


def checked_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a whole number of a range, which may have no upper end."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value and (most is None or value <= most):
        return value
    span = f"from {least} on" if most is None else f"from {least} to {most}"
    raise ConfigurationError(f"{name} must be a whole number {span}, not {short_repr(value)}")


def checked_number(name: str, value: object, least: float, most: float) -> float:
    """Return a number of a range."""
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
        return float(value)
    raise ConfigurationError(f"{name} must be a number from {least:g} to {most:g}, not {short_repr(value)}")


def checked_kind(name: str, value: T, kind: type[object]) -> T:
    """Return a value of a class; types say so already, but not every caller checks them."""
    if isinstance(value, kind):
        return value
    raise ConfigurationError(f"{name} must be a {kind.__name__}, not {short_repr(value)}")


def checked_function(name: str, value: F | None) -> F | None:
    """Return a function, or None where there is none."""
    if value is None or callable(value):
        return value
    raise ConfigurationError(f"{name} must be a function, not {short_repr(value)}")


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
    return one_of("format", value, models.OutputFormat).value


def checked_status_code(value: object) -> models.StatusCode:
    """Return a status code the contract knows."""
    return one_of("a status code", value, models.StatusCode)


def one_of(name: str, value: object, kind: type[E]) -> E:
    """Return a value as a member of an enum; raise ConfigurationError for any other."""
    values = [each.value for each in kind]
    if isinstance(value, str) and value in values:
        return kind(value)
    raise ConfigurationError(f"{name} must be one of {', '.join(values)}, not {short_repr(value)}")


Seconds: TypeAlias = float | timedelta
"""A duration; a number counts seconds."""
LONGEST = 1e9  # seconds; nobody waits for 30 years, and no clock takes much more


def seconds(value: Seconds, name: str = "a duration") -> float:
    """Return a duration in seconds; raise ConfigurationError unless it is finite and not negative."""
    number = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < math.inf:
        raise ConfigurationError(
            f"{name} must be a number of seconds or a timedelta, finite and not negative: {short_repr(value)}"
        )
    return float(min(number, LONGEST))


def timeout_seconds(timeout: Seconds | None) -> float:
    """Return how long to wait in seconds, infinity for None."""
    return math.inf if timeout is None else seconds(timeout, "timeout")


def within(check: Callable[..., object], *limits: object) -> Callable[[object, "Attribute[Any]", object], None]:
    """Return a check as a validator of attrs."""

    def validate(_: object, member: "Attribute[Any]", value: object) -> None:
        check(member.name, value, *limits)

    return validate


def not_awaitable(result: object, message: str) -> object:
    """Return what a function of the user returned; raise ConfigurationError where nothing would await it."""
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise ConfigurationError(message)
    return result
