"""Limits shared in a real Redis server, which dies, freezes and comes back."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from redis import Redis
from supermetrics_query import ConfigurationError, LimiterRestored, LimiterUnavailable, RedisLimiter
from supermetrics_query._contract.messages import Lane
from supermetrics_query._core.limits import Permit

from tests.support.calling import each_async_backend
from tests.support.redis_server import RedisServer, running_redis


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as running:
        yield running


@pytest.fixture
def url(server: RedisServer) -> str:
    return os.environ.get("REDIS_URL") or server.url


def name() -> str:
    return f"test-{time.time_ns()}"


def granted(limiter: RedisLimiter, now: float, most: int = 100) -> int:
    """Acquire permits until there is none, and count them."""
    return next(number for number in range(most) if limiter.acquire(Lane.START, now).wait)


def test_two_limiters_spend_one_budget(url: str) -> None:
    shared = name()
    one, other = (RedisLimiter(url, name=shared, per_second=1000, per_hour=10) for _ in range(2))
    assert [one.acquire(Lane.START, 0.0).wait for _ in range(6)] == [0.0] * 6
    assert granted(other, 0.0) == 4
    assert one.acquire(Lane.START, 0.0).wait > 3_500


def test_limiters_of_other_names_do_not_count_each_other(url: str) -> None:
    one, other = (RedisLimiter(url, name=name(), per_hour=3) for _ in range(2))
    assert granted(one, 0.0) == granted(other, 0.0) == 3


def test_polls_leave_room_for_starts(url: str) -> None:
    limiter = RedisLimiter(url, name=name(), per_second=1000, per_hour=10)
    assert [limiter.acquire(Lane.POLL, 0.0).wait > 0 for _ in range(10)] == [False] * 9 + [True]
    assert limiter.acquire(Lane.PAGE, 0.0).wait == 0


def test_a_slot_is_free_a_window_after_its_answer_for_all_that_share_it(url: str) -> None:
    shared = name()
    one, other, third = (RedisLimiter(url, name=shared, per_second=1, per_hour=1) for _ in range(3))
    first = one.acquire(Lane.START, 0.0)
    before = other.acquire(Lane.START, 0.0).wait
    assert first.answered is not None
    first.answered(0.2)
    one.acquire(Lane.START, 0.2)
    assert third.acquire(Lane.START, 0.2).wait == pytest.approx(before + 0.2, abs=0.1)


def test_a_request_of_a_process_whose_clock_is_ahead_counts(url: str) -> None:
    shared = name()
    with Redis.from_url(url) as redis:
        redis.zadd(f"{shared}:requests", {"other": time.time() * 1000 + 5_000})
    assert RedisLimiter(url, name=shared, per_second=1, per_hour=1).acquire(Lane.START, 0.0).wait > 3_600


def test_a_limiter_that_knows_when_the_next_slot_is_does_not_ask_again() -> None:
    with running_redis() as server:
        limiter = RedisLimiter(server.url, name=name(), per_second=1)
        assert limiter.acquire(Lane.START, 0.0).wait == 0
        wait = limiter.acquire(Lane.START, 1.0).wait
        server.kill()
        assert limiter.acquire(Lane.START, 1.25) == Permit(1.0 + wait - 1.25)


def test_redis_learns_of_an_answer_also_from_a_request_that_must_wait(url: str) -> None:
    limiter = RedisLimiter(url, name=(shared := name()), per_second=1)
    permit = limiter.acquire(Lane.START, 0.0)
    assert permit.answered is not None
    assert limiter.acquire(Lane.START, 0.1).wait > 0
    with Redis.from_url(url) as redis:
        before = max(score for _, score in redis.zscan_iter(f"{shared}:requests"))
        permit.answered(0.2)
        assert limiter.acquire(Lane.START, 0.2).wait > 0
        assert max(score for _, score in redis.zscan_iter(f"{shared}:requests")) == before + 200


def test_what_changes_in_redis_is_noticed_soon_also_when_the_hour_is_used_up(url: str) -> None:
    limiter = RedisLimiter(url, name=(shared := name()), per_hour=1)
    assert granted(limiter, 0.0) == 1
    with Redis.from_url(url) as redis:
        redis.delete(f"{shared}:requests")
    assert limiter.acquire(Lane.START, 0.1).wait == 0


@each_async_backend
def test_tasks_share_it_too(url: str, backend: str) -> None:
    limiter = RedisLimiter(url, name=name(), per_hour=2)

    async def waits() -> list[float]:
        return [(await limiter.acquire_async(Lane.START, 0.0)).wait for _ in range(3)]

    assert [wait > 0 for wait in anyio.run(waits, backend=backend)] == [False, False, True]


def test_a_server_that_dies_leaves_each_process_its_fraction_until_it_comes_back() -> None:
    with running_redis() as server:
        limiter = RedisLimiter(server.url, name=name(), per_second=1000, per_hour=40, fraction=0.25)
        assert limiter.acquire(Lane.START, 0.0).event is None
        server.kill()
        away = limiter.acquire(Lane.START, 1.0)
        assert isinstance(away.event, LimiterUnavailable)
        assert away.wait > 1.0, "what Redis has counted still counts at the API"
        assert granted(limiter, 2.5) == 10
        server.start()
        assert limiter.acquire(Lane.START, 3.0).event is None, "it is not asked again at once"
        back = limiter.acquire(Lane.START, 10.0)
        assert isinstance(back.event, LimiterRestored)
        assert back.wait == 0
        assert limiter.acquire(Lane.START, 10.5).wait > 0, "other processes may not have noticed yet"
        assert limiter.acquire(Lane.START, 20.0).wait == 0


def test_the_request_that_finds_redis_back_is_one_of_the_fraction() -> None:
    with running_redis() as server:
        limiter = RedisLimiter(server.url, name=name(), per_second=8, fraction=0.25)
        server.kill()
        limiter.acquire(Lane.START, 0.0)
        assert limiter.acquire(Lane.START, 5.0 - 0.1).wait == 0
        server.start()
        back = limiter.acquire(Lane.START, 5.0)
        assert isinstance(back.event, LimiterRestored)
        assert 0 < back.wait <= 0.42, "one request in half a second is what this process may send alone"


def test_a_process_takes_no_slot_in_redis_that_its_fraction_does_not_let_it_use() -> None:
    with running_redis() as server, Redis.from_url(server.url) as redis:
        limiter = RedisLimiter(server.url, name=(shared := name()), per_second=80, fraction=0.025)
        server.kill()
        limiter.acquire(Lane.START, 0.0)
        server.start()
        assert limiter.acquire(Lane.START, 5.0).wait == 0
        assert all(limiter.acquire(Lane.START, 5.1).wait for _ in range(5))
        assert redis.zcard(f"{shared}:requests") == 1
        settled = 5.0 + 6.1
        assert [limiter.acquire(Lane.START, settled - 0.1).wait > 0 for _ in range(2)] == [False, True]
        assert [limiter.acquire(Lane.START, settled).wait for _ in range(2)] == [0, 0]


def test_answers_postpone_the_slots_of_the_fraction_while_other_processes_may_not_have_noticed() -> None:
    with running_redis() as server:
        limiter = RedisLimiter(server.url, name=name(), per_second=40, fraction=0.025)
        server.kill()
        limiter.acquire(Lane.START, 0.0)
        server.start()
        limiter.acquire(Lane.START, 5.0)
        permit = limiter.acquire(Lane.START, 7.0)
        assert permit.answered is not None
        permit.answered(7.2)
        assert 8.0 + limiter.acquire(Lane.START, 8.0).wait == pytest.approx(8.22, abs=0.003)


def test_requests_that_fail_together_are_silent_together_and_tell_it_once() -> None:
    with running_redis() as server, ThreadPoolExecutor(4) as threads:
        limiter = RedisLimiter(server.url, name=name())
        server.freeze()
        permits = list(threads.map(lambda _: limiter.acquire(Lane.START, 1.0), range(4)))
        assert [permit.wait for permit in permits] == [pytest.approx(1.1)] * 4
        assert len([permit for permit in permits if permit.event]) == 1


def test_a_script_that_redis_has_forgotten_is_sent_again(url: str) -> None:
    limiter = RedisLimiter(url, name=name(), per_hour=3)
    with Redis.from_url(url) as redis:
        assert [limiter.acquire(Lane.START, 0.0).wait for _ in range(2)] == [0.0, 0.0]
        redis.script_flush()
        permit = limiter.acquire(Lane.START, 0.0)
    assert (permit.wait, permit.event) == (0.0, None)
    assert limiter.acquire(Lane.START, 0.0).wait > 3_500


def test_a_server_that_freezes_costs_a_moment_and_not_the_wait() -> None:
    with running_redis() as server:
        limiter = RedisLimiter(server.url, name=name(), per_hour=40)
        assert limiter.acquire(Lane.START, 0.0).event is None
        server.freeze()
        began = time.monotonic()
        assert isinstance(limiter.acquire(Lane.START, 1.0).event, LimiterUnavailable)
        assert time.monotonic() - began < 5.0
        server.thaw()
        assert isinstance(limiter.acquire(Lane.START, 10.0).event, LimiterRestored)


def test_a_server_that_was_never_there_raises_nothing() -> None:
    limiter = RedisLimiter("redis://127.0.0.1:1/0", per_second=1000, per_hour=40)
    assert isinstance(limiter.acquire(Lane.START, 0.0).event, LimiterUnavailable)
    assert limiter.acquire(Lane.START, 0.1).event is None


@pytest.mark.parametrize(
    "options", [{"url": "http://localhost"}, {"fraction": 0}, {"fraction": 1.5}, {"per_second": 0}, {"per_hour": "5"}]
)
def test_options_that_make_no_sense_are_refused(options: Any) -> None:
    with pytest.raises(ConfigurationError):
        RedisLimiter(**options)
