"""One run of a query as a function of time: nothing here waits, stores or counts."""

import math
from functools import cached_property

import attrs

from .orders import Order
from .plans import SUCCESS, Plan
from .selection import Result, Selection

LONGEST_RUN = 4 * 3600.0  # seconds; then the query fails, whatever its plan says


@attrs.frozen
class Times:
    """When a run passes from one state to the next, in seconds of the service."""

    arrives: float
    queues: float
    begins: float
    ends: float


@attrs.frozen(kw_only=True, eq=False)
class Run:
    """One run of one query."""

    order: Order
    selection: Selection
    plan: Plan
    times: Times

    @cached_property
    def result(self) -> Result:
        """The rows, made when somebody first asks for them."""
        return self.selection.result()

    @property
    def outcome(self) -> str:
        """The code with which the run ends."""
        return "FAILURE" if self.plan.run_seconds > LONGEST_RUN else self.plan.outcome

    def ended(self, now: float) -> bool:
        """Tell whether the run has ended."""
        return now >= self.times.ends

    def code(self, now: float) -> str:
        """Return the status code."""
        times = self.times
        stages = ((times.queues, "SCHEDULED"), (times.begins, "QUEUED"), (times.ends, self.plan.running_code))
        return next((code for until, code in stages if now < until), self.outcome)

    def progress(self, now: float) -> tuple[int, int]:
        """Return how many parts are ready, and of how many; the second number grows."""
        parts, first = self.plan.parts, math.ceil(self.plan.parts / 2)
        if now < self.times.queues:
            return 0, 0
        if self.ended(now):
            return (parts, parts) if self.outcome == SUCCESS else (parts // 2, parts)
        if now < self.times.begins:
            return 0, first
        done = (now - self.times.begins) / (self.times.ends - self.times.begins)
        return math.floor(parts * done), first if done < 0.5 else parts
