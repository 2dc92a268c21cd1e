"""The time of the service: a clock that can be injected, run faster, and moved forward by hand."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Protocol

Alarm = tuple[asyncio.AbstractEventLoop, asyncio.Event]

MIN_STEP = 1e-6  # seconds; a smaller step may be lost when it is added to the time


class Clock(Protocol):
    """The clock that the service needs; its unit is the second."""

    def now(self) -> float:
        """Return the time that has passed since some fixed moment."""
        ...

    async def wait_until(self, moment: float) -> None:
        """Return when the clock shows this moment.

        Args:
            moment: A reading of this clock.
        """
        ...


class MonotonicClock:
    """The clock of the machine."""

    def now(self) -> float:
        """Return the monotonic time."""
        return time.monotonic()

    async def wait_until(self, moment: float) -> None:
        """Return when the clock shows this moment."""
        await asyncio.sleep(moment - time.monotonic())


class Timeline:
    """Seconds since the service began; `advance` may be called from any thread and wakes every sleeper."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self.speed = speed
        self._clock = clock
        self._origin = clock.now()
        self._advanced = 0.0
        self._alarms: set[Alarm] = set()
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the age of the service."""
        return (self._clock.now() - self._origin) * self.speed + self._advanced

    @property
    def sleepers(self) -> int:
        """How many tasks are waiting for time to pass."""
        return len(self._alarms)

    def advance(self, seconds: float) -> None:
        """Move the time forward by `seconds`; raise ValueError if they are negative."""
        if not seconds >= 0:
            raise ValueError(f"time cannot go back: {seconds!r} seconds")
        with self._lock:
            self._advanced += seconds
            for loop, event in self._alarms:
                loop.call_soon_threadsafe(event.set)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await self.sleep_until(self.now() + seconds)

    async def sleep_until(self, moment: float) -> None:
        """Return when the service has reached this age, at once if it already has."""
        with self._alarm() as advanced:
            while (left := moment - self.now()) > 0:
                until = self._clock.now() + max(left / self.speed, MIN_STEP)
                await _wait_for_first(self._clock.wait_until(until), advanced.wait())
                advanced.clear()

    @contextmanager
    def _alarm(self) -> Iterator[asyncio.Event]:
        alarm = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._alarms.add(alarm)
        try:
            yield alarm[1]
        finally:
            with self._lock:
                self._alarms.discard(alarm)


async def _wait_for_first(*waits: Coroutine[object, object, object]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
