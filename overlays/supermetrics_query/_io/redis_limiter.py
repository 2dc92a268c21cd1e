"""Limits that several processes and hosts share, counted in Redis.

While Redis is slow or away, this process goes on alone with a part of the limits, and asks Redis again from time to
time. Moments in Redis are those of the wall clock, so hosts should keep theirs right.
"""

from __future__ import annotations

import math
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import anyio.to_thread

from .._contract.messages import Lane
from .._contract.validation import checked_whole
from .._core.limits import (
    PER_HOUR,
    PER_SECOND,
    PERMITTED,
    BaseLimiter,
    Limiter,
    Log,
    Permit,
    latency_ms,
    permit_of,
    poll_limits,
    put,
    rates,
    scaled,
)
from ..errors import ConfigurationError
from ..events import LimiterRestored, LimiterUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyrate_limiter import AbstractBucket, Decision
    from redis import Redis


PATIENCE = 0.25  # seconds for an answer of Redis
TURN = 1.1  # seconds without a request when Redis has failed, because those that it counted still count at the API
PAUSE = 5.0  # seconds without asking Redis after it has failed
TIDY = 10_000  # milliseconds between removals of what no longer counts
KEPT = 3_700  # seconds for which Redis keeps a log that nobody writes to
MOVE = """
for i = 1, #ARGV, 2 do
    local counted = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[i], ARGV[i], 'LIMIT', 0, 1)
    if counted[1] then redis.call('ZADD', KEYS[1], ARGV[i + 1], counted[1]) end
end
"""  # lets requests that were counted at a moment count from a later one on; those of one moment are alike


class RedisLimiter(BaseLimiter):
    """Counts requests in Redis, for everything that uses the key. Threads, tasks and clients may share one."""

    def __init__(
        self,
        url: str = "redis://localhost:6379/0",
        *,
        name: str = "supermetrics-query",
        per_second: int = PER_SECOND,
        per_hour: int = PER_HOUR,
        fraction: float = 0.25,
    ) -> None:
        """Share limits with everything that uses the same `name` in the same Redis.

        `fraction` of both limits is what this process allows itself while Redis is away: one over the number of
        processes. Nothing is sent yet. Raises ConfigurationError for what cannot be used.
        """
        if not 0 < fraction <= 1:
            raise ConfigurationError(f"fraction must be more than 0 and at most 1, not {fraction!r}")
        self._limits = checked_whole("per_second", per_second, 1), checked_whole("per_hour", per_hour, 1)
        self._key = f"{name}:requests"
        self._redis = connection(url)
        second, hour = scaled(*self._limits, fraction)
        self._alone = Limiter(per_second=second, per_hour=hour)
        self._log: Log[AbstractBucket] | None = None
        self._ways: list[int] = []  # of the answers that Redis is told of with the next request
        self._lock = threading.Lock()
        self._free_at: dict[Lane, float] = {}  # before then Redis has no slot, and hundreds of queries need not ask it
        self._ask_at = -math.inf  # when Redis is asked again, in the time of the client
        self._is_away = False
        self._alone_at = -math.inf  # when this process may send again, after Redis has failed
        self._settled_at = -math.inf  # when all processes count in Redis again
        self._tidy_at = 0

    def acquire(self, lane: Lane, moment: float) -> Permit:
        """Take a slot, or say how long there is none; a Redis that does not answer never raises."""
        from redis.exceptions import RedisError

        if moment < self._ask_at:
            return self._taken_alone(lane, moment)
        if not self._ways and moment < self._free_at.get(lane, moment):
            return Permit(self._free_at[lane] - moment)
        try:
            now = time.time_ns() // 1_000_000
            self._tell_ways()
            decision = put(self._bucket(lane, now), lane, now)
        except (RedisError, OSError) as error:
            return self._go_alone(error, lane, moment)
        permit = self._shared(decision, lane, moment, partial(self._answered, moment, now))
        self._free_at[lane] = moment + permit.wait if permit.wait < TURN else moment
        return permit

    async def acquire_async(self, lane: Lane, moment: float) -> Permit:
        """Take a slot in a thread, so that other tasks go on."""
        return await anyio.to_thread.run_sync(self.acquire, lane, moment)

    def _answered(self, taken: float, counted: int, moment: float) -> None:
        if way := latency_ms(taken, moment):
            with self._lock:
                self._ways += counted, counted + way

    def _tell_ways(self) -> None:
        with self._lock:
            ways, self._ways = self._ways, []
        if ways:
            self._redis.eval(MOVE, 1, self._key, *ways)

    def _bucket(self, lane: Lane, now: int) -> AbstractBucket:
        with self._lock:
            if self._log is None:
                self._log = Log(self._made(*self._limits), self._made(*poll_limits(*self._limits)))
            log = self._log
            if now >= self._tidy_at:
                self._tidy_at = now + TIDY
                log.all.leak(now)
                self._redis.expire(self._key, KEPT)
        return log.bucket(lane)

    def _made(self, per_second: int, per_hour: int) -> AbstractBucket:
        from pyrate_limiter import RedisBucket
        from pyrate_limiter.buckets.redis_bucket import LuaScript

        # Another process may have read its clock later and yet have come first: two would take the same slot.
        script = LuaScript.PUT_ITEM.replace("window_start, now)", "window_start, '+inf')")
        return RedisBucket(rates(per_second, per_hour), self._redis, self._key, str(self._redis.script_load(script)))

    def _go_alone(self, error: Exception, lane: Lane, moment: float) -> Permit:
        with self._lock:
            self._log, self._ways, self._ask_at = None, [], moment + PAUSE
            self._free_at.clear()
            was_away, self._is_away = self._is_away, True
            if not was_away:
                self._alone_at = moment + TURN
        permit = self._taken_alone(lane, moment)
        return permit if was_away else Permit(permit.wait, LimiterUnavailable(error=f"{type(error).__name__}: {error}"))

    def _taken_alone(self, lane: Lane, moment: float) -> Permit:
        return Permit(self._alone_at - moment) if moment < self._alone_at else self._alone.acquire(lane, moment)

    def _shared(self, decision: Decision, lane: Lane, moment: float, answered: Callable[[float], None]) -> Permit:
        with self._lock:
            if self._is_away:
                self._is_away, self._settled_at = False, moment + PAUSE + TURN
                return permit_of(decision, lane, answered, LimiterRestored())
        # Until every process must have noticed that Redis is back, each keeps to its own part.
        alone = self._alone.acquire(lane, moment) if moment < self._settled_at else PERMITTED
        return alone if alone.wait else permit_of(decision, lane, answered)


def connection(url: str) -> Redis:
    """Prepare a connection; none is made before the first request."""
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise ConfigurationError(
            f"redis cannot be imported ({error}): pip install 'supermetrics-query[redis]'"
        ) from error
    never = Retry(NoBackoff(), 0)  # a request that waits for Redis is worse than one that is counted alone
    try:
        return Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=never)
    except ValueError as error:
        raise ConfigurationError(f"url must look like redis://host:6379/0: {error}") from error
