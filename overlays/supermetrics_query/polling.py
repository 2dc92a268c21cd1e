"""When to look at a query again. Pure decisions; times are readings of one monotonic clock."""

import math
from collections.abc import Callable

from attrs import frozen

from ._models import Progress
from .policies import PollPolicy

SHARE_OF_ETA = 0.7
RESOLUTION = 1e-3  # seconds; a sleep that ends at a deadline may end a little before it
LEAST_OF_AGE, MOST_OF_AGE = 0.03, 0.5


@frozen
class Deadline:
    """The one end of everything inside a wait; infinity when there is none."""

    at: float = math.inf

    def left(self, now: float) -> float:
        """Return how long it is until the end, never negative."""
        return max(0.0, self.at - now)

    def is_over(self, now: float) -> bool:
        """Tell whether the end has come."""
        return now >= self.at - RESOLUTION


NEVER = Deadline()


def gap(policy: PollPolicy, age: float, progress: Progress | None, draw: Callable[[], float]) -> float:
    """Return how long to wait after a look at a query of this age; `draw` gives numbers from 0 to 1."""
    if age < policy.first:
        return max(policy.first, policy.floor)
    varied = wished_gap(policy, age, progress) * (1 + policy.jitter * (2 * draw() - 1))
    return min(max(varied, policy.floor), policy.ceiling)


def wished_gap(policy: PollPolicy, age: float, progress: Progress | None) -> float:
    """Follow the progress where there is some, else the square root of the age."""
    if not policy.use_progress or progress is None or not progress.ready:
        return math.sqrt(age)
    eta = age * max(0, progress.total - progress.ready) / progress.ready
    return min(max(SHARE_OF_ETA * eta, LEAST_OF_AGE * age), MOST_OF_AGE * age)


def look_at(due: float, deadline: Deadline, floor: float) -> float:
    """Return when to look: as due, at the deadline at the latest, and at the deadline rather than just before it.

    The last look falls on the deadline; one less than a floor before it would make them two in a row.
    """
    return deadline.at if deadline.at - due < floor else due
