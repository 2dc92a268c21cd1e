"""Limits that several processes and hosts share, counted in Redis.

While Redis is slow or away, this process goes on alone with a part of the limits, and asks Redis again from time to
time. There are two clocks, and they never meet: the log lives by the clock of Redis, which is the same for every host;
everything else lives by `now`, the clock of the client.
"""

import math
import threading
from enum import Enum, auto
from functools import partial
from secrets import token_hex

import anyio.to_thread
from msgspec.structs import replace

from .._contract.messages import Lane
from .._contract.validation import checked_kind, checked_number, short_repr
from .._core.limits import (
    MAX_LATENCY,
    PER_HOUR,
    PER_SECOND,
    PERMITTED,
    Allowance,
    BaseLimiter,
    Limiter,
    Permit,
    lane_windows,
    latency_ms,
    permit_for,
    scaled,
)
from .._extras import check_installed
from .._models import exported
from ..errors import ConfigurationError
from ..events import LimiterRestored, LimiterUnavailable

PATIENCE = 0.25  # seconds for an answer of Redis
SILENCE = 1.1  # seconds without a request when Redis has failed, because those that it counted still count at the API
PAUSE = 5.0  # seconds without asking Redis after it has failed

SCRIPT = f"""
-- KEYS: the log, a sorted set of requests. Scores are milliseconds of the clock of Redis.
-- ARGV: the name of the request; limit and length of three windows, the longest last; then name and latency of each
-- request that was answered. Returns in how many milliseconds the request may go; 0 when it was added.
local log, request, longest = KEYS[1], ARGV[1], tonumber(ARGV[7])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for i = 8, #ARGV, 2 do
    redis.call('ZADD', log, 'XX', 'INCR', ARGV[i + 1], ARGV[i])
end
redis.call('ZREMRANGEBYSCORE', log, '-inf', now - longest - {MAX_LATENCY})

local wait = 0
for i = 2, 6, 2 do
    local limit, length = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
    local newest = redis.call('ZRANGE', log, -limit, -limit, 'WITHSCORES')  -- nothing while there are fewer
    if newest[2] then
        wait = math.max(wait, newest[2] + length - now)
    end
end
if wait == 0 then
    redis.call('ZADD', log, now, request)
    redis.call('PEXPIRE', log, 2 * longest)
end
return wait
"""


class RedisLog:
    """The sliding log of `_core.limits`, in Redis. Nothing is sent before the first request."""

    def __init__(self, url: str, key: str, *, per_second: int, per_hour: int) -> None:
        """Prepare the script; raise ConfigurationError without the extra, or for a URL that is none."""
        check_installed("redis")
        from redis import Redis, RedisError
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        windows = lane_windows(per_second, per_hour)
        self._windows = {lane: [part for window in windows[lane] for part in window] for lane in Lane}
        self._key = key.encode(errors="surrogatepass")
        self._lock = threading.Lock()
        self._answered: list[str | int] = []  # names and latencies, sent to Redis with the next request
        self.failures = (RedisError, OSError)
        never = Retry(NoBackoff(), 0)  # a request that waits for Redis is worse than one that is counted alone
        try:
            redis = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=never)
            connection = redis.connection_pool.make_connection()  # not connected; it checks the options in the URL
            str(getattr(connection, "host", "unix")).encode("idna")
        except (RedisError, AttributeError, TypeError, ValueError):
            shown = short_repr(url.rpartition("@")[2]) if isinstance(url, str) else type(url).__name__  # no password
            raise ConfigurationError(f"url must look like redis://host:6379/0, not {shown}") from None
        self._script = redis.register_script(SCRIPT)  # runs by its hash, and is sent where Redis does not know that

    @property
    def has_news(self) -> bool:
        """Whether there are answers that Redis does not know of yet."""
        return bool(self._answered)

    def acquire(self, lane: Lane, request: str) -> int:
        """Add a request and return 0, or return in how many milliseconds one may be added; raise one of `failures`."""
        with self._lock:
            answered, self._answered = self._answered, []
        return int(self._script(keys=[self._key], args=[request, *self._windows[lane], *answered]))

    def postpone(self, request: str, latency: int) -> None:
        """Let a request count from so many milliseconds later on."""
        if latency:
            with self._lock:
                self._answered += request, latency


class State(Enum):
    """Who counts."""

    SHARED = auto()  # Redis does
    ALONE = auto()  # Redis has failed, so this process keeps to its fraction
    SETTLING = auto()  # both do, because other processes may not have noticed that Redis is back


@exported
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
        """Share limits with everything that uses the same name in the same Redis. Nothing is sent yet.

        Args:
            url: The address of Redis.
            name: What the limits are shared under: one name for each API key, the same in every process.
            per_second: Requests in each second, by all processes together.
            per_hour: Requests in each hour, by all processes together.
            fraction: The part of both limits that this process allows itself while Redis is away: one over the number
                of processes.

        Raises:
            ConfigurationError: An option cannot be used, or the extra `[redis]` is not installed.
        """
        if checked_number("fraction", fraction, 0, 1) == 0:
            raise ConfigurationError(
                "fraction=0 leaves nothing while Redis is away: use one over the number of processes"
            )
        key = f"{checked_kind('name', name, str)}:requests"
        self._log = RedisLog(url, key, per_second=per_second, per_hour=per_hour)
        self._limits = Allowance(per_second=per_second, per_hour=per_hour)
        self._alone = Limiter(per_second=scaled(per_second, fraction), per_hour=scaled(per_hour, fraction))
        self._lock = threading.Lock()
        self._state = State.SHARED
        self._until = math.inf  # when ALONE has Redis asked again, and when SETTLING ends
        self._silent_until = -math.inf  # in ALONE, nothing is sent before
        self._free_at: dict[Lane, float] = {}  # before then Redis has no slot, and hundreds of queries need not ask it

    def acquire(self, lane: Lane, now: float, /) -> Permit:
        """Return a permit whose `wait` is 0, or how many seconds there is none; a Redis that fails never raises."""
        state = self._state_at(now)
        if state is State.ALONE and now < self._until:
            return self._acquire_alone(lane, now)
        if now < (free_at := self._free_at.get(lane, now)) and not self._log.has_news:
            return Permit(free_at - now)
        alone = self._alone.acquire(lane, now) if state is State.SETTLING else PERMITTED
        if alone.wait:
            return alone
        request = token_hex(8)
        try:
            wait = self._log.acquire(lane, request)
        except self._log.failures as error:
            return self._on_failure(error, lane, now)
        return self._on_answer(permit_for(lane, wait, partial(self._on_answered, request, alone, now)), lane, now)

    async def acquire_async(self, lane: Lane, now: float, /) -> Permit:
        """Return what `acquire` returns, from a thread, so that other tasks go on."""
        return await anyio.to_thread.run_sync(self.acquire, lane, now)

    def allowance(self, now: float, /) -> Allowance:
        """Return both limits, or the share of this process without Redis, which is not asked how much is used.

        Args:
            now: The clock of the client, in seconds.
        """
        return self._limits if self._state_at(now) is State.SHARED else self._alone.allowance(now)

    def _state_at(self, now: float) -> State:
        with self._lock:
            if self._state is State.SETTLING and now >= self._until:
                self._state = State.SHARED
            return self._state

    def _acquire_alone(self, lane: Lane, now: float) -> Permit:
        return Permit(self._silent_until - now) if now < self._silent_until else self._alone.acquire(lane, now)

    def _on_failure(self, error: Exception, lane: Lane, now: float) -> Permit:
        with self._lock:
            before, self._state, self._until = self._state, State.ALONE, now + PAUSE
            if before is not State.ALONE:
                self._silent_until = now + SILENCE
                return Permit(SILENCE, LimiterUnavailable(error=f"{type(error).__name__}: {error}"))
        return self._acquire_alone(lane, now)

    def _on_answer(self, permit: Permit, lane: Lane, now: float) -> Permit:
        with self._lock:
            if permit.wait < SILENCE:  # a longer wait is asked for again, to notice soon what changes in Redis
                self._free_at[lane] = now + permit.wait
            if self._state is State.ALONE and now >= self._until:
                self._state, self._until = State.SETTLING, now + PAUSE + SILENCE
                return replace(self._first_of_both(permit, lane, now), event=LimiterRestored())
        return permit

    def _first_of_both(self, permit: Permit, lane: Lane, now: float) -> Permit:
        """Count the request that found Redis back here, too; an hour that is used up here no longer holds it back."""
        alone = self._alone.acquire(lane, now)
        return permit if permit.wait or alone.wait >= SILENCE else replace(permit, wait=alone.wait)

    def _on_answered(self, request: str, alone: Permit, acquired: float, now: float) -> None:
        self._log.postpone(request, latency_ms(acquired, now))
        if alone.answered is not None:
            alone.answered(now)
