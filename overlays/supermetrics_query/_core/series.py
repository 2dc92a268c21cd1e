"""The ids of a named query: derived from its name and from what it asks for, so that no file has to remember them.

The same name and the same query give the same ids in every process and every version; docs/polling.md writes the rule
down. A run that ended badly is followed by one with the next id of its series.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable
from datetime import datetime

from attrs import define, field, frozen
from supermetrics_query_api import models

from .._contract.requests import sendable
from .._contract.validation import short_repr
from .._models import PENDING
from ..errors import ConfigurationError
from .retrying import CallError

RULE = "sq1"  # changes when the ids do
DIGITS = 40  # of the hash; a schedule id has at most 50 characters
DELIVERY = ("schedule_id", "sync_timeout")  # members that say nothing of the rows
SCHEDULE_ID = re.compile(r"(?P<stem>[0-9a-f]{40})-(?P<number>0|[1-9][0-9]{0,8})")
KNOWN_FOR = 600.0  # seconds


@frozen
class KnownRun:
    """A run of a named query, as the history shows it; `age` counts the seconds since its start, None where unknown."""

    code: str
    age: float | None


@define(eq=False)
class KnownRuns:
    """What the history shows of named queries. The queries of one call share it."""

    ds_id: str | None = None  # of the queries that are looked for, None for those of every data source
    runs: dict[str, dict[int, KnownRun]] = field(factory=dict)  # by the stem of a series, by the number of a run
    read: float = -math.inf  # when it was read
    failed: float = -math.inf  # when it could not be read
    failure: CallError | None = None  # and why

    def is_current(self, now: float) -> bool:
        """Return whether it need not be read again."""
        return now - self.read < KNOWN_FOR

    def note(self, entries: Iterable[models.HistoryEntry], until: datetime | None) -> None:
        """Keep the named queries among those that the history lists until a moment."""
        for entry in entries:
            if found := SCHEDULE_ID.fullmatch(str(entry.schedule_id)):
                run = KnownRun(str(entry.status_code), age_of(entry, until))
                self.runs.setdefault(found["stem"], {})[int(found["number"])] = run


def age_of(entry: models.HistoryEntry, until: datetime | None) -> float | None:
    """Return how many seconds before a moment a query was accepted, None where the history does not say."""
    accepted = entry.schedule_time
    if until is None or not isinstance(accepted, datetime) or (accepted.tzinfo is None) != (until.tzinfo is None):
        return None
    return (until - accepted).total_seconds()


@frozen
class Series:
    """The ids of the runs of one named query, and what the history shows of them."""

    stem: str
    known_runs: KnownRuns = field(eq=False)

    def schedule_id(self, number: int) -> str:
        """Return the id of a run; the first one has the number 0."""
        return f"{self.stem}-{number}"

    def newest(self) -> int:
        """Return the number of the newest run that the history shows, -1 where it shows none."""
        return max(self.known_runs.runs.get(self.stem, ()), default=-1)

    def patience(self, number: int, lag: float, now: float) -> float:
        """Return for how long a run that the history shows may be missing in a poll, because replicas lag."""
        run = self.known_runs.runs.get(self.stem, {}).get(number)
        if run is None or run.code in PENDING or run.age is None:
            return lag
        return lag - run.age - (now - self.known_runs.read)


def series_of(name: object, query: models.DataQuery, format: str, known_runs: KnownRuns | None = None) -> Series:
    """Return the series of a name and a query; raise ConfigurationError where there can be none."""
    body = sendable(query).to_dict()
    if "schedule_id" in body:
        chosen = short_repr(body["schedule_id"])
        raise ConfigurationError(f"resume={short_repr(name)} makes the id of the query: leave out schedule_id={chosen}")
    members = {member: value for member, value in body.items() if member not in DELIVERY}
    return Series(digest(checked_name(name), format, members), known_runs or KnownRuns(query.ds_id))


def checked_name(name: object) -> str:
    """Return a name that can be hashed."""
    if isinstance(name, str) and name.strip() and is_utf8(name):
        return name
    raise ConfigurationError(f"resume must be a name such as 'nightly-2026-11-24', not {short_repr(name)}")


def is_utf8(text: str) -> bool:
    """Return whether text has no half characters."""
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def digest(name: str, format: str, members: dict[str, object]) -> str:
    """Return what every id of a series begins with."""
    text = json.dumps([RULE, name, format, members], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
