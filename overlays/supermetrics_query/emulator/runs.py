"""One run of a query as a function of time, and the licence queue that plans when it begins.

Nothing here waits or stores a result.
"""

import hashlib
import heapq
import json
import math
from bisect import bisect_right, insort
from collections.abc import Mapping
from functools import cached_property

import attrs

from .behaviour import SUCCESS, Plan
from .problems import bad_request
from .selection import Result, Selection
from .validation import get_integer

# These members say how a query is delivered, and to whom; they do not change which query it is.
DELIVERY = {"api_key", "schedule_id", "offset_start", "offset_end", "sync_timeout"}

DEFAULT_SYNC_TIMEOUT = 1800  # seconds
MAX_RUN_SECONDS = 4 * 3600.0  # a longer run fails, whatever its plan says


@attrs.frozen(eq=False)
class QueryRequest:
    """A query as it was sent, with its key and its output format."""

    key: str
    format: str
    query: Mapping[str, object]

    @cached_property
    def identity(self) -> str:
        """A hash that is the same for the same query, whatever its id and its delivery."""
        what = {name: value for name, value in self.query.items() if name not in DELIVERY}
        try:
            return hashlib.sha256(json.dumps([self.format, what], sort_keys=True).encode()).hexdigest()
        except RecursionError:
            raise bad_request("The query is nested too deeply.") from None

    @property
    def schedule_id(self) -> str:
        """The id that the client chose, or one derived from the query."""
        return str(self.query.get("schedule_id") or self.identity[:40])

    @property
    def ds_id(self) -> str:
        """The id of the data source."""
        return str(self.query["ds_id"])

    @property
    def timeout_seconds(self) -> int:
        """How many seconds the start may wait for the query to end."""
        sent = get_integer(self.query, "sync_timeout")
        return DEFAULT_SYNC_TIMEOUT if sent is None else sent

    @property
    def settings(self) -> Mapping[str, object]:
        """The member `settings` of the query."""
        found = self.query.get("settings")
        return found if isinstance(found, Mapping) else {}

    @property
    def has_titles(self) -> bool:
        """Whether the query asks for a header row."""
        return not self.settings.get("no_headers")


@attrs.frozen
class Times:
    """When a run enters each state, in seconds of the service."""

    arrives: float
    queues: float
    begins: float
    ends: float


@attrs.frozen(kw_only=True, eq=False)
class Run:
    """One run of one query."""

    request: QueryRequest
    selection: Selection
    plan: Plan
    times: Times

    @cached_property
    def result(self) -> Result:
        """The rows and columns, computed on first use."""
        return self.selection.result()

    @property
    def outcome(self) -> str:
        """The code with which the run ends."""
        return "FAILURE" if self.plan.run_seconds > MAX_RUN_SECONDS else self.plan.outcome

    def ended(self, now: float) -> bool:
        """Return whether the run has ended."""
        return now >= self.times.ends

    def code(self, now: float) -> str:
        """Return the status code."""
        times = self.times
        stages = ((times.queues, "SCHEDULED"), (times.begins, "QUEUED"), (times.ends, self.plan.running_code))
        return next((code for until, code in stages if now < until), self.outcome)

    def progress(self, now: float) -> tuple[int, int]:
        """Return how many parts are ready and how many there are; the total grows while the query runs."""
        parts, first = self.plan.parts, math.ceil(self.plan.parts / 2)
        if now < self.times.queues:
            return 0, 0
        if self.ended(now):
            return (parts, parts) if self.outcome == SUCCESS else (parts // 2, parts)
        if now < self.times.begins:
            return 0, first
        done = (now - self.times.begins) / (self.times.ends - self.times.begins)
        return math.floor(parts * done), first if done < 0.5 else parts


@attrs.define
class Licence:
    """The queue of the licence, in order of arrival; a run is planned when it arrives, as no later run changes it."""

    concurrency: int
    _free: list[float] = attrs.field(factory=list, init=False)
    _begins: list[float] = attrs.field(factory=list, init=False)
    _ends: list[float] = attrs.field(factory=list, init=False)

    def admit(self, plan: Plan, now: float) -> Times:
        """Return when a run that arrives now enters each state."""
        queues = now + plan.scheduled_seconds
        begins = max(queues + plan.queued_seconds, self._slot())
        ends = begins + min(plan.run_seconds, MAX_RUN_SECONDS)
        heapq.heappush(self._free, ends)
        insort(self._begins, begins)
        insort(self._ends, ends)
        return Times(now, queues, begins, ends)

    def workload(self, now: float) -> tuple[int, int]:
        """Return how many runs are waiting, and how many are running."""
        begun = bisect_right(self._begins, now)
        return len(self._begins) - begun, begun - bisect_right(self._ends, now)

    def _slot(self) -> float:
        return heapq.heappop(self._free) if len(self._free) >= self.concurrency else 0.0
