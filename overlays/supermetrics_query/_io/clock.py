"""The time that drivers live in. A test gives a client another one: `QueryClient(..., clock=...)`."""

import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """A monotonic clock, in seconds, and how to let time pass on it."""

    def now(self) -> float:
        """Return a reading."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass in a thread."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Let time pass in a task."""
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
