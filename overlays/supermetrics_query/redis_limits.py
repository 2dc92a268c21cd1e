"""Limits that several processes and hosts share, counted in Redis.

While Redis is slow or away, this process goes on alone with a part of the limits, and asks Redis again from time to
time. Moments in Redis are those of the wall clock, so hosts should keep theirs right.
"""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

import anyio.to_thread

from .checks import checked_whole
from .effects import GRANTED, Grant, Lane
from .errors import ConfigurationError
from .events import LimiterAway, LimiterBack
from .limits import PER_HOUR, PER_SECOND, SHARE_OF_LOOKS, Limiter, Log, grant_of, less, put, rates

if TYPE_CHECKING:
    from pyrate_limiter import AbstractBucket, Decision
    from redis import Redis

PATIENCE = 0.25  # seconds for an answer of Redis
TURN = 1.1  # seconds without a request when Redis has failed, because those that it counted still count at the API
PAUSE = 5.0  # seconds without asking Redis after it has failed
TIDY = 10_000  # milliseconds between removals of what no longer counts
KEPT = 3_700  # seconds for which Redis keeps a log that nobody writes to


class RedisLimiter:
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
        second, hour = less(*self._limits, fraction)
        self._alone = Limiter(per_second=second, per_hour=hour)
        self._log: Log | None = None
        self._lock = threading.Lock()
        self._ask_at = -math.inf  # when Redis is asked again, in the time of the client
        self._is_away = False
        self._alone_at = -math.inf  # when this process may send again, after Redis has failed
        self._settled_at = -math.inf  # when all processes count in Redis again
        self._tidy_at = 0

    def take(self, lane: Lane, moment: float) -> Grant:
        """Take a slot, or say how long there is none; a Redis that does not answer never raises."""
        from redis.exceptions import RedisError

        if moment < self._ask_at:
            return self._taken_alone(lane, moment)
        try:
            now = time.time_ns() // 1_000_000
            decision = put(self._bucket(lane, now), lane, now)
        except (RedisError, OSError) as error:
            return self._go_alone(error, lane, moment)
        return self._shared(decision, lane, moment)

    async def take_async(self, lane: Lane, moment: float) -> Grant:
        """Take a slot in a thread, so that other tasks go on."""
        return await anyio.to_thread.run_sync(self.take, lane, moment)

    def _bucket(self, lane: Lane, now: int) -> AbstractBucket:
        with self._lock:
            if self._log is None:
                self._log = Log(self._made(*self._limits), self._made(*less(*self._limits, SHARE_OF_LOOKS)))
            log = self._log
            if now >= self._tidy_at:
                self._tidy_at = now + TIDY
                log.all.leak(now)
                self._redis.expire(self._key, KEPT)
        return log.bucket(lane)

    def _made(self, per_second: int, per_hour: int) -> AbstractBucket:
        from pyrate_limiter import AbstractBucket, RedisBucket

        bucket = RedisBucket.init(rates(per_second, per_hour), self._redis, self._key)
        if isinstance(bucket, AbstractBucket):
            return bucket
        raise TypeError("the connection to Redis must not be asynchronous")

    def _go_alone(self, error: Exception, lane: Lane, moment: float) -> Grant:
        with self._lock:
            self._log, self._ask_at = None, moment + PAUSE
            was_away, self._is_away = self._is_away, True
            if not was_away:
                self._alone_at = moment + TURN
        grant = self._taken_alone(lane, moment)
        return grant if was_away else Grant(grant.wait, LimiterAway(error=f"{type(error).__name__}: {error}"))

    def _taken_alone(self, lane: Lane, moment: float) -> Grant:
        return Grant(self._alone_at - moment) if moment < self._alone_at else self._alone.take(lane, moment)

    def _shared(self, decision: Decision, lane: Lane, moment: float) -> Grant:
        with self._lock:
            if self._is_away:
                self._is_away, self._settled_at = False, moment + PAUSE + TURN
                return grant_of(decision, LimiterBack())
        # Until every process must have noticed that Redis is back, each keeps to its own part.
        alone = self._alone.take(lane, moment) if moment < self._settled_at else GRANTED
        return alone if alone.wait else grant_of(decision)


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
