"""How many requests a key may make, counted where they are sent.

The API counts a request somewhere between its send and its answer, so a slot is free a window after the answer. Polls
leave a tenth of the hour to starts and pages, and come a little later for the next slot of a second, so that none of
them starves. All are counted in one log.
"""

import threading
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from msgspec import Struct

from .._contract.messages import Lane
from .._contract.validation import checked_whole
from .._models import exported

PER_SECOND, PER_HOUR = 20, 5_000  # what the API documents for a key
MOST = 10**9  # no key has a limit near it; a limiter that counts nothing is NoLimiter
POLL_SHARE = 0.9  # of an hour
BURSTS = 4  # parts of a second that share its requests, because a burst spreads on its way and meets the next one

# All of these are milliseconds.
SECOND, HOUR = 1_000, 3_600_000
SLACK = 20  # by which each window is longer, for answers that come sooner than that
MAX_LATENCY = 250  # an answer that takes longer was held back by the server, which had counted the request
ROUNDING = 1  # the log knows whole milliseconds, and nobody should come a fraction of one too early
POLL_DELAY = 4  # by which a poll comes later for the next slot than a start or a page


@exported
class Permit(Struct, frozen=True):
    """What a limiter answers."""

    wait: float = 0.0
    """In how many seconds to ask again; the request may go when it is 0."""
    event: object = None
    """What has happened to the limiter, for `on_event`."""
    answered: Callable[[float], object] | None = None
    """Called with the time of the answer of the request, where there is one."""


PERMITTED = Permit()


@exported
class Allowance(Struct, frozen=True, kw_only=True):
    """What a limiter allows."""

    per_second: float = PER_SECOND
    """How many requests in a second."""
    per_hour: float = PER_HOUR
    """How many requests in an hour."""
    used: int | None = None
    """How many of the last hour it has counted, None where it does not know; the client then counts its own."""


@exported
class BaseLimiter(ABC):
    """What counts requests; subclass it to write your own."""

    @abstractmethod
    def acquire(self, lane: Lane, now: float, /) -> Permit:
        """Return a permit whose `wait` is 0, or how many seconds there is none.

        Args:
            lane: What the request is for.
            now: The clock of the client, in seconds.
        """

    async def acquire_async(self, lane: Lane, now: float, /) -> Permit:
        """Return what `acquire` returns; override it where that takes longer than other tasks should wait.

        Args:
            lane: What the request is for.
            now: The clock of the client, in seconds.
        """
        return self.acquire(lane, now)

    def allowance(self, now: float, /) -> Allowance | None:  # noqa: ARG002
        """Return what it allows, by which many queries share their polls; None where it sets no limit.

        Override it where yours differs from what the API documents for a key. It is asked often, so it must not wait.

        Args:
            now: The clock of the client, in seconds.
        """
        return Allowance()


@exported
class NoLimiter(BaseLimiter):
    """Counts nothing, for a key that somebody else watches over."""

    def acquire(self, _lane: Lane, _now: float, /) -> Permit:
        """Return a permit, always."""
        return PERMITTED

    def allowance(self, now: float, /) -> None:
        """Return None: there is no limit.

        Args:
            now: The clock of the client, in seconds.
        """


@exported
class Limiter(BaseLimiter):
    """Counts the requests of this process. Threads, tasks and clients that use the same key may share one."""

    def __init__(self, *, per_second: int = PER_SECOND, per_hour: int = PER_HOUR) -> None:
        """Allow so many requests; raise ConfigurationError for less than one.

        Args:
            per_second: Requests in each second, those of a key by default.
            per_hour: Requests in each hour. Polls leave a tenth of it to starts and pages.
        """
        self._log = SlidingLog(lane_windows(per_second, per_hour))
        self._lock = threading.Lock()
        self._limits = per_second, per_hour

    def acquire(self, lane: Lane, now: float, /) -> Permit:
        """Return a permit whose `wait` is 0, or how many seconds there is none."""
        with self._lock:
            wait = self._log.acquire(lane, int(now * 1000))
        return permit_for(lane, wait, partial(self._answered, now))

    def allowance(self, now: float, /) -> Allowance:
        """Return both limits, and how many requests of the last hour count.

        Args:
            now: The clock of the client, in seconds.
        """
        per_second, per_hour = self._limits
        with self._lock:
            used = self._log.count(int(now * 1000) - HOUR)
        return Allowance(per_second=per_second, per_hour=per_hour, used=used)

    def _answered(self, acquired: float, now: float) -> None:
        with self._lock:
            self._log.postpone(int(acquired * 1000), latency_ms(acquired, now))


class Window(NamedTuple):
    """So many requests may count at once, each for so many milliseconds."""

    limit: int
    length: int


class SlidingLog:
    """When requests were made, in milliseconds and in order. No clock is read here."""

    FORGOTTEN = 100  # requests are forgotten so many at once, because taking the first from a list moves all others

    def __init__(self, windows: dict[Lane, tuple[Window, ...]]) -> None:
        """Begin an empty log."""
        self._windows = windows
        self._kept = MAX_LATENCY + max(window.length for lane in windows.values() for window in lane)
        self._times: list[int] = []

    def acquire(self, lane: Lane, now: int) -> int:
        """Add a request and return 0, or return in how many milliseconds one may be added."""
        times = self._times
        waits = [times[-limit] + length - now for limit, length in self._windows[lane] if limit <= len(times)]
        if (wait := max(waits, default=0)) > 0:
            return wait
        insort(times, now)
        if len(times) > self.FORGOTTEN and times[self.FORGOTTEN] + self._kept <= now:
            del times[: self.FORGOTTEN]
        return 0

    def count(self, since: int) -> int:
        """Return how many requests have been made since a time."""
        return len(self._times) - bisect_right(self._times, since)

    def postpone(self, time: int, latency: int) -> None:
        """Let one of the requests that were made at a time count from so much later on, if it is still known."""
        place = bisect_left(self._times, time)
        if latency and place < len(self._times) and self._times[place] == time:
            del self._times[place]
            insort(self._times, time + latency)


def lane_windows(per_second: int, per_hour: int) -> dict[Lane, tuple[Window, ...]]:
    """Return the windows that hold for each lane; raise ConfigurationError for a limit of less than one request."""
    second = Window(checked_whole("per_second", per_second, 1, MOST), SECOND + SLACK)
    hour = Window(checked_whole("per_hour", per_hour, 1, MOST), HOUR + SLACK)
    at_once = -(-per_second // BURSTS)
    burst = Window(at_once, at_once * second.length // per_second)
    polls = hour._replace(limit=scaled(per_hour, POLL_SHARE))
    return {lane: (burst, second, polls if lane is Lane.POLL else hour) for lane in Lane}


def scaled(limit: int, share: float) -> int:
    """Return a share of a limit, at least one request."""
    return max(1, int(limit * share))


def latency_ms(acquired: float, answered: float) -> int:
    """Return by how many milliseconds a slot counts longer, because the API may have counted the request so late."""
    latency = int((answered - acquired) * 1000)
    return min(latency, MAX_LATENCY) if latency > SLACK else 0


def permit_for(lane: Lane, wait: int, answered: Callable[[float], object]) -> Permit:
    """Return the permit of a request that may go, or of one that comes so many milliseconds too early."""
    if not wait:
        return Permit(answered=answered)
    return Permit((wait + ROUNDING + (POLL_DELAY if lane is Lane.POLL else 0)) / 1000)
