"""How many requests an hour leaves to many queries, as the limiter in force and the API count them. Pure decisions."""

import math
import threading
from collections import deque

from attrs import define, field, frozen

from .._contract.validation import checked_kind
from .._models import RateLimit
from ..errors import ConfigurationError
from .limits import POLL_SHARE, Allowance

HOUR = 3_600.0
HOURLY = 1_000  # a limit of the API from here on is one of an hour
MOST_COUNTED = 100_000  # requests in an hour; a key that may send more has no use for the count
POLLS_SHARE = 0.2  # of the hour, for polls that find no end where the history does not watch
FRESH = 60.0  # seconds for which the last headers of the API say what is left


@define
class Ledger:
    """When requests were sent, for limiters that do not know; threads may share one."""

    times: deque[float] = field(factory=lambda: deque(maxlen=MOST_COUNTED))
    lock: threading.Lock = field(factory=threading.Lock)

    def record(self, now: float) -> None:
        """Count a request."""
        with self.lock:
            forget(self.times, now)
            self.times.append(now)

    def count(self, now: float) -> int:
        """Return how many were sent within the last hour."""
        with self.lock:
            forget(self.times, now)
            return len(self.times)


def forget(times: deque[float], now: float) -> None:
    """Drop what happened more than an hour ago."""
    while times and times[0] <= now - HOUR:
        times.popleft()


@frozen
class Budget:
    """What starts, polls and first pages may use together; a tenth of each hour is not theirs.

    `left` is what remains of the hour that ends now. All of it is infinite where nothing limits the key.
    """

    per_second: float = math.inf
    per_hour: float = math.inf
    left: float = math.inf


UNLIMITED = Budget()


def budget_of(allowance: Allowance | None, ledger: Ledger, seen: RateLimit | None, now: float) -> Budget:
    """Return the budget by what a limiter allows and by what the API said last, whichever is less."""
    if allowance is None:
        return UNLIMITED
    allowed = checked_kind("what a limiter allows", allowance, Allowance)
    if not (allowed.per_second > 0 and allowed.per_hour > 0):
        raise ConfigurationError(f"a limiter must allow more than 0 requests, not {allowed!r}")
    used = ledger.count(now) if allowed.used is None else allowed.used
    per_hour = POLL_SHARE * allowed.per_hour
    left = per_hour - used
    if seen is not None and seen.limit is not None and seen.remaining is not None and seen.limit >= HOURLY:
        per_hour = min(per_hour, POLL_SHARE * seen.limit)
        left = min(left, seen.remaining - (1 - POLL_SHARE) * seen.limit)
    return Budget(allowed.per_second, per_hour, max(0.0, left))
