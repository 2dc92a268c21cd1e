"""How many requests a key may make in a second and in an hour."""

import math
from collections import deque

import attrs

from .problems import ServiceError

SECOND, HOUR = 1.0, 3600.0
GENEROUS = 10_000  # requests; what the headers promise when the hour is not limited


@attrs.define
class Meter:
    """Counts the requests within any period of one length, so that no period holds more than are allowed."""

    period: float
    limit: int | None
    _moments: deque[float] = attrs.field(factory=deque, init=False)

    def count(self, now: float) -> int:
        """Return how many requests the period before a moment holds."""
        while self._moments and self._moments[0] <= now - self.period:
            self._moments.popleft()
        return len(self._moments)

    def wait(self, now: float) -> float:
        """Return how long the next request would have to wait."""
        if self.limit is None or self.count(now) < self.limit:
            return 0.0
        return self._moments[0] + self.period - now

    def add(self, now: float) -> None:
        """Count a request."""
        if self.limit is not None:
            self._moments.append(now)


@attrs.define
class Throttle:
    """The meters of one key."""

    per_second: int | None
    per_hour: int | None
    _second: Meter = attrs.field(init=False)
    _hour: Meter = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin to count."""
        self._second, self._hour = Meter(SECOND, self.per_second), Meter(HOUR, self.per_hour)

    def take(self, now: float, speed: float) -> None:
        """Let a request through, or say when to come back; clients live at the speed of the wall."""
        wait = max(self._second.wait(now), self._hour.wait(now))
        if wait > 0:
            headers = {"Retry-After": str(max(math.ceil(wait / speed), 1))}
            raise ServiceError("TOO_MANY_REQUESTS", headers=headers)
        self._second.add(now)
        self._hour.add(now)

    def headers(self, now: float) -> dict[str, str]:
        """Return what every answer says of the hour."""
        limit = self.per_hour or GENEROUS
        remaining = limit - self._hour.count(now)
        return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining)}
