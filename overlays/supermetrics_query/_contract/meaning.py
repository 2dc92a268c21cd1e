"""What somebody has written, in a file, in a URL or as an option, becomes what the contract means at its place.

What stands there without quotes is text until the contract says what its place takes. Where the contract leaves that
open, it is what JSON makes of it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from supermetrics_query_api import models
from supermetrics_query_api.limits import LIMITS

from ..errors import ConfigurationError
from .keys import apart, without_key
from .requests import REQUEST, query_of
from .validation import is_vast, short_repr

MEMBERS = LIMITS[REQUEST]
FIXED_DAY = re.compile(r"\d+-\d+-\d+")
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")


class Unquoted(str):
    """What stands in JSON without quotes, and is a number."""

    __slots__ = ()

    def value(self, place: str) -> object:
        """Return what it is where the contract leaves that open."""
        try:
            return json.loads(self)
        except ValueError:  # thousands of digits
            raise ConfigurationError(f"{place} cannot be sent as JSON: {self[:60]}...") from None


def once_each(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return an object; raise ValueError for a name that stands in it twice."""
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise ValueError(f"{short_repr(name)} stands in one object {times} times")
    return dict(pairs)


# Numbers keep the digits that were written, because a place may take text.
JSON = json.JSONDecoder(parse_int=Unquoted, parse_float=Unquoted, object_pairs_hook=once_each)


@apart
def query_from_dict(members: Mapping[str, object], **changes: object) -> models.DataQuery:
    """Return the query that a mapping describes, by the names of the API.

    Args:
        members: The members of the query, such as `{"ds_id": "GAWA"}`.
        **changes: Members to replace: `start_date="yesterday"`. In `settings`, each one replaces its own key only; None
            removes a member.

    Raises:
        ConfigurationError: There is a name that no query has, a key, which belongs to the client, or a value that the
            contract does not allow.
    """
    if not isinstance(members, Mapping):  # of another type, it may hold a key
        raise ConfigurationError(f"a query must be a mapping, not {type(members).__name__}")
    try:
        return query_of({name: meant(name, value) for name, value in replaced(members, changes).items()})
    except RecursionError:
        raise ConfigurationError("the query is nested too deeply to be sent") from None


def replaced(members: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Return the members of a query with those that replace them; raise ConfigurationError for a key."""
    changed = {**without_key(members), **without_key(changes)}
    if changes.get("settings") is not None:
        changed["settings"] = {**an_object(members.get("settings") or {}), **an_object(changes["settings"])}
    return changed


def an_object(settings: object) -> Mapping[str, object]:
    """Return settings; raise ConfigurationError for what is no object."""
    if isinstance(settings, Mapping):
        return settings
    raise ConfigurationError(f"settings must be an object such as 'no_headers: true', not {short_repr(settings)}")


def meant(name: str, value: object) -> object:
    """Return a member of a query as the contract means it; what is too large to be walked is left to be refused."""
    return value if name not in MEMBERS or is_vast(value) else as_meant(name, value)


def as_meant(place: str, value: object) -> object:
    """Return a value as the contract means it at a place, which is a path such as `fields[].id`."""
    if isinstance(value, dict):
        return {name: as_meant(f"{place}.{name}", each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_meant(f"{place}[]", each) for each in value]
    kinds = MEMBERS.get(place)
    if isinstance(value, Unquoted):
        return scalar(place, value, kinds)
    return checked_day(place, value) if kinds and "date" in kinds and isinstance(value, str) else value


def scalar(place: str, value: Unquoted, kinds: Mapping[str, object] | None) -> object:
    """Return what was written without quotes as one of the kinds that its place takes."""
    if kinds is None:
        return value.value(place)
    if "date" in kinds:
        return checked_day(place, str(value))
    return int(value) if "string" not in kinds and WHOLE.fullmatch(value) else str(value)


def checked_day(name: str, written: str) -> str:
    """Return a day, fixed or relative; what looks like a date must be one."""
    if FIXED_DAY.fullmatch(written):
        try:
            date.fromisoformat(written)
        except ValueError:
            raise ConfigurationError(f"{name} must be a day such as 2026-11-01, not {written!r}") from None
    return written
