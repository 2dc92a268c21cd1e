"""A query put together from a file and from options, and checked as far as it can be without the API."""

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
from supermetrics_query_api.models import DataQuery

from ..errors import ConfigurationError

Members = Mapping[str, object]
FIXED_DAY = re.compile(r"\d+-\d+-\d+")


def text(name: str, value: object) -> str:
    """Return a text; YAML reads some texts as dates and numbers."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise ConfigurationError(f"{name} must be text, not {brief(value)}; quotes make it text in YAML")


def texts(name: str, value: object) -> object:
    """Return a text, or a list of texts."""
    return [text(name, item) for item in value] if isinstance(value, list) else text(name, value)


def selection(name: str, value: object) -> object:
    """Return field ids, or ids with options."""
    if not isinstance(value, list):
        return text(name, value)
    return [item if isinstance(item, dict) else text(name, item) for item in value]


def accounts(name: str, value: object) -> object:
    """Return account ids, or a filter."""
    return value if isinstance(value, dict) else texts(name, value)


def day(name: str, value: object) -> str:
    """Return a day; what looks like a date must be one."""
    written = text(name, value)
    if FIXED_DAY.fullmatch(written):
        try:
            date.fromisoformat(written)
        except ValueError:
            raise ConfigurationError(f"{name} must be a day such as 2026-11-01, not {written!r}") from None
    return written


def whole(name: str, value: object) -> int:
    """Return a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ConfigurationError(f"{name} must be a whole number, not {brief(value)}")


def settings(name: str, value: object) -> dict[str, object]:
    """Return settings."""
    if isinstance(value, dict):
        return value
    raise ConfigurationError(f"{name} must be an object such as 'no_headers: true', not {brief(value)}")


KINDS: Mapping[str, Callable[[str, object], object]] = {
    **dict.fromkeys(("ds_id", "schedule_id", "ds_user", "date_range_type", "filter", "order_columns"), text),
    **dict.fromkeys(("compare_type", "compare_show"), text),
    **dict.fromkeys(("start_date", "end_date", "compare_start_date", "compare_end_date"), day),
    **dict.fromkeys(("ds_segments", "ds_users", "order_rows"), texts),
    **dict.fromkeys(("max_columns", "max_rows", "offset_start", "offset_end", "cache_minutes", "sync_timeout"), whole),
    "fields": selection,
    "ds_accounts": accounts,
    "settings": settings,
}


def items(parts: Sequence[str] | None) -> list[str]:
    """Return what was written with commas, or by repeating an option."""
    return [item.strip() for part in parts or () for item in part.split(",") if item.strip()]


def listed(parts: Sequence[str] | None) -> str | list[str] | None:
    """Return several values as a list, and one as a text."""
    found = items(parts)
    return found if len(found) > 1 else next(iter(found), None)


def named(option: str, pairs: Sequence[str] | None) -> dict[str, object] | None:
    """Return what was written as KEY=VALUE; a value that is JSON is read as such."""
    if not pairs:
        return None
    split = [pair.partition("=") for pair in pairs]
    for pair, (key, sign, _) in zip(pairs, split, strict=True):
        if not key or not sign:
            raise ConfigurationError(f"{option} must be like KEY=VALUE, not {pair!r}")
    return {key: loose(value) for key, _, value in split}


def loose(value: str) -> object:
    """Read JSON where it is some, else text."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def same(value: object) -> object:
    """Return a value as it is."""
    return value


SAME = ("ds_id", "start_date", "end_date", "compare_show", "compare_start_date", "compare_end_date")
COUNTED = ("max_rows", "max_columns", "cache_minutes", "order_columns", "schedule_id")

# By the name that the API knows: the option of `run`, and how it is read.
OPTIONS: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    **{name: (name, same) for name in (*SAME, *COUNTED)},
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


def from_options(file: str | None, options: Mapping[str, Any]) -> DataQuery:
    """Return the query; options win over the file, and one setting over another of the same name."""
    told = document(file) if file is not None else {}
    read = {name: convert(options[option]) for name, (option, convert) in OPTIONS.items()}
    given = {name: value for name, value in read.items() if value is not None}
    if "settings" in given:
        given["settings"] = settings("settings", told.get("settings") or {}) | settings("settings", given["settings"])
    wanted = checked({name: value for name, value in (told | given).items() if value is not None})
    if not wanted.get("ds_id"):
        raise ConfigurationError("a query needs a data source: --ds-id ID, or ds_id in --file")
    return DataQuery.from_dict(wanted)


def checked(members: Members) -> dict[str, object]:
    """Return the members of a query, each as what the API takes."""
    for name in members:
        if name not in KINDS:
            close = get_close_matches(name, KINDS, n=1) or [", ".join(KINDS)]
            raise ConfigurationError(f"a query has no {name!r}; did you mean {close[0]}?")
    return {name: KINDS[name](name, value) for name, value in members.items()}


STDIN = "-"


def document(name: str) -> dict[str, object]:
    """Return what a file says, as an object."""
    place = "stdin" if name == STDIN else name
    try:
        text = (sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"cannot read {place!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{place!r} is not text in UTF-8") from None
    value = parsed(place, text)
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{place!r} must hold an object such as 'ds_id: GAWA', not {brief(value)}")
    return {str(key): member for key, member in value.items()}


def parsed(place: str, text: str) -> object:
    """Read JSON, and what is not JSON as YAML, unless the name of the file says otherwise."""
    try:
        return json.loads(text)
    except ValueError as error:
        if place.endswith(".json"):
            raise ConfigurationError(f"{place!r} is not JSON: {error}") from None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{place!r} is neither JSON nor YAML: {flaw(error)}") from None


def flaw(error: Exception) -> str:
    """Say what is wrong with YAML, and where."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return str(error).splitlines()[0]


def brief(value: object) -> str:
    """Say what a value is without repeating all of it."""
    return "nothing" if value is None else f"{value!r:.60}"
