"""How many requests a key may make, counted where they are sent.

The API counts a request somewhere between its send and its answer, so a slot is free a window after the answer. Polls
leave a tenth of the hour to starts and pages, and come a little later for the next slot of a second, so that none of
them starves. All count in one log. The library that counts is imported when a limit comes into sight, which it never
does for a short script.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import frozen
from msgspec import Struct

from .._contract.messages import Lane
from .._contract.validation import checked_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyrate_limiter import AbstractBucket, Decision, InMemoryBucket, Rate


PER_SECOND, PER_HOUR = 20, 5_000  # what the API documents for a key
POLL_SHARE = 0.9  # of an hour
MOMENT = 0.001  # seconds; a slot is free just after the time that the library tells
POLL_DELAY = 0.004  # seconds; a poll comes so much later for the next slot than a start or a page
SLACK = 20  # milliseconds that each window is longer, for answers that come sooner than that
LONGEST_WAY = 250  # milliseconds; an answer that takes longer was held back by the server, which had counted it
BURSTS = 4  # parts of a second that share its requests, because a burst spreads on its way and meets the next one
SECOND, HOUR = 1_000, 3_600_000  # milliseconds
B = TypeVar("B", bound="AbstractBucket")


class Permit(Struct, frozen=True):
    """What a limiter says: how many seconds to wait and ask again; a request may go when it is 0."""

    wait: float = 0.0
    event: object = None  # what has happened to the limiter, for `on_event`
    answered: Callable[[float], object] | None = None  # is called with the moment of the answer, where there is one


PERMITTED = Permit()


class BaseLimiter(ABC):
    """What counts requests; subclass it to write your own. `now` is the clock of the client, in seconds."""

    @abstractmethod
    def acquire(self, lane: Lane, now: float, /) -> Permit:
        """Return a permit whose `wait` is 0, or how many seconds there is none."""

    async def acquire_async(self, lane: Lane, now: float, /) -> Permit:
        """Return what `acquire` returns; override it where that takes longer than other tasks should wait."""
        return self.acquire(lane, now)


@frozen
class Log(Generic[B]):
    """One log of requests, as starts and pages see it and as polls do."""

    all: B
    polls: B

    def bucket(self, lane: Lane) -> B:
        """Return the log for a lane."""
        return self.polls if lane is Lane.POLL else self.all


def log_of(limits: tuple[int, int], moments: list[int]) -> Log[InMemoryBucket]:
    """Begin a log with the requests that were made before."""
    from pyrate_limiter import InMemoryBucket, RateItem

    every, polls = InMemoryBucket(rates(*limits)), InMemoryBucket(rates(*poll_limits(*limits)))
    every.items = polls.items = [RateItem(Lane.POLL.value, moment) for moment in moments]
    return Log(every, polls)


class Limiter(BaseLimiter):
    """Counts the requests of this process. Threads, tasks and clients that use the same key may share one."""

    def __init__(self, *, per_second: int = PER_SECOND, per_hour: int = PER_HOUR) -> None:
        """Allow so many requests in each second and in each hour; raise ConfigurationError for less than one."""
        self._limits = checked_whole("per_second", per_second, 1), checked_whole("per_hour", per_hour, 1)
        self._lock = threading.Lock()
        self._last = 0
        self._first: list[int] = []  # moments of the first requests, which no limit can hold back
        self._log: Log[InMemoryBucket] | None = None

    def acquire(self, lane: Lane, moment: float) -> Permit:
        """Take a slot, or say how long there is none."""
        with self._lock:
            self._last = max(self._last, int(moment * 1000))
            if self._log is None and len(self._first) < min(scaled(*self._limits, 1 / BURSTS)):
                self._first.append(self._last)
                return permit_of(None, lane, self._when_answered(moment))
            self._log = self._log or log_of(self._limits, self._first)
            self._log.all.leak(self._last)
            decision = put(self._log.bucket(lane), lane, self._last)
            return permit_of(decision, lane, self._when_answered(moment))

    async def acquire_async(self, lane: Lane, moment: float) -> Permit:
        """Take a slot, or say how long there is none; that takes microseconds."""
        return self.acquire(lane, moment)

    def _when_answered(self, moment: float) -> Callable[[float], None]:
        return partial(self._answered, moment, self._last)

    def _answered(self, taken: float, counted: int, moment: float) -> None:
        way = latency_ms(taken, moment)
        with self._lock:
            if way and self._log is not None:
                move(self._log.all, counted, counted + way)
            elif way:
                self._first = sorted([*self._first, counted + way])
                self._first.remove(counted)


class NoLimiter(BaseLimiter):
    """Counts nothing, for a key that somebody else watches over."""

    def acquire(self, _lane: Lane, _moment: float, /) -> Permit:
        """Let every request go."""
        return PERMITTED

    async def acquire_async(self, _lane: Lane, _moment: float, /) -> Permit:
        """Let every request go."""
        return PERMITTED


def rates(per_second: int, per_hour: int) -> list[Rate]:
    """Return the limits as the library knows them; it refuses one that the other makes superfluous."""
    from pyrate_limiter import Rate

    second, hour = Rate(per_second, SECOND + SLACK), Rate(per_hour, HOUR + SLACK)
    if per_hour <= per_second:
        return [hour]
    at_once = -(-per_second // BURSTS)
    seconds = [Rate(at_once, at_once * second.interval // per_second), second] if at_once < per_second else [second]
    return [*seconds, hour] if per_hour * second.interval < per_second * hour.interval else seconds


def scaled(per_second: int, per_hour: int, share: float) -> tuple[int, int]:
    """Return a share of both limits, at least one request each."""
    return max(1, int(per_second * share)), max(1, int(per_hour * share))


def poll_limits(per_second: int, per_hour: int) -> tuple[int, int]:
    """Return the limits of polls."""
    return per_second, scaled(per_second, per_hour, POLL_SHARE)[1]


def latency_ms(taken: float, answered: float) -> int:
    """Return by how many milliseconds a slot counts longer, because the API may have counted the request so late."""
    way = int((answered - taken) * 1000)
    return min(way, LONGEST_WAY) if way > SLACK else 0


def move(bucket: InMemoryBucket, counted: int, later: int) -> None:
    """Let one of the requests that were counted at a moment count from a later one on, if it still counts."""
    from pyrate_limiter import RateItem

    place = bisect_left(bucket.items, counted, key=attrgetter("timestamp"))
    if place < len(bucket.items) and bucket.items[place].timestamp == counted:
        insort(bucket.items, RateItem(bucket.items.pop(place).name, later), key=attrgetter("timestamp"))


def put(bucket: AbstractBucket, lane: Lane, milliseconds: int) -> Decision:
    """Ask a bucket for one slot."""
    from pyrate_limiter import Decision, RateItem

    decision = bucket.put_decision(RateItem(lane.value, milliseconds))
    if isinstance(decision, Decision):
        return decision
    raise TypeError(f"{type(bucket).__name__} must not be asynchronous")


def permit_of(decision: Decision | None, lane: Lane, answered: Callable[[float], None], event: object = None) -> Permit:
    """Say what a bucket has decided; none is needed for the first requests."""
    if decision is None or decision.allowed:
        return Permit(0.0, event, answered)
    later = MOMENT + POLL_DELAY if lane is Lane.POLL else MOMENT
    return Permit((decision.retry_after_ms or SECOND) / 1000 + later, event)
