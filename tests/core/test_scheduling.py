"""Hundreds and thousands of queries under one rate limit, in simulated time with fixed seeds."""

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from random import Random
from typing import Any

import pytest
from supermetrics_query import HistoryDoubted, InFlightLowered, Limiter, NoLimiter, PollPolicy
from supermetrics_query._core.budget import Budget
from supermetrics_query._core.effects import Flow
from supermetrics_query._core.jobs import KEPT, Job
from supermetrics_query._core.limits import Allowance, BaseLimiter, Permit
from supermetrics_query._core.pacing import Pace
from supermetrics_query._core.polling import LEEWAY, Deadline, Latency
from supermetrics_query._core.run import Run, Ticket
from supermetrics_query._core.scheduling import Scheduler
from supermetrics_query._flows.many import as_completed, run_many
from supermetrics_query._flows.multiplex import Multiplexer, Task
from supermetrics_query._flows.sources import Source, requests_from

from tools.simulation.driver import SimulatedDriver, context
from tools.simulation.licence import History, Licence, log_normal, numbered, run_of
from tools.simulation.many import HISTORIES, LOG_NORMAL, UNIFORM, Fleet, Seen, simulated

WITHOUT = PollPolicy(use_history=False)


def events_of(seen: Seen, kind: type) -> list[Any]:
    return [event for event in seen.events if isinstance(event, kind)]


@pytest.mark.parametrize("slots", [None, 15], ids=["no queue", "queue"])
@pytest.mark.parametrize("durations", [UNIFORM, LOG_NORMAL])
def test_a_history_that_is_right_brings_every_end_in_seconds_for_few_requests(
    durations: str, slots: int | None
) -> None:
    seen = simulated(Fleet(count=300, durations=durations, slots=slots))
    assert (len(seen.late), seen.lost, seen.licence.refused) == (300, 0, 0)
    assert seen.mean <= 3.0
    assert seen.worst <= 15.0
    assert seen.beside <= 2_000
    assert events_of(seen, HistoryDoubted) == []


def test_two_thousand_queries_are_watched_as_well_as_a_few_hundred() -> None:
    seen = simulated(Fleet(count=2_000, durations=LOG_NORMAL))
    assert (len(seen.late), seen.lost, seen.licence.refused) == (2_000, 0, 0)
    assert seen.mean <= 3.0
    assert seen.worst <= 15.0
    assert seen.beside <= 2_000


@pytest.mark.parametrize("history", [HISTORIES["absent"], History(refusal=403)], ids=["absent", "refused"])
def test_without_a_history_queries_share_the_budget(history: History) -> None:
    seen = simulated(Fleet(count=300, durations=UNIFORM, history=history))
    assert (len(seen.late), seen.lost, seen.licence.refused) == (300, 0, 0)
    assert seen.mean <= 90.0
    assert seen.licence.requests["get_query_history"] <= 3
    assert events_of(seen, HistoryDoubted)


@pytest.mark.parametrize("history", [History(lag=60.0), History(omits=0.2)], ids=["lags", "omits"])
def test_a_history_that_knows_too_little_is_doubted_and_loses_nothing(history: History) -> None:
    seen = simulated(Fleet(count=300, durations=UNIFORM, history=history))
    assert (len(seen.late), seen.lost) == (300, 0)
    assert seen.mean <= 60.0
    assert "does not list the end of query" in events_of(seen, HistoryDoubted)[0].reason


def test_a_history_in_the_other_order_is_read_as_well() -> None:
    seen = simulated(Fleet(count=300, durations=LOG_NORMAL, history=History(reversed=True)))
    assert seen.mean <= 3.0
    assert events_of(seen, HistoryDoubted) == []


def test_a_policy_can_forbid_the_history() -> None:
    seen = simulated(Fleet(count=300, slots=5, poll=WITHOUT))
    assert seen.licence.requests["get_query_history"] == 0
    assert seen.mean <= 3.0
    assert seen.licence.polls <= 4_000
    # 300 starts take 15 s at the rate limit; nothing else may delay them for more than 5 s.
    assert max(job.asked for job in seen.licence.jobs.values()) <= 15 + 5


@pytest.mark.parametrize("count", [100, 300])
def test_queries_that_end_soon_are_polled_often_while_the_hour_lasts(count: int) -> None:
    seen = simulated(Fleet(count=count, durations=LOG_NORMAL, poll=WITHOUT))
    assert len(seen.late) == count
    assert seen.mean <= 12.0
    assert seen.licence.refused == 0


@pytest.mark.parametrize("poll", [PollPolicy(), WITHOUT], ids=["history", "polls"])
def test_more_queries_than_the_limits_allow_start_later_and_none_is_lost(poll: PollPolicy) -> None:
    limiter = Limiter(per_hour=500)
    seen = simulated(Fleet(count=600, durations=LOG_NORMAL, limiter=limiter, poll=poll))
    (lowered,) = events_of(seen, InFlightLowered)[:1]
    assert (lowered.wanted, lowered.in_flight < 225) == (600, True)
    assert (len(seen.late), seen.lost, seen.licence.refused) == (600, 0, 0)


class Mine(BaseLimiter):
    """A limiter of the user that allows a hundred thousand requests an hour, and grants each."""

    def acquire(self, _lane: object, _now: float, /) -> Permit:
        return Permit()

    def allowance(self, _now: float, /) -> Allowance:
        return Allowance(per_second=100, per_hour=100_000)


@pytest.mark.parametrize("make", [NoLimiter, Mine])
def test_the_budget_is_that_of_the_limiter(make: Callable[[], BaseLimiter]) -> None:
    licence = Licence(random := Random(1), None, log_normal(200.0), per_second=10**6, per_hour=10**6)
    driver = SimulatedDriver(licence, keeps=False)
    options = context(random.random, limiter=make(), poll=WITHOUT)
    requests = requests_from(numbered(number) for number in range(300))
    late = [
        driver.time - licence.jobs[run.schedule_id].ended
        for run in driver.iterate(run_many(options, Source(requests, run_of, 300, math.inf)))
    ]
    assert len(late) == 300
    assert licence.polls > 5_000
    assert max(late) <= 31.0, "no gap is longer than that of a single query"


def test_no_query_in_flight_goes_without_a_poll_until_its_result_could_be_lost() -> None:
    seen = simulated(Fleet(count=1_500, durations=UNIFORM, poll=WITHOUT))
    assert seen.lost == 0
    assert seen.worst <= KEPT + 60


def test_a_query_that_was_not_polled_for_long_is_polled_whatever_else_waits() -> None:
    scheduler = Scheduler(pace=Pace(Budget(20, 4_500, left=0.0)))
    job = Job(Run(Ticket("night-1")), number=1, polled=0.0)
    scheduler.add(job, 0.0)
    scheduler.record(job, 0.0)
    assert scheduler.next_urgent(KEPT - 1) is None
    assert scheduler.next_turn(KEPT - 1) is None, "nothing is left"
    assert scheduler.next_urgent(KEPT) is job


def test_a_hint_comes_before_all_turns_and_is_heeded_once() -> None:
    scheduler = Scheduler()
    jobs = [Job(Run(Ticket(f"night-{number}")), number=number, polled=0.0) for number in range(3)]
    for job in jobs:
        scheduler.add(job, 0.0)
        scheduler.record(job, 0.0)
    scheduler.hint("night-2", 10.0)
    scheduler.hint("night-2", 10.0)
    scheduler.hint("unknown", 10.0)
    assert scheduler.next_urgent(10.0) is jobs[2]
    assert scheduler.next_urgent(10.0) is None


def test_the_turns_of_older_queries_come_less_often() -> None:
    scheduler, turns = Scheduler(pace=Pace(Budget(20, 4_500, 4_500))), [0, 0]
    jobs = [Job(Run(Ticket(name)), number=number) for number, name in enumerate(["old", "young"])]
    for job, born in zip(jobs, (-10_000.0, 0.0), strict=True):
        job.run.timing.born, job.polled = born, 0.0
        scheduler.add(job, 0.0)
        scheduler.record(job, 0.0)
    for second in range(1, 200):
        while due := scheduler.next_turn(float(second)):
            turns[due.number] += 1
            scheduler.begin(due, float(second))
            scheduler.record(due, float(second))
    assert 5 * turns[0] < turns[1]


def cpu_of_polls(count: int) -> float:
    """Return the CPU that scheduling a poll takes with so many in flight."""
    scheduler = Scheduler(pace=Pace(Budget(10_000, 10**8, 10**8)))
    for number in range(count):
        job = Job(Run(Ticket(f"night-{number}")), Deadline(10**9), number, polled=0.0)
        scheduler.add(job, 0.0)
        scheduler.record(job, 0.0)
    began, done, now = time.process_time(), 0, 1.0
    while done < 5_000:
        now += 0.001
        if due := scheduler.next_urgent(now) or scheduler.next_turn(now):
            scheduler.begin(due, now)
            scheduler.record(due, now)
            done += 1
        scheduler.next_deadline(now)
        scheduler.timed_out(now)
    return (time.process_time() - began) / done


def test_a_poll_of_ten_thousand_queries_costs_little_more_than_one_of_a_hundred() -> None:
    assert min(cpu_of_polls(10_000) for _ in range(3)) <= 4 * min(cpu_of_polls(100) for _ in range(3))


def test_leaving_many_queries_cancels_the_requests_under_way() -> None:
    multiplexer, request = Multiplexer(), Future[object]()
    multiplexer.tasks.append(Task(flow=iter_nothing(), pending=request))
    multiplexer.close()
    assert request.cancelled()


def iter_nothing() -> Flow[None]:
    """Do nothing."""
    yield from ()


def test_no_more_queries_are_unfinished_than_may_be_in_flight() -> None:
    random = Random(2)
    licence = Licence(random, 3)
    driver = SimulatedDriver(licence)
    options = context(random.random, limiter=Limiter())
    requests = requests_from(numbered(number) for number in range(40))
    most = 0
    for _ in driver.iterate(run_many(options, Source(requests, run_of, 7, math.inf))):
        most = max(most, sum(1 for job in licence.jobs.values() if job.ended > driver.time))
    assert len(licence.jobs) == 40
    assert 3 <= most <= 7


@pytest.mark.parametrize("poll", [PollPolicy(), WITHOUT], ids=["history", "polls"])
def test_queries_started_elsewhere_are_polled_in_their_order(poll: PollPolicy) -> None:
    random = Random(3)
    licence = Licence(random, 5)
    driver = SimulatedDriver(licence)
    runs = [run_of(numbered(number)) for number in range(60)]
    for run in runs:
        licence.enqueue(run.schedule_id, driver.time)
    flow = as_completed(context(random.random, limiter=Limiter(), poll=poll), runs, math.inf)
    late = [driver.time - licence.jobs[run.schedule_id].ended for run in driver.iterate(flow)]
    assert len(late) == 60
    assert sum(late) / 60 <= 4.0
    assert licence.polls <= 60 * 15


def test_the_last_poll_is_in_time_for_its_answer_but_never_before_the_server_allows_it() -> None:
    latency = Latency((2.0,))
    scheduler, job = Scheduler(), Job(Run(Ticket("night-1")), Deadline(5_000.0, latency=latency), 1, polled=4_000.0)
    scheduler.add(job, 4_000.0)
    scheduler.record(job, 4_000.0)
    last = 5_000.0 - 2.0 - LEEWAY
    assert scheduler.next_urgency(4_000.0) == last
    latency.record(1.0)
    latency.record(3.0)
    assert scheduler.next_urgency(4_000.0) == last - 1.0, "answers take longer"
    job.run.timing.not_before = 4_999.0
    assert scheduler.next_urgent(last) is None
    assert scheduler.next_urgent(4_999.0) is job


def test_a_job_has_timed_out_at_its_deadline_unless_an_answer_is_still_to_come() -> None:
    job = Job(Run(Ticket("night-1")), Deadline(50.0))
    assert not job.has_timed_out(49.0)
    assert job.has_timed_out(50.0)
    job.is_busy = True
    assert not job.has_timed_out(50.0)


def test_a_job_whose_deadline_is_now_has_timed_out_after_one_poll_or_when_it_must_not_be_polled() -> None:
    job = Job(Run(Ticket("night-1")), Deadline(50.0, is_now=True))
    assert not job.has_timed_out(60.0)
    job.run.timing.not_before = 100.0
    assert job.has_timed_out(60.0)
    assert not job.has_timed_out(100.0)
    job.polled = 100.0
    assert job.has_timed_out(100.0)
