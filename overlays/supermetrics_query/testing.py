"""What tests of code that uses this package need."""

import asyncio
import math


class FakeClock:
    """A clock that stands still: only `Emulator.advance` moves the time of a service that has it."""

    def now(self) -> float:
        """Return the one moment there is."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Wait for ever, unless there is nothing to wait for."""
        await asyncio.sleep(math.inf if seconds > 0 else 0)
