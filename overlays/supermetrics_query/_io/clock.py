"""The clock of the drivers. A test can pass another one: `QueryClient(..., clock=...)`."""

import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """A monotonic clock, in seconds, and how to sleep on it."""

    def now(self) -> float:
        """Return a reading."""
        ...

    def sleep(self, seconds: float) -> None:
        """Sleep in a thread."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Sleep in a task."""
        ...


class SystemClock:
    """The monotonic clock of this machine."""

    def now(self) -> float:
        """Return a reading."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block the thread; Ctrl-C interrupts."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Suspend the task, under asyncio and trio alike."""
        await anyio.sleep(seconds)
