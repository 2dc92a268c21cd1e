"""Requests are counted before they are sent, and a refusal holds back everything that shares the client."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import ConfigurationError, Limiter, LimitExceededError, NoLimiter, WaitTimeoutError
from supermetrics_query._contract.messages import Lane
from supermetrics_query._core.limits import Permit

from tests.support.answers import envelope, status, success, too_many
from tests.support.scripted import a_query, scripted_client


def times_granted(limiter: Limiter, lane: Lane, seconds: float) -> list[float]:
    """Acquire permits as fast as they are given, and note when each was."""
    times, now = [], 1000.0
    while now < 1000.0 + seconds:
        permit = limiter.acquire(lane, now)
        if permit.wait:
            now += permit.wait
        else:
            times.append(now)
    return times


@given(per_second=st.integers(1, 30), per_hour=st.integers(1, 400), lane=st.sampled_from(Lane))
def test_no_second_and_no_hour_holds_more_requests_than_allowed(per_second: int, per_hour: int, lane: Lane) -> None:
    times = times_granted(Limiter(per_second=per_second, per_hour=per_hour), lane, 3_700.0)
    for window, most in ((1.0, per_second), (3_600.0, per_hour)):
        for first, beyond in zip(times, times[most:], strict=False):
            assert beyond - first >= window


def test_the_rate_that_is_used_is_close_to_the_rate_that_is_allowed() -> None:
    times = times_granted(Limiter(per_second=20, per_hour=100_000), Lane.START, 100.0)
    assert 0.95 * 20 <= len(times) / 100.0 <= 20.5


def test_polls_leave_room_for_starts_and_pages() -> None:
    limiter = Limiter(per_second=1000, per_hour=20)
    polls = [limiter.acquire(Lane.POLL, 1000.0).wait > 0 for _ in range(20)]
    assert polls == [False] * 18 + [True] * 2
    assert limiter.acquire(Lane.START, 1000.0).wait == 0
    assert limiter.acquire(Lane.PAGE, 1000.0).wait == 0
    assert limiter.acquire(Lane.PAGE, 1000.0).wait > 0


def test_the_requests_of_a_second_do_not_go_all_at_once() -> None:
    limiter = Limiter(per_second=20, per_hour=5_000)
    for _ in range(18):
        limiter.acquire(Lane.START, 1000.0)
    times = [1001.5]
    while len(times) < 20:
        permit = limiter.acquire(Lane.START, times[-1])
        times.append(times[-1] + permit.wait)
    assert max(times.count(time) for time in times) <= 6


@pytest.mark.parametrize(("latency", "free"), [(0.01, 1.02), (0.1, 1.12), (60.0, 1.27)])
@pytest.mark.parametrize("others", [0, 1])
def test_a_slot_is_free_a_window_after_its_answer(others: int, latency: float, free: float) -> None:
    limiter = Limiter(per_second=1)
    first = limiter.acquire(Lane.START, 1000.0)
    assert first.answered is not None
    assert [limiter.acquire(Lane.POLL, 1000.0).wait > 0 for _ in range(others)] == [True] * others
    first.answered(1000.0 + latency)
    assert 1000.9 + limiter.acquire(Lane.START, 1000.9).wait == pytest.approx(1000.0 + free, abs=0.003)


@given(
    now=st.integers(0, 10**9).map(lambda each: each / 1000),
    later=st.sampled_from([0, 0.001, 0.7]),
    lane=st.sampled_from(Lane),
)
def test_a_request_that_has_waited_as_long_as_it_was_told_may_go(now: float, later: float, lane: Lane) -> None:
    limiter = Limiter(per_second=1)
    limiter.acquire(Lane.START, now)
    wait = limiter.acquire(lane, now + later).wait
    assert wait > 0
    assert limiter.acquire(lane, now + later + wait).wait == 0


def test_a_poll_comes_later_for_the_next_slot_than_a_start() -> None:
    limiter = Limiter(per_second=1)
    limiter.acquire(Lane.PAGE, 1000.0)
    waits = {lane: limiter.acquire(lane, 1000.5).wait for lane in Lane}
    assert waits[Lane.START] == waits[Lane.PAGE] < waits[Lane.POLL] < waits[Lane.START] + 0.01


def test_polls_alone_may_use_all_of_a_second() -> None:
    times = times_granted(Limiter(per_second=20, per_hour=100_000), Lane.POLL, 100.0)
    assert 0.95 * 20 <= len(times) / 100.0 <= 20.5


def test_the_limiter_learns_when_the_answer_came(backend: str) -> None:
    answered: list[float] = []

    class Listening(NoLimiter):
        def acquire(self, _lane: Lane, _now: float, /) -> Permit:
            return Permit(answered=answered.append)

        async def acquire_async(self, lane: Lane, now: float, /) -> Permit:
            return self.acquire(lane, now)

    subject = scripted_client(backend, success(), limiter=Listening())
    subject.call(subject.client, "status", "night-1")
    assert answered == [subject.script.clock.now()]


def test_a_clock_that_goes_back_does_not_lose_count() -> None:
    limiter = Limiter(per_second=100, per_hour=10)
    assert [limiter.acquire(Lane.START, 1000.0 - number).wait > 0 for number in range(11)] == [False] * 10 + [True]


@pytest.mark.parametrize("options", [{"per_second": 0}, {"per_hour": -5}, {"per_second": 1.5}, {"per_hour": True}])
def test_a_limit_that_allows_nothing_is_refused(options: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a whole number from 1 to"):
        Limiter(**options)


def test_requests_wait_for_their_slot(backend: str) -> None:
    subject = scripted_client(backend, success(), limiter=Limiter(per_second=2))
    for _ in range(3):
        subject.call(subject.client, "status", "night-1")
    assert [line.split()[0] for line in subject.log] == ["poll", "sleep", "poll", "sleep", "poll"]


def test_without_limits_nothing_waits(backend: str) -> None:
    subject = scripted_client(backend, success(), limiter=NoLimiter())
    for _ in range(100):
        subject.call(subject.client, "status", "night-1")
    assert {line.split()[0] for line in subject.log} == {"poll"}


def test_one_refusal_holds_back_everything_that_shares_the_client(backend: str) -> None:
    subject = scripted_client(backend, too_many(retry_after="7"), status("RUNNING"), success())
    one, other = subject.client.attach("night-1"), subject.client.attach("night-1")
    with pytest.raises(WaitTimeoutError):
        subject.call(one, "wait", timeout=0)
    subject.call(other, "refresh")
    assert subject.log == ["poll 0..9999", "sleep 7.00", "poll 0..9999"]


def test_a_slot_that_is_too_far_away_is_an_error_and_not_a_long_silence(backend: str) -> None:
    subject = scripted_client(backend, success(), limiter=Limiter(per_second=1, per_hour=1))
    subject.call(subject.client, "status", "night-1")
    with pytest.raises(LimitExceededError, match=r"nothing was sent: .* allow no page for another 3600") as caught:
        subject.call(subject.client, "status", "night-1")
    assert caught.value.retry_after > 3_500
    assert not caught.value.sent
    assert pickle.loads(pickle.dumps(caught.value)).retry_after == caught.value.retry_after  # noqa: S301


def test_a_wait_whose_next_slot_lies_behind_its_deadline_says_so(backend: str) -> None:
    subject = scripted_client(backend, status("RUNNING"), limiter=Limiter(per_second=5, per_hour=5))
    with pytest.raises(WaitTimeoutError, match="still RUNNING") as caught:
        subject.call(subject.client.attach("night-1"), "wait", timeout=900)
    assert isinstance(caught.value.__cause__, LimitExceededError)
    assert len([line for line in subject.log if line.startswith("poll")]) == 4


def test_a_wait_with_time_goes_on_when_the_hour_is_over(backend: str) -> None:
    answers = [status("RUNNING")] * 6 + [success()]
    subject = scripted_client(backend, *answers, limiter=Limiter(per_second=5, per_hour=5))
    assert subject.call(subject.client.attach("night-1"), "wait", timeout=9_000).status.is_success
    assert subject.script.clock.now() > 1000.0 + 3_600


def test_a_quota_of_the_licence_does_not_hold_back_other_queries() -> None:
    quota = envelope(429, "LICENSE_DAILY_QUERY_LIMIT_EXCEEDED", "Daily quota", **{"retry-after": "600"})
    subject = scripted_client("sync", quota, success())
    with pytest.raises(Exception, match="Daily quota"):
        subject.call(subject.client, "start", a_query())
    subject.call(subject.client, "status", "night-1")
    assert not [line for line in subject.log if line.startswith("sleep")]


@pytest.mark.parametrize(("limit", "pause"), [("5000", 0.72), ("20", 0.05)])
def test_an_answer_that_says_that_nothing_is_left_holds_back_one_request(limit: str, pause: float) -> None:
    last = success()
    last.headers.update({"x-ratelimit-limit": limit, "x-ratelimit-remaining": "0"})
    subject = scripted_client("sync", last)
    subject.call(subject.client, "status", "night-1")
    subject.call(subject.client, "status", "night-1")
    assert subject.log[1] == f"sleep {pause:.2f}"
