"""The time of the service: an injected clock, made faster by a factor and moved on by hand."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Protocol

Alarm = tuple[asyncio.AbstractEventLoop, asyncio.Event]


MIN_STEP = 1e-6  # seconds; a smaller one may be lost when it is added to the time


class Clock(Protocol):
    """What the service needs of a clock; both speak of seconds."""

    def now(self) -> float:
        """Return the time that has passed since some fixed moment."""
        ...

    async def wait_until(self, moment: float) -> None:
        """Return when the clock shows this moment."""
        ...


class MonotonicClock:
    """The clock of the machine."""

    def now(self) -> float:
        """Return the monotonic time."""
        return time.monotonic()

    async def wait_until(self, moment: float) -> None:
        """Wait for a moment."""
        await asyncio.sleep(moment - time.monotonic())


class Timeline:
    """Seconds since the service began; `advance` may be called from any thread and wakes whoever waits."""

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
        """How many are waiting for some moment."""
        return len(self._alarms)

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once."""
        if not seconds >= 0:
            raise ValueError(f"time cannot go back: {seconds!r} seconds")
        with self._lock:
            self._advanced += seconds
            for loop, event in self._alarms:
                loop.call_soon_threadsafe(event.set)

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await self.sleep_until(self.now() + seconds)

    async def sleep_until(self, moment: float) -> None:
        """Wait for a moment, which may have passed already."""
        with self._alarm() as jumped:
            while (left := moment - self.now()) > 0:
                moment_of_clock = self._clock.now() + max(left / self.speed, MIN_STEP)
                await wait_for_first(self._clock.wait_until(moment_of_clock), jumped.wait())
                jumped.clear()

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


async def wait_for_first(*waits: Coroutine[object, object, object]) -> None:
    """Wait until one of them has ended, and give up the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
