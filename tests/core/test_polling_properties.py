"""When a wait polls, by property: for any answers of the API, any latency and any policy."""

import math
from itertools import pairwise
from random import Random

import pytest
from attrs import frozen
from hypothesis import assume, given
from hypothesis import strategies as st
from supermetrics_query import PollPolicy, RateLimitError, RetryPolicy, ServerError, WaitTimeoutError
from supermetrics_query._core.context import LONGEST_RETRY_AFTER
from supermetrics_query._core.polling import LEEWAY, RESOLUTION, USUAL_LATENCY, Deadline, gap
from supermetrics_query._core.run import Run, Ticket, Timing
from supermetrics_query._flows.poll import Wait

from tests.support.answers import NOT_FOUND, envelope, gateway, status, success, too_many
from tests.support.scripted import Step, scripted_client
from tools.simulation.driver import Exchange, Reply, SimulatedDriver, context, lost

TICK = 1e-6  # the rounding error of sums of floats


def unavailable(seconds: str) -> Reply:
    """Fail, and say when to come back."""
    return envelope(503, "SERVICE_UNAVAILABLE", **{"retry-after": seconds})


def not_found(seconds: str) -> Reply:
    """Answer that the query is unknown, and when to come back."""
    return envelope(404, "STATUS_NOT_FOUND", **{"retry-after": seconds})


CODES = ("SCHEDULED", "QUEUED", "RUNNING", "SLEEPING")
ENDS: tuple[Reply, ...] = (success(), status("FAILURE"), status("STOPPED"), envelope(500, "QUERY_ERROR"))
FAILURES: tuple[Reply, ...] = (gateway(502), gateway(200), unavailable("0"), too_many(), NOT_FOUND, lost())

pauses = st.one_of(st.integers(0, 300), st.integers(0, 10**9)).map(str)
standings = st.builds(status, st.sampled_from(CODES), ready=st.integers(0, 9), total=st.integers(0, 12))
failures = st.one_of(
    st.sampled_from(FAILURES),
    pauses.map(lambda seconds: too_many(retry_after=seconds)),
    pauses.map(unavailable),
    pauses.map(not_found),
)
replies = st.one_of(standings, standings, failures)
histories = st.lists(st.tuples(st.one_of(st.just(0.0), st.floats(0, 100)), replies), max_size=25)
polls = st.builds(
    lambda floor, more, **members: PollPolicy(floor=floor, ceiling=floor + more, **members),
    st.floats(0.5, 5),
    st.floats(0, 60),
    first=st.floats(0, 10),
    use_progress=st.booleans(),
    jitter=st.floats(0, 1),
    max_errors=st.integers(1, 9),
)
retries = st.builds(RetryPolicy, base=st.floats(0, 3), cap=st.floats(0, 40))


@frozen
class Waited:
    """A wait that is over, and what happened in it."""

    driver: SimulatedDriver
    poll: PollPolicy
    retry: RetryPolicy
    began: float
    deadline: float
    error: Exception | None

    def is_last(self, exchange: Exchange) -> bool:
        """Return whether a poll is the last, sent so early that it could be answered by the deadline."""
        *before, last = self.driver.exchanges
        latency = max([USUAL_LATENCY, *(each.answered - each.sent for each in before)])
        return exchange is last and exchange.sent >= self.deadline - LEEWAY - latency - TICK


@st.composite
def waits(draw: st.DrawFn) -> Waited:
    """Wait with some policies for some answers."""
    poll, retry, coming = draw(polls), draw(retries), iter(draw(histories))
    timeout = draw(st.one_of(st.floats(0, 600), st.just(math.inf)))
    last = draw(st.sampled_from(ENDS) if math.isinf(timeout) else st.one_of(st.sampled_from(ENDS), replies))
    driver = SimulatedDriver(lambda _request, _now: next(coming, (0.0, last)))
    began = driver.time
    started = draw(st.sampled_from([began, None]))
    chance = Random(draw(st.integers(0, 99))).random
    run = Run(Ticket("night-1"), timing=Timing(started=started, born=started))
    error = driver.error_of(Wait(context(chance, poll=poll, retry=retry), run, Deadline(began + timeout)).flow())
    return Waited(driver, poll, retry, began, began + timeout, error)


@given(polls, st.floats(0, 1), st.floats(0, 1))
def test_a_query_younger_than_the_first_gap_gets_that_gap(poll: PollPolicy, share: float, draw: float) -> None:
    assume(poll.first * share < poll.first)
    assert gap(poll, poll.first * share, None, lambda: draw) == max(poll.first, poll.floor)


@given(waits())
def test_polls_are_a_floor_apart_unless_the_deadline_forces_the_last_one(waited: Waited) -> None:
    for one, next_one in pairwise(waited.driver.exchanges):
        assert waited.is_last(next_one) or next_one.sent - one.answered >= waited.poll.floor - TICK


@given(waits())
def test_gaps_are_bounded_by_the_ceiling_the_cap_of_retries_and_retry_after(waited: Waited) -> None:
    poll, retry = waited.poll, waited.retry
    for one, next_one in pairwise(waited.driver.exchanges):
        least_patient = max(poll.ceiling, poll.first, retry.cap, one.retry_after)
        drawn_to_deadline = poll.floor if waited.is_last(next_one) else 0.0
        assert next_one.sent - one.answered <= least_patient + drawn_to_deadline + TICK


@given(waits())
def test_no_poll_is_sent_after_the_deadline(waited: Waited) -> None:
    assert all(poll.sent <= waited.deadline + TICK for poll in waited.driver.exchanges)


@given(waits())
def test_no_poll_is_sent_sooner_than_retry_after_said(waited: Waited) -> None:
    assert all(after.sent >= one.answered + one.retry_after - TICK for one, after in pairwise(waited.driver.exchanges))


@given(waits())
def test_the_time_that_passed_is_that_of_the_pauses_and_the_answers(waited: Waited) -> None:
    driver = waited.driver
    answering = sum(poll.answered - poll.sent for poll in driver.exchanges)
    assert driver.time - waited.began == pytest.approx(sum(driver.clock.sleeps) + answering, abs=TICK)


@given(waits())
def test_a_pause_is_positive_and_at_most_one_day(waited: Waited) -> None:
    assert all(0 < seconds <= LONGEST_RETRY_AFTER + TICK for seconds in waited.driver.clock.sleeps)


@given(waits())
def test_a_wait_times_out_at_its_deadline_or_when_it_must_not_poll_before_it(waited: Waited) -> None:
    timed_out = isinstance(waited.error, WaitTimeoutError)
    last = waited.driver.exchanges[-1]
    assert not timed_out or max(waited.driver.time + RESOLUTION + TICK, last.answered + last.retry_after) >= (
        waited.deadline
    )


@pytest.mark.parametrize(
    ("answer", "kind"), [(unavailable("1e300"), ServerError), (too_many(retry_after="1e9"), RateLimitError)]
)
def test_a_retry_after_of_years_ends_a_wait_without_end_whichever_error_brings_it(
    backend: str, answer: Step, kind: type[Exception]
) -> None:
    subject = scripted_client(backend, answer)
    with pytest.raises(kind):
        subject.call(subject.client.attach("night-1"), "wait", timeout=None)
    assert subject.log == ["poll 0..9999"]
