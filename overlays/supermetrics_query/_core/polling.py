"""When to poll a query again. Pure decisions; times are readings of one monotonic clock.

Polling answers "not yet", retrying answers "that failed"; a failed poll is both, and waits for the longer of the two.
"""

import math
from collections.abc import Callable

from attrs import define, field, frozen

from .._contract.validation import LONGEST, checked_kind, checked_number, checked_whole, limit, seconds, within
from .._models import Progress, exported
from ..errors import ConfigurationError
from .retrying import Failure, RetryPolicy, backoff
from .run import Run

DEFAULT_WAIT = 4.25 * 3600.0  # a query may run for four hours
"""How many seconds a wait takes at most where no `timeout` is given."""
LONGEST_START_WAIT = float(limit("DataQuery", "sync_timeout", "maximum"))
SHARE_OF_ETA = 0.7
LEAST_OF_AGE, MOST_OF_AGE = 0.03, 0.5
RESOLUTION = 1e-3  # seconds; a sleep that ends at a deadline may end a little before it
USUAL_LATENCY = 0.8  # seconds; what an answer is taken to need before the first one has come
LEEWAY = 0.2  # seconds by which the last poll goes earlier, since answers and timers vary
LEAST_TIME = 0.05  # seconds that a request has which is sent at its deadline


@exported
@frozen(kw_only=True)
class PollPolicy:
    """When to poll a query again. Durations are seconds or a timedelta.

    The gap between two polls follows the progress of the query, or the square root of its age where there is none.
    """

    first: float = field(default=1.0, converter=seconds)
    """The gap after a start that returned at once."""
    floor: float = field(default=1.0, converter=seconds, validator=within(checked_number, RESOLUTION, LONGEST))
    """The shortest gap."""
    ceiling: float = field(default=30.0, converter=seconds)
    """The longest gap."""
    use_progress: bool = field(default=True, validator=within(checked_kind, bool))
    """Whether the gap is 0.7 of the time that the progress leaves."""
    jitter: float = field(default=0.1, validator=within(checked_number, 0, 1))
    """The share by which a gap varies, from 0 to 1."""
    max_errors: int = field(default=8, validator=within(checked_whole, 1))
    """After how many failed polls in a row a wait ends."""
    unknown_patience: float = field(default=600.0, converter=seconds)
    """How long a status code that this version does not know may last."""
    start_wait: float = field(default=30.0, converter=seconds, validator=within(checked_number, 0, LONGEST_START_WAIT))
    """How long `run()` lets the API hold the start."""
    use_history: bool = field(default=True, validator=within(checked_kind, bool))
    """Whether many queries may be watched by the history of the key."""

    def __attrs_post_init__(self) -> None:
        """Refuse bounds that exclude each other."""
        if self.floor > self.ceiling:
            raise ConfigurationError(f"floor={self.floor!r} is above ceiling={self.ceiling!r}")


@define
class Latency:
    """How long answers take, from the last two of them."""

    seconds: tuple[float, ...] = ()

    def record(self, seconds: float) -> None:
        """Learn from an answer."""
        self.seconds = (*self.seconds[-1:], seconds)

    @property
    def lead(self) -> float:
        """How many seconds before a deadline the last poll goes, to be answered by then."""
        return LEEWAY + max(self.seconds, default=USUAL_LATENCY)


@frozen
class Deadline:
    """The one end of everything inside a wait; infinity when there is none.

    A deadline that is now leaves no time to wait, and room for one poll with the timeout of a request.
    """

    at: float = math.inf
    is_now: bool = False
    latency: Latency = field(factory=Latency, eq=False)
    spread: float = 0.0  # seconds over which the last polls of several queries go

    @property
    def last_poll(self) -> float:
        """When the last poll goes."""
        return self.at - self.latency.lead - self.spread

    def remaining(self, now: float, otherwise: float) -> float:
        """Return how long a request may take, or something else where the deadline leaves that open."""
        return otherwise if self.is_now else max(LEAST_TIME, self.at - now)

    def is_over(self, now: float) -> bool:
        """Return whether the end has come."""
        return now >= self.at - RESOLUTION


NEVER = Deadline()


def gap(policy: PollPolicy, age: float, progress: Progress | None, draw: Callable[[], float]) -> float:
    """Return how long to wait after a poll of a query of this age; `draw` returns numbers from 0 to 1."""
    if age < policy.first:
        return max(policy.first, policy.floor)
    varied = ideal_gap(policy, age, progress) * (1 + policy.jitter * (2 * draw() - 1))
    return min(max(varied, policy.floor), policy.ceiling)


def ideal_gap(policy: PollPolicy, age: float, progress: Progress | None) -> float:
    """Return the gap that follows the progress where there is some, else the square root of the age."""
    if not policy.use_progress or progress is None or not progress.ready:
        return math.sqrt(age)
    eta = age * max(0, progress.total - progress.ready) / progress.ready
    return min(max(SHARE_OF_ETA * eta, LEAST_OF_AGE * age), MOST_OF_AGE * age)


def next_poll(
    policy: PollPolicy, retry: RetryPolicy, run: Run, failure: Failure | None, now: float, draw: Callable[[], float]
) -> float:
    """Return when to poll again: after the gap, or after the backoff of a failed poll where that is longer."""
    regular = gap(policy, run.timing.age_of_phase(now), run.status.progress if run.status else None, draw)
    return now + (regular if failure is None else max(regular, backoff(retry, failure.error, failure.count, draw)))


def clip_to_deadline(due: float, deadline: Deadline, floor: float) -> float:
    """Return when to poll: as due, but with the last poll where that comes less than a floor later.

    Another one just before the last would make them two in a row.
    """
    return deadline.last_poll if deadline.last_poll - due < floor else due
