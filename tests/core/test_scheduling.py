"""Hundreds of queries under one rate limit, in simulated time with fixed seeds."""

import math
from random import Random
from statistics import mean

import pytest
from attrs import define
from supermetrics_query._core.polling import LEEWAY, Deadline, Latency
from supermetrics_query._core.run import Run, Ticket
from supermetrics_query._core.scheduling import Job
from supermetrics_query._flows.many import NextRequest, Source, as_completed, requests_from, run_many

from tests.support.simulation import Api, Simulation, request, run_of, settings

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
    api = Api(random, slots, median)
    simulation = Simulation(api)
    requests = requests_from(request(number) for number in range(count))
    flow = run_many(settings(random), Source(requests, run_of, in_flight or count, math.inf))
    late = [simulation.time - api.jobs[run.schedule_id].ended for run in simulation.iterate(flow)]
    return Seen(late, api.polls, api.refused, max(job.asked for job in api.jobs.values()))


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


def test_no_more_queries_are_unfinished_than_may_be_in_flight() -> None:
    random = Random(2)
    api = Api(random, 3)
    simulation = Simulation(api)
    most = 0

    def requests() -> NextRequest:
        return requests_from(request(number) for number in range(40))

    for _ in simulation.iterate(run_many(settings(random), Source(requests(), run_of, 7, math.inf))):
        unfinished = sum(1 for job in api.jobs.values() if job.ended > simulation.time)
        most = max(most, unfinished)
    assert len(api.jobs) == 40
    assert 3 <= most <= 7


def test_queries_started_elsewhere_are_polled_in_their_order() -> None:
    random = Random(3)
    api = Api(random, 5)
    simulation = Simulation(api)
    runs = [run_of(request(number)) for number in range(60)]
    for run in runs:
        api.enqueue(run.schedule_id, simulation.time)
    late = [
        simulation.time - api.jobs[run.schedule_id].ended
        for run in simulation.iterate(as_completed(settings(random), runs, math.inf))
    ]
    assert len(late) == 60
    assert mean(late) <= 4.0
    assert api.polls <= 60 * 15


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
