"""The query of `run`: read from a file and from options, then made by the reader that the package has for mappings."""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from attrs import fields

from .. import DataQuery, query_from_dict
from ..errors import ConfigurationError

STDIN = "-"
FIXED_DAY = re.compile(r"\d+-\d+-\d+")

# By the name that the API uses: the kinds of value that a member of a query takes. Python spells `filter` with a `_`.
KINDS: Mapping[str, Sequence[str]] = {
    each.name.removesuffix("_"): str(each.type).split(" | ") for each in fields(DataQuery) if each.init
}


def from_options(file: str | None, options: Mapping[str, Any]) -> DataQuery:
    """Return the query. Options override the file; in `settings`, each one overrides its own key only."""
    members = read_file(file) if file is not None else {}
    converted = {name: convert(options[option]) for name, (option, convert) in OPTIONS.items()}
    given = {name: value for name, value in converted.items() if value is not None}
    if "settings" in given:
        given["settings"] = an_object("settings", members.get("settings") or {}) | given["settings"]
    checked = {name: as_sent(name, value) for name, value in (members | given).items() if value is not None}
    if not checked.get("ds_id"):
        raise ConfigurationError("a query needs a data source: --ds-id ID, or ds_id in --file")
    return query_from_dict(checked)


# Files.


def read_file(name: str) -> dict[str, object]:
    """Return the object that a JSON or YAML file holds; `-` is stdin."""
    place = "stdin" if name == STDIN else name
    try:
        content = (sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"cannot read {place!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{place!r} is not text in UTF-8") from None
    value = parsed(place, content)
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{place!r} must hold an object such as 'ds_id: GAWA', not {short_repr(value)}")
    return {str(key): member for key, member in value.items()}


def parsed(place: str, content: str) -> object:
    """Parse JSON, or YAML where it is not JSON and the file is not named .json."""
    try:
        return json.loads(content)
    except ValueError as error:
        if place.endswith(".json"):
            raise ConfigurationError(f"{place!r} is not JSON: {error}") from None
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{place!r} is neither JSON nor YAML: {flaw(error)}") from None


def flaw(error: Exception) -> str:
    """Say what is wrong with YAML, and in which line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return str(error).splitlines()[0]


# Values. YAML makes dates and numbers of what is written without quotes; the API means text.


def as_sent(name: str, value: object) -> object:
    """Return a member as the reader of queries takes it; raise ConfigurationError for a name that no query has."""
    if name not in KINDS:
        close = get_close_matches(name, KINDS, n=1) or [", ".join(KINDS)]
        raise ConfigurationError(f"a query has no {name!r}; did you mean {close[0]}?")
    if name == "settings":
        return an_object(name, value)
    if "int" in KINDS[name]:
        return value
    if "datetime.date" in KINDS[name]:
        return day(name, value)
    return texts(name, value)


def texts(name: str, value: object) -> object:
    """Return text, or a list of it; objects stay as they are."""
    if isinstance(value, list):
        return [item if isinstance(item, dict) else text(name, item) for item in value]
    return value if isinstance(value, dict) else text(name, value)


def text(name: str, value: object) -> str:
    """Return text for what YAML may have made a date or a whole number."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise ConfigurationError(f"{name} must be text, not {short_repr(value)}; quotes make it text in YAML")


def day(name: str, value: object) -> str:
    """Return a day, fixed or relative; what looks like a date must be one."""
    written = text(name, value)
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
