"""The query of `run`: read from a file and from options, then made by the reader that the package has for mappings.

What stands in a file without quotes is text until the contract says what its place takes. Where the contract leaves
that open, it is what JSON makes of it; what versions of YAML read in different ways is refused.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from supermetrics_query_api.limits import LIMITS

from .. import DataQuery, query_from_dict
from ..errors import ConfigurationError

STDIN = "-"
LARGEST = 256 * 1024  # bytes; a query of all that the contract allows has half of it
MOST_PARTS = 5_000  # of a YAML file; the library reads ten thousand in a second
MEMBERS = LIMITS["DataQuery"]
FIXED_DAY = re.compile(r"\d+-\d+-\d+")
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
TRUTH = {"true": True, "false": False}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def from_options(file: str | None, options: Mapping[str, Any]) -> DataQuery:
    """Return the query. Options override the file; in `settings`, each one overrides its own key only."""
    try:
        return query_from_dict(members_of(file, options))
    except RecursionError:
        raise ConfigurationError("the query is nested too deeply to be sent") from None


def members_of(file: str | None, options: Mapping[str, Any]) -> dict[str, object]:
    """Return the members of the query, by the names of the API, each as the contract means it."""
    members = read_file(file) if file is not None else {}
    converted = {name: convert(options[option]) for name, (option, convert) in OPTIONS.items()}
    given = {name: value for name, value in converted.items() if value is not None}
    if "settings" in given:
        given["settings"] = an_object("settings", members.get("settings") or {}) | given["settings"]
    meant = {name: as_meant(name, value) if name in MEMBERS else value for name, value in (members | given).items()}
    if not meant.get("ds_id"):
        raise ConfigurationError("a query needs a data source: --ds-id ID, or ds_id in --file")
    return meant


# Files.


class Unquoted(str):
    """What stands in JSON without quotes, and is a number."""

    __slots__ = ()

    def value(self, place: str) -> object:
        """Return what it is where the contract leaves that open."""
        try:
            return json.loads(self)
        except ValueError:  # thousands of digits
            raise ConfigurationError(f"{place} cannot be sent as JSON: {self[:60]}...") from None


class Plain(Unquoted):
    """What stands in YAML without quotes."""

    __slots__ = ()

    def value(self, place: str) -> object:
        """Return a number, a truth value or text; raise ConfigurationError where versions of YAML differ."""
        kind = kind_of(self)
        if self.lower() in TRUTH:
            return TRUTH[self.lower()]
        if kind in ("int", "float") and NUMBER.fullmatch(self):
            return super().value(place)
        if kind in ("bool", "int", "float") or NUMBER.fullmatch(self):
            raise ConfigurationError(
                f"{place} is {str(self)!r}, which versions of YAML read in different ways: "
                "put it in quotes, or write a plain number, true or false"
            )
        return str(self)


def kind_of(text: str) -> str:
    """Return what YAML 1.1 takes text without quotes for: str, int, float, bool, null, timestamp ..."""
    table = yaml.SafeLoader.yaml_implicit_resolvers
    found = (tag for tag, pattern in (*table.get(text[:1], ()), *table.get(None, ())) if pattern.match(text))
    return next(found, "str").rpartition(":")[2]


def read_file(name: str) -> dict[str, object]:
    """Return the object that a JSON or YAML file holds; `-` is stdin."""
    place = "stdin" if name == STDIN else name
    try:
        value = parsed(place, content_of(name).decode("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"cannot read {place!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{place!r} is not text in UTF-8") from None
    if not isinstance(value, dict):
        raise ConfigurationError(f"{place!r} must hold an object such as 'ds_id: GAWA', not {short_repr(value)}")
    return value


def content_of(name: str) -> bytes:
    """Return the content of a file; raise ConfigurationError for one that is larger than any query."""
    if name == STDIN and sys.stdin is None:
        raise ConfigurationError("cannot read 'stdin': it is closed")
    if "\0" in name:
        raise ConfigurationError(f"cannot read {name!r}: no file has such a name")
    with nullcontext(sys.stdin.buffer) if name == STDIN else Path(name).open("rb") as file:
        content: bytes = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ConfigurationError(f"{short_repr(name)} is larger than {LARGEST // 1024} KiB, and no query is")
    return content


def parsed(place: str, content: str) -> object:
    """Parse JSON, or YAML where it is not JSON and the file is not named .json."""
    try:
        return json.loads(content, parse_int=Unquoted, parse_float=Unquoted, object_pairs_hook=once_each)
    except ValueError as error:
        if place.endswith(".json"):
            raise ConfigurationError(f"{place!r} is not JSON: {error}") from None
    try:
        return document(few(yaml.parse(content, Loader=yaml.SafeLoader)))
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigurationError(f"{place!r} is neither JSON nor YAML: {flaw(error)}") from None


def once_each(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return an object; raise ValueError for a name that stands in it twice."""
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise ValueError(f"{short_repr(name)} stands in one object {times} times")
    return dict(pairs)


def flaw(error: Exception) -> str:
    """Say what is wrong with YAML, and in which line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return str(error).splitlines()[0]


def few(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Yield the parts of a YAML file; raise YAMLError where they are more than YAML reads in a second."""
    for number, event in enumerate(events):
        if number > MOST_PARTS:
            raise refusal(f"there are more than {MOST_PARTS} parts, write it as JSON", event)
        yield event


def document(events: Iterator[yaml.Event]) -> object:
    """Return what the one document of a YAML file holds, None where there is none."""
    value = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if value is not None:
                raise refusal("there is a second document", event)
            value = node(next(events), events)
    return value


def node(event: yaml.Event, events: Iterator[yaml.Event]) -> object:
    """Return the value that begins with an event."""
    match event:
        case yaml.ScalarEvent(tag=None) if event.implicit[0]:
            return None if kind_of(event.value) == "null" else Plain(event.value)
        case yaml.ScalarEvent(tag=None | "tag:yaml.org,2002:str" | "!"):
            return str(event.value)
        case yaml.SequenceStartEvent(tag=None):
            return [node(each, events) for each in until(yaml.SequenceEndEvent, events)]
        case yaml.MappingStartEvent(tag=None):
            pairs = [(key(each), node(next(events), events)) for each in until(yaml.MappingEndEvent, events)]
            try:
                return once_each(pairs)
            except ValueError as error:
                raise refusal(str(error), event) from None
    raise refusal("aliases and tags are not for a query: write it out", event)


def until(end: type[yaml.Event], events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Yield the events that begin what stands in a list or a mapping."""
    return iter(lambda: None if isinstance(event := next(events), end) else event, None)


def key(event: yaml.Event) -> str:
    """Return a name in a mapping, as it is written."""
    if isinstance(event, yaml.ScalarEvent):
        return str(event.value)
    raise refusal("a name must be text", event)


def refusal(problem: str, event: yaml.Event) -> yaml.YAMLError:
    """Return the error for something that YAML has and a query has not."""
    mark = event.start_mark
    return yaml.YAMLError(f"{problem} in line {mark.line + 1}" if mark else problem)


# Values.


def as_meant(place: str, value: object) -> object:
    """Return a value as the contract means it at a place, which is a path such as `fields[].id`."""
    if isinstance(value, dict):
        return {name: as_meant(f"{place}.{name}", each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_meant(f"{place}[]", each) for each in value]
    kinds = MEMBERS.get(place)
    if isinstance(value, Unquoted):
        return scalar(place, value, kinds)
    return day(place, value) if kinds and "date" in kinds and isinstance(value, str) else value


def scalar(place: str, value: Unquoted, kinds: Mapping[str, object] | None) -> object:
    """Return what was written without quotes as one of the kinds that its place takes."""
    if kinds is None:
        return value.value(place)
    if "date" in kinds:
        return day(place, str(value))
    return int(value) if "string" not in kinds and WHOLE.fullmatch(value) else str(value)


def day(name: str, written: str) -> str:
    """Return a day, fixed or relative; what looks like a date must be one."""
    if FIXED_DAY.fullmatch(written):
        try:
            date.fromisoformat(written)
        except ValueError:
            raise ConfigurationError(f"{name} must be a day such as 2026-11-01, not {written!r}") from None
    return written


def an_object(name: str, value: object) -> dict[str, object]:
    """Return an object; raise ConfigurationError for anything else."""
    if isinstance(value, dict):
        return value
    raise ConfigurationError(f"{name} must be an object such as 'no_headers: true', not {short_repr(value)}")


def short_repr(value: object) -> str:
    """Show a value, or the beginning of a long one."""
    return "nothing" if value is None else f"{value!r:.60}"


# Options.


def items(parts: Sequence[str] | None) -> list[str]:
    """Return values that were separated by commas, or given by repeating the option."""
    return [item.strip() for part in parts or () for item in part.split(",") if item.strip()]


def listed(parts: Sequence[str] | None) -> str | list[str] | None:
    """Return several values as a list, and one as text."""
    found = items(parts)
    return found if len(found) > 1 else next(iter(found), None)


def named(option: str, pairs: Sequence[str] | None) -> dict[str, object] | None:
    """Return what KEY=VALUE pairs say; a value is parsed as JSON where it is JSON."""
    if not pairs:
        return None
    split = [pair.partition("=") for pair in pairs]
    for pair, (key, sign, _) in zip(pairs, split, strict=True):
        if not key or not sign:
            raise ConfigurationError(f"{option} must be like KEY=VALUE, not {pair!r}")
    return {key: json_or_text(value) for key, _, value in split}


def json_or_text(value: str) -> object:
    """Parse JSON; return what is not JSON as it is."""
    try:
        return json.loads(value)
    except ValueError:
        return value
    except RecursionError:
        raise ConfigurationError(f"a value is nested too deeply: {short_repr(value)}") from None


def same(value: object) -> object:
    """Return a value as it is."""
    return value


SAME = (
    *("ds_id", "start_date", "end_date", "compare_show", "compare_start_date", "compare_end_date"),
    *("max_rows", "max_columns", "cache_minutes", "order_columns", "schedule_id"),
)

# By the name that the API uses: the option of `run`, and how it is read.
OPTIONS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    **{name: (name, same) for name in SAME},
    "date_range_type": ("date_range", same),
    "filter": ("where", same),
    "compare_type": ("compare", same),
    "fields": ("fields", listed),
    "ds_accounts": ("accounts", listed),
    "ds_segments": ("segments", listed),
    "ds_users": ("users", listed),
    "order_rows": ("order_rows", listed),
    "settings": ("setting", partial(named, "--setting")),
}
