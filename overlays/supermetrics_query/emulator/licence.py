"""The queue of the licence: so many queries at a time, the others in the order of their arrival."""

import heapq
from bisect import bisect_right, insort

import attrs

from .plans import Plan
from .runs import LONGEST_RUN, Times


@attrs.define
class Licence:
    """Plans every run when it arrives, which is possible because nothing that comes later can change it."""

    concurrency: int
    _free: list[float] = attrs.field(factory=list, init=False)
    _begins: list[float] = attrs.field(factory=list, init=False)
    _ends: list[float] = attrs.field(factory=list, init=False)

    def admit(self, plan: Plan, now: float) -> Times:
        """Give a run its place."""
        queues = now + plan.scheduled_seconds
        begins = max(queues + plan.queued_seconds, self._slot())
        ends = begins + min(plan.run_seconds, LONGEST_RUN)
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
