"""How fast the turns of many queries follow each other: what the budget leaves for polls that find nothing new.

Each query keeps a request for its last poll, so only polls that find no end are paid from the rest of the hour.
"""

import math

from attrs import define

from .budget import HOUR, POLLS_SHARE, UNLIMITED, Budget

RATE_SHARE = 0.8  # of the requests of a second, that polls may use
SHORTEST_HORIZON = 60.0  # seconds over which the rest of the budget may be spent
OPEN_HORIZON = 4.0  # times as long as the run has lasted, while more queries may come
MEMORY = 0.05  # how much the last poll says of whether the next will find an end
LEAST_MISSES = 0.05


@define
class Pace:
    """What decides how fast polls follow each other."""

    budget: Budget = UNLIMITED
    is_open: bool = False  # whether more queries may come
    watch_gap: float | None = None  # seconds between turns while the history watches, None where it does not
    began: float | None = None  # when the first query came
    ended: int = 0
    misses: float = 1.0  # the share of polls that find no end

    def learn(self, *, found_end: bool) -> None:
        """Learn from a poll that no hint has led to."""
        self.misses += MEMORY * ((not found_end) - self.misses)

    def pause(self, count: int, now: float) -> float:
        """Return how many seconds there are between two turns of so many queries."""
        if self.watch_gap is not None:
            return self.watch_gap
        rate = self.rate(count, now)
        return 1 / rate if rate else math.inf

    def rate(self, count: int, now: float) -> float:
        """Return how many turns in a second the budget allows; starts leave them a share of the hour."""
        spare = self.budget.left - count
        if math.isinf(spare):
            return spare
        if spare <= 0:
            return 0.0
        rate = spare / self.horizon(count, now) / max(LEAST_MISSES, self.misses)
        return min(RATE_SHARE * self.budget.per_second, max(rate, POLLS_SHARE * self.budget.per_hour / HOUR))

    def horizon(self, count: int, now: float) -> float:
        """Return over how many seconds to spend what is left: as long as the queries last if they go on as so far."""
        elapsed = 0.0 if self.began is None else now - self.began
        seconds = OPEN_HORIZON * elapsed if self.is_open else count * elapsed / (self.ended + 1)
        return min(HOUR, max(SHORTEST_HORIZON, seconds))
