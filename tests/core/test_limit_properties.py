"""The sliding log, beside a model that remembers everything, and the script in a real Redis, beside the sliding log."""

from collections.abc import Iterator
from itertools import count

import pytest
from attrs import define, field, frozen
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from redis import Redis
from supermetrics_query._contract.messages import Lane
from supermetrics_query._core.limits import SlidingLog, lane_windows
from supermetrics_query._io.redis_limiter import RedisLog

from tests.support.redis_server import RedisServer, running_redis

MINUTE, HOUR = 60_000, 3_600_000  # milliseconds
KEY = "property:requests"
NUMBERS = count()


@frozen
class Asked:
    """So many requests of a lane, some time after what came before."""

    gap: int
    lane: Lane
    times: int


@frozen
class Answered:
    """One of the requests that went was answered: which, counted from the last, and how late."""

    which: int
    latency: int


gaps = st.sampled_from([0, 1, 254, 255, 256, 1_019, 1_020, 1_021, MINUTE, HOUR - 1, HOUR + 20, HOUR + 21, 2 * HOUR])
gaps |= st.integers(0, 1_500) | st.integers(HOUR - 2_000, HOUR + 2_000)
steps = st.lists(
    st.builds(Asked, gaps, st.sampled_from(Lane), st.integers(1, 12))
    | st.builds(Answered, st.integers(0, 8), st.just(0) | st.integers(21, 250)),
    max_size=25,
)
LATE = [  # an answer that comes when its request has just left the hour
    *(Asked(gap, Lane.START, 1) for gap in (0, 10, HOUR + 20)),
    Answered(2, 250),
    Asked(1, Lane.START, 1),
]
EARLY = [Asked(0, Lane.START, 2), Asked(HOUR - 100, Lane.START, 2)]  # these still count for a moment
limits = {"per_second": st.integers(1, 25), "per_hour": st.integers(1, 40)}


@define
class Model:
    """Every request that was ever made, and a rule that is read off the documentation."""

    per_second: int
    per_hour: int
    times: list[int] = field(factory=list)

    def free_at(self, limit: int, length: int, now: int) -> int:
        """Return the first time from now on at which fewer than `limit` requests count."""
        times = sorted({now, *(time + length for time in self.times if time + length > now)})
        return next(each for each in times if sum(time + length > each for time in self.times) < limit)

    def acquire(self, lane: Lane, now: int) -> int:
        at_once = (self.per_second + 3) // 4
        per_hour = max(1, self.per_hour * 9 // 10) if lane is Lane.POLL else self.per_hour
        windows = (at_once, at_once * 1_020 // self.per_second), (self.per_second, 1_020), (per_hour, HOUR + 20)
        wait = max(self.free_at(*window, now) for window in windows) - now
        if not wait:
            self.times.append(now)
        return wait

    def postpone(self, time: int, latency: int) -> None:
        if time in self.times:
            self.times.remove(time)
            self.times.append(time + latency)


class ForgetfulLog(SlidingLog):
    """It forgets as soon as it may, so that short sequences see it forget."""

    FORGOTTEN = 1


@pytest.mark.parametrize("kind", [SlidingLog, ForgetfulLog])
@example(steps=LATE, per_second=25, per_hour=2)
@example(steps=EARLY, per_second=25, per_hour=3)
@given(steps=steps, **limits)
def test_the_log_answers_what_a_model_does_that_remembers_everything(
    kind: type[SlidingLog], steps: list[Asked | Answered], per_second: int, per_hour: int
) -> None:
    log, model = kind(lane_windows(per_second, per_hour)), Model(per_second, per_hour)
    now, went = 0, list[int]()
    for step in steps:
        if isinstance(step, Asked):
            now += step.gap
            waits = [log.acquire(step.lane, now) for _ in range(step.times)]
            assert waits == [model.acquire(step.lane, now) for _ in range(step.times)]
            went += [now] * waits.count(0)
        elif step.which < len(went):
            log.postpone(went[-1 - step.which], step.latency)
            model.postpone(went[-1 - step.which], step.latency)


def test_a_log_forgets_what_counts_no_longer() -> None:
    log = SlidingLog(lane_windows(per_second=20, per_hour=1_000))
    for number in range(20_000):
        assert log.acquire(Lane.START, number * 4_000) == 0
    assert len(log._times) < 1_100


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as running:
        yield running


PASS_TIME = """
for _, request in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    redis.call('ZINCRBY', KEYS[1], -ARGV[1], request)
end
"""  # the clock of Redis cannot be set, but all that it has counted can become older


@define
class Pair:
    """The script in Redis and the log in Python. Time passes in Redis where requests become older."""

    redis: Redis
    script: RedisLog
    log: SlidingLog
    passed: int = 0
    went: list[tuple[str, int]] = field(factory=list)

    def now(self) -> int:
        seconds, micros = self.redis.time()
        return seconds * 1000 + micros // 1000 + self.passed

    def counted(self) -> list[int]:
        return sorted(int(score) + self.passed for _, score in self.redis.zscan_iter(KEY))

    def let_pass(self, milliseconds: int) -> None:
        self.redis.eval(PASS_TIME, 1, KEY, milliseconds)
        self.passed += milliseconds

    def acquire(self, lane: Lane) -> None:
        request = f"request {next(NUMBERS)}"
        before = self.now()
        wait = self.script.acquire(lane, request)
        after = self.now()
        score = self.redis.zscore(KEY, request)
        if wait:
            assert score is None
            assert before <= before + self.log.acquire(lane, before) - wait <= after
            return
        assert score is not None
        at = int(score) + self.passed
        assert before <= at <= after
        assert self.log.acquire(lane, at) == 0
        assert self.redis.zcount(KEY, "-inf", score - HOUR - 20 - 250) == 0, "what no longer counts is dropped"
        self.went.append((request, at))

    def answer(self, which: int, latency: int) -> None:
        request, at = self.went[-1 - which]
        self.script.postpone(request, latency)
        self.log.postpone(at, latency)
        self.went[-1 - which] = (request, at + latency)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=LATE, per_second=25, per_hour=2)
@example(steps=EARLY, per_second=25, per_hour=3)
@given(steps=steps, **limits)
def test_the_script_answers_what_the_log_does(
    server: RedisServer, steps: list[Asked | Answered], per_second: int, per_hour: int
) -> None:
    with Redis.from_url(server.url) as redis:
        redis.delete(KEY)
        script = RedisLog(server.url, KEY, per_second=per_second, per_hour=per_hour)
        pair = Pair(redis, script, SlidingLog(lane_windows(per_second, per_hour)))
        for step in steps:
            if isinstance(step, Asked):
                pair.let_pass(step.gap)
                for _ in range(step.times):
                    pair.acquire(step.lane)
                    assert pair.counted() == pair.log._times[-len(pair.counted()) :]
            elif step.which < len(pair.went):
                pair.answer(step.which, step.latency)


def test_redis_keeps_a_log_for_as_long_as_it_counts(server: RedisServer) -> None:
    with Redis.from_url(server.url) as redis:
        redis.delete(KEY)
        RedisLog(server.url, KEY, per_second=1, per_hour=1).acquire(Lane.START, "request")
        assert HOUR < redis.pttl(KEY) < 3 * HOUR
