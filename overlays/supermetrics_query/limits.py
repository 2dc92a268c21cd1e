"""How many requests a key may make, counted where they are sent.

Looks leave a tenth of each limit to starts and pages, so that none of them starves. Both count in one log: looks only
stop earlier. The library that counts is imported when a limit comes into sight, which it never does for a short script.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from attrs import frozen

from .checks import checked_whole
from .effects import GRANTED, Grant, Lane

if TYPE_CHECKING:
    from pyrate_limiter import AbstractBucket, Decision, Rate

PER_SECOND, PER_HOUR = 20, 5_000  # what the API documents for a key
SHARE_OF_LOOKS = 0.9
MOMENT = 0.001  # seconds; a slot is free just after the time that the library tells
SLACK = 40  # milliseconds; two requests may come closer to each other on their way
BURSTS = 4  # parts of a second that share its requests, because a burst spreads on its way and meets the next one
SECOND, HOUR = 1_000, 3_600_000  # milliseconds


@frozen
class Log:
    """One log of requests, as starts and pages see it and as looks do."""

    all: AbstractBucket
    looks: AbstractBucket

    def bucket(self, lane: Lane) -> AbstractBucket:
        """Return the log for a lane."""
        return self.looks if lane is Lane.LOOK else self.all


def log_of(limits: tuple[int, int], moments: list[int]) -> Log:
    """Begin a log with the requests that were made before."""
    from pyrate_limiter import InMemoryBucket, RateItem

    every, looks = InMemoryBucket(rates(*limits)), InMemoryBucket(rates(*less(*limits, SHARE_OF_LOOKS)))
    every.items = looks.items = [RateItem(Lane.LOOK.value, moment) for moment in moments]
    return Log(every, looks)


class Limiter:
    """Counts the requests of this process. Threads, tasks and clients that use the same key may share one."""

    def __init__(self, *, per_second: int = PER_SECOND, per_hour: int = PER_HOUR) -> None:
        """Allow so many requests in each second and in each hour; raise ConfigurationError for less than one."""
        self._limits = checked_whole("per_second", per_second, 1), checked_whole("per_hour", per_hour, 1)
        self._lock = threading.Lock()
        self._last = 0
        self._first: list[int] = []  # moments of the first requests, which no limit can hold back
        self._log: Log | None = None

    def take(self, lane: Lane, moment: float) -> Grant:
        """Take a slot, or say how long there is none."""
        with self._lock:
            self._last = max(self._last, int(moment * 1000))
            if self._log is None and len(self._first) < min(less(*self._limits, 1 / BURSTS)):
                self._first.append(self._last)
                return GRANTED
            self._log = self._log or log_of(self._limits, self._first)
            self._log.all.leak(self._last)
            return grant_of(put(self._log.bucket(lane), lane, self._last))

    async def take_async(self, lane: Lane, moment: float) -> Grant:
        """Take a slot, or say how long there is none; that takes microseconds."""
        return self.take(lane, moment)


class NoLimits:
    """Counts nothing, for a key that somebody else watches over."""

    def take(self, _lane: Lane, _moment: float, /) -> Grant:
        """Let every request go."""
        return GRANTED

    async def take_async(self, _lane: Lane, _moment: float, /) -> Grant:
        """Let every request go."""
        return GRANTED


def rates(per_second: int, per_hour: int) -> list[Rate]:
    """Return the limits as the library knows them; it refuses one that the other makes superfluous."""
    from pyrate_limiter import Rate

    second, hour = Rate(per_second, SECOND + SLACK), Rate(per_hour, HOUR + SLACK)
    if per_hour <= per_second:
        return [hour]
    at_once = -(-per_second // BURSTS)
    seconds = [Rate(at_once, at_once * second.interval // per_second), second] if at_once < per_second else [second]
    return [*seconds, hour] if per_hour * second.interval < per_second * hour.interval else seconds


def less(per_second: int, per_hour: int, share: float) -> tuple[int, int]:
    """Return a share of both limits, at least one request each."""
    return max(1, int(per_second * share)), max(1, int(per_hour * share))


def put(bucket: AbstractBucket, lane: Lane, milliseconds: int) -> Decision:
    """Ask a bucket for one slot."""
    from pyrate_limiter import Decision, RateItem

    decision = bucket.put_decision(RateItem(lane.value, milliseconds))
    if isinstance(decision, Decision):
        return decision
    raise TypeError(f"{type(bucket).__name__} must not be asynchronous")


def grant_of(decision: Decision, event: object = None) -> Grant:
    """Say what a bucket has decided."""
    wait = 0.0 if decision.allowed else (decision.retry_after_ms or SECOND) / 1000 + MOMENT
    return Grant(wait, event) if wait or event else GRANTED
