"""Simulated time: how late the end of a query is seen, and how many requests that takes.

One query at a time goes through `QueryClient.run()`; many go through the flow of `run_many`.

Durations are log-normal with a median of 15 s and a mean of 25 s. A query has eight parts, which become ready one after
the other and take equally long. A request travels for 0.1 s, and so does an answer.
"""

import json
import math
import random
from collections.abc import Mapping

import httpx
from attrs import define, field
from supermetrics_query import DataQuery, Limiter, QueryClient
from supermetrics_query._flows.many import run_many
from supermetrics_query._flows.sources import Source, requests_from
from supermetrics_query.testing import FakeClock

from tools.simulation.driver import SimulatedDriver, context
from tools.simulation.licence import Licence, numbered, run_of
from tools.simulation.many import fleets

MEDIAN, SIGMA = 15.0, 1.0
PARTS = 8
TRAVEL = 0.1
STARTS_A_SECOND = 15  # that the limiter lets through where an answer takes 0.08 s, by which each slot counts longer
HELD_UP = 1.0  # seconds by which polls and the history may delay the last start
BASE_URL = "https://api.test/enterprise/v2"


@define
class Service:
    """An API that runs one query after the other, each for a random time."""

    clock: FakeClock
    draw: random.Random = field(factory=lambda: random.Random(8))  # noqa: S311
    ready_at: list[float] = field(factory=list)  # when each part of the query is ready
    requests: int = 0

    @property
    def ends(self) -> float:
        """When the query ends."""
        return self.ready_at[-1]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a start or a poll."""
        self.requests += 1
        self.clock.advance(TRAVEL)
        if request.method == "POST":
            self.start(json.loads(request.content)["sync_timeout"])
        response = httpx.Response(200, json={"meta": self.meta(), "data": []})
        self.clock.advance(TRAVEL)
        return response

    def start(self, held: float) -> None:
        """Start a query, and hold the answer back until the query has ended, for at most so many seconds."""
        began = self.clock.now()
        lasts = self.draw.lognormvariate(math.log(MEDIAN), SIGMA)
        self.ready_at = [began + lasts * (part + 1) / PARTS for part in range(PARTS)]
        self.clock.advance(min(self.ends - began, held))

    def meta(self) -> Mapping[str, object]:
        """Return the status of the query."""
        ready = sum(moment <= self.clock.now() for moment in self.ready_at)
        code = "SUCCESS" if ready == PARTS else "RUNNING"
        return {"status_code": code, "progress": {"queries_ready": ready, "queries_total": PARTS}}


def runs(number: int) -> Mapping[str, float]:
    """Run queries one after the other; return the mean lateness in seconds and the mean number of requests."""
    service = Service(FakeClock())
    random.seed(8)  # the jitter of the client
    late = 0.0
    options = {"transport": httpx.MockTransport(service)}
    with QueryClient("key", base_url=BASE_URL, http_options=options, clock=service.clock) as client:
        for _ in range(number):
            client.run(DataQuery(ds_id="GAWA"))
            late += service.clock.now() - service.ends
    return {"late": late / number, "asked": service.requests / number}


def fleet(number: int, history: str) -> Mapping[str, float]:
    """Run four fleets of a size, and return the worst of each figure; see docs/performance.md."""
    seen = [each for _, _, each in fleets(number, history)]
    return {
        "late": max(each.mean for each in seen),
        "worst": max(each.worst for each in seen),
        "beside": max(each.beside for each in seen),
        "lost": sum(each.lost for each in seen),
    }


def many(number: int) -> Mapping[str, float]:
    """Run queries in a licence queue, five at a time; return the mean lateness in seconds and the polls of all of them.

    Raise where the API refuses a request, or where a start comes more than a second later than the limiter allows.
    """
    draw = random.Random(1)  # noqa: S311
    driver = SimulatedDriver(licence := Licence(draw))
    requests = requests_from(numbered(each) for each in range(number))
    options = context(draw.random, limiter=Limiter())
    given = driver.iterate(run_many(options, Source(requests, run_of, number, math.inf)))
    late = sum(driver.time - licence.jobs[run.schedule_id].ended for run in given)
    last = max(job.asked for job in licence.jobs.values())
    if licence.refused or last > number / STARTS_A_SECOND + HELD_UP:
        raise RuntimeError(f"{licence.refused} requests were refused, and the last start came after {last:.1f} s")
    return {"late": late / number, "asked": licence.polls}
