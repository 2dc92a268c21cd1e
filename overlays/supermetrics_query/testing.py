"""What tests of code that uses this package need.

A clock for `QueryClient(clock=...)`, for `Emulator(clock=...)`, or for both. The fixture `supermetrics_clock` gives one
to every client and to the emulator; see docs/testing.md.
"""

import math
import threading

from anyio.lowlevel import checkpoint


class FakeClock:
    """A clock that nobody waits for: whoever sleeps moves it, in threads and in tasks.

    Times are seconds since it was made. Pauses add up, also those of tasks that sleep at the same time.
    """

    def __init__(self) -> None:
        """Begin at 0."""
        self._time = 0.0
        self._sleeps: list[float] = []
        self._lock = threading.Lock()

    @property
    def sleeps(self) -> tuple[float, ...]:
        """The pauses that clients have made, in seconds and in their order."""
        return tuple(self._sleeps)

    def now(self) -> float:
        """Return a reading."""
        return self._time

    def advance(self, seconds: float) -> None:
        """Let time pass at once; may be called from any thread.

        Args:
            seconds: How much; not negative.

        Raises:
            ValueError: Time cannot pass by so much.
        """
        if not 0 <= seconds < math.inf:
            raise ValueError(f"a clock moves by seconds that are finite and not negative: {seconds!r}")
        with self._lock:
            self._time += seconds

    def sleep(self, seconds: float) -> None:
        """Move on and note down a pause.

        Args:
            seconds: How long the pause would be.
        """
        self.advance(seconds)
        self._sleeps.append(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Move on and note down a pause, and let other tasks run.

        Args:
            seconds: How long the pause would be.
        """
        self.sleep(seconds)
        await checkpoint()

    async def wait_until(self, moment: float) -> None:
        """Show this moment, or a later one: so the emulator waits, also in another thread.

        Args:
            moment: A reading of this clock.
        """
        with self._lock:
            self._time = max(self._time, moment)
        await checkpoint()
