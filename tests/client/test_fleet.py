"""Hundreds of queries under one budget, in simulated time on fixed seeds."""

import math
from random import Random
from statistics import mean

import pytest
from attrs import define
from supermetrics_query._flows.many import NextRequest, Source, as_completed, requests_from, run_many

from tests.support.simulation import Api, World, request, run_of, settings

SEEDS = range(3)


@define
class Seen:
    """What a fleet was like: how late each end was noticed, and what that cost."""

    late: list[float]
    polls: int
    refused: int
    last_start: float


def fleet(seed: int, count: int, slots: int | None, median: float = 20.0, in_flight: int | None = None) -> Seen:
    """Run queries as fast as they may be started, and note how late each end is noticed."""
    random = Random(seed)
    api = Api(random, slots, median)
    world = World(api)
    requests = requests_from(request(number) for number in range(count))
    flow = run_many(settings(random), Source(requests, run_of, in_flight or count, math.inf))
    late = [world.time - api.jobs[run.schedule_id].ended for run in world.iterate(flow)]
    return Seen(late, api.polls, api.refused, max(job.asked for job in api.jobs.values()))


def test_three_hundred_queries_in_a_licence_queue_are_noticed_in_time_for_few_polls() -> None:
    fleets = [fleet(seed, 300, 5) for seed in SEEDS]
    assert [len(each.late) for each in fleets] == [300] * len(SEEDS)
    assert mean(mean(each.late) for each in fleets) <= 3.0
    assert max(each.polls for each in fleets) <= 3_500
    assert sum(each.refused for each in fleets) == 0
    # 300 starts take 15 s at the pace of the key; nothing else may hold them up for more than 5 s.
    assert max(each.last_start for each in fleets) <= 15 + 5


@pytest.mark.parametrize(("count", "most_late"), [(100, 9.0), (300, 12.0)])
def test_without_a_queue_all_queries_share_the_budget(count: int, most_late: float) -> None:
    seen = fleet(1, count, None, median=120.0)
    assert len(seen.late) == count
    assert mean(seen.late) <= most_late
    assert seen.refused == 0


def test_no_more_queries_are_unfinished_than_may_be_in_flight() -> None:
    random = Random(2)
    api = Api(random, 3)
    world = World(api)
    most = 0

    def requests() -> NextRequest:
        return requests_from(request(number) for number in range(40))

    for _ in world.iterate(run_many(settings(random), Source(requests(), run_of, 7, math.inf))):
        unfinished = sum(1 for job in api.jobs.values() if job.ended > world.time)
        most = max(most, unfinished)
    assert len(api.jobs) == 40
    assert 3 <= most <= 7


def test_queries_started_elsewhere_are_polled_in_their_order() -> None:
    random = Random(3)
    api = Api(random, 5)
    world = World(api)
    runs = [run_of(request(number)) for number in range(60)]
    for run in runs:
        api.enqueue(run.schedule_id, world.time)
    late = [
        world.time - api.jobs[run.schedule_id].ended
        for run in world.iterate(as_completed(settings(random), runs, math.inf))
    ]
    assert len(late) == 60
    assert mean(late) <= 4.0
    assert api.polls <= 60 * 15
