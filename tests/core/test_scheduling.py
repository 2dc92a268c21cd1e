"""Hundreds of queries under one rate limit, in simulated time with fixed seeds."""

import math
from concurrent.futures import Future
from random import Random
from statistics import mean

import pytest
from attrs import define
from supermetrics_query._core.effects import Flow
from supermetrics_query._core.limits import Limiter
from supermetrics_query._core.polling import LEEWAY, Deadline, Latency
from supermetrics_query._core.run import Run, Ticket
from supermetrics_query._core.scheduling import HOUR, Job, Scheduler
from supermetrics_query._flows.many import as_completed, run_many
from supermetrics_query._flows.sources import Source, requests_from
from supermetrics_query._flows.multiplex import Multiplexer, Task

from tools.simulation.driver import SimulatedDriver, context
from tools.simulation.licence import Licence, numbered, run_of

SEEDS = range(3)


@define
class Seen:
    """What a simulated run was like: how late each end was seen, and what that cost."""

    late: list[float]
    polls: int
    refused: int
    last_start: float


def simulated(seed: int, count: int, slots: int | None, median: float = 20.0, in_flight: int | None = None) -> Seen:
    """Run queries as fast as they may be started, and note how late each end is seen."""
    random = Random(seed)
    licence = Licence(random, slots, median)
    driver = SimulatedDriver(licence)
    requests = requests_from(numbered(number) for number in range(count))
    options = context(random.random, limiter=Limiter())
    flow = run_many(options, Source(requests, run_of, in_flight or count, math.inf))
    late = [driver.time - licence.jobs[run.schedule_id].ended for run in driver.iterate(flow)]
    return Seen(late, licence.polls, licence.refused, max(job.asked for job in licence.jobs.values()))


def test_the_ends_of_three_hundred_queries_in_a_licence_queue_are_seen_in_time_with_few_polls() -> None:
    runs = [simulated(seed, 300, 5) for seed in SEEDS]
    assert [len(each.late) for each in runs] == [300] * len(SEEDS)
    assert mean(mean(each.late) for each in runs) <= 3.0
    assert max(each.polls for each in runs) <= 3_500
    assert sum(each.refused for each in runs) == 0
    # 300 starts take 15 s at the rate limit; nothing else may delay them for more than 5 s.
    assert max(each.last_start for each in runs) <= 15 + 5


@pytest.mark.parametrize(("count", "most_late"), [(100, 9.0), (300, 12.0)])
def test_without_a_queue_all_queries_share_the_budget(count: int, most_late: float) -> None:
    seen = simulated(1, count, None, median=120.0)
    assert len(seen.late) == count
    assert mean(seen.late) <= most_late
    assert seen.refused == 0


def test_the_polls_of_the_last_hour_are_spent() -> None:
    scheduler, job = Scheduler(), Job(Run(Ticket("night-1")))
    before = scheduler.rate(HOUR, 0.0)
    for _ in range(1_000):
        scheduler.begin(job, 0.0)
    assert scheduler.rate(HOUR, 1.0) == before - 1_000 / HOUR
    assert scheduler.rate(HOUR, HOUR + 1.0) == before


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


def test_queries_started_elsewhere_are_polled_in_their_order() -> None:
    random = Random(3)
    licence = Licence(random, 5)
    driver = SimulatedDriver(licence)
    runs = [run_of(numbered(number)) for number in range(60)]
    for run in runs:
        licence.enqueue(run.schedule_id, driver.time)
    flow = as_completed(context(random.random, limiter=Limiter()), runs, math.inf)
    late = [driver.time - licence.jobs[run.schedule_id].ended for run in driver.iterate(flow)]
    assert len(late) == 60
    assert mean(late) <= 4.0
    assert licence.polls <= 60 * 15


def test_the_last_poll_is_in_time_for_its_answer_but_never_before_the_server_allows_it() -> None:
    job = Job(Run(Ticket("night-1")), Deadline(50.0, latency=Latency((2.0,))))
    assert job.clipped(40.0) == 40.0
    assert job.clipped(60.0) == 50.0 - 2.0 - LEEWAY
    job.sent = 48.0
    assert job.clipped(49.0) == math.inf, "it has had its last poll"
    for _ in range(2):
        job.deadline.latency.record(0.5)
    assert job.clipped(60.0) == 50.0 - 0.5 - LEEWAY, "answers come sooner, so there is time for another"
    job.run.timing.not_before = 100.0
    assert job.clipped(40.0) == 100.0


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
