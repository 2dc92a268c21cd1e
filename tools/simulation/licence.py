"""An API in simulated time: a licence that runs a few queries at once, and the limits of a key.

An answer takes a moment, durations are log-normal, and everything is drawn from one seeded generator.
"""

import heapq
import json
import math
from bisect import bisect_right, insort
from collections import deque
from collections.abc import Mapping
from random import Random
from typing import Any

import httpx
from attrs import define, field
from supermetrics_query import DataQuery
from supermetrics_query._contract.messages import Request
from supermetrics_query._core.run import Run, Ticket

LATENCY = 0.08  # seconds for an answer
SECOND, HOUR = 1.0, 3_600.0
ROWS = [["Date"], ["2013-01-01"]]


@define
class Job:
    """One query at the API."""

    asked: float
    began: float
    ended: float
    parts: int

    def progress(self, moment: float) -> dict[str, int]:
        """Return how many parts are ready; each takes the same time."""
        share = min(1.0, max(0.0, moment - self.began) / (self.ended - self.began))
        return {"queries_ready": int(share * self.parts), "queries_total": self.parts}

    def code(self, moment: float) -> str:
        """Return its status code."""
        return "SUCCESS" if moment >= self.ended else "RUNNING" if moment >= self.began else "QUEUED"


@define
class Licence:
    """Runs `slots` queries at a time, first in, first out; None runs all at once."""

    random: Random
    slots: int | None = 5
    median: float = 20.0
    sigma: float = 1.0
    per_second: int = 20
    per_hour: int = 5_000
    jobs: dict[str, Job] = field(factory=dict)
    free: list[float] = field(factory=list)  # when each slot is free
    begins: list[float] = field(factory=list)  # when queries begin and end, in the order of time
    ends: list[float] = field(factory=list)
    sent: deque[float] = field(factory=deque)
    polls: int = 0
    refused: int = 0

    def __call__(self, request: Request, now: float) -> tuple[float, httpx.Response]:
        """Answer a start or a poll that is sent at a moment."""
        return LATENCY, self.answer(request.keywords, now + LATENCY / 2)

    def answer(self, request: Mapping[str, Any], arrives: float) -> httpx.Response:
        """Answer a start or a poll that arrives at a moment."""
        if self.is_too_much(arrives):
            self.refused += 1
            return httpx.Response(429, json={"error": {"code": "TOO_MANY_REQUESTS"}}, headers={"retry-after": "1"})
        if request["method"] == "post":
            name = request["json"]["schedule_id"]
            self.enqueue(name, arrives)
        else:
            self.polls += 1
            name = json.loads(request["params"]["json"])["schedule_id"]
        return self.status(name, arrives)

    def is_too_much(self, moment: float) -> bool:
        """Count a request against both limits."""
        while self.sent and self.sent[0] <= moment - HOUR:
            self.sent.popleft()
        is_second_full = len(self.sent) >= self.per_second and self.sent[-self.per_second] > moment - SECOND
        if is_second_full or len(self.sent) >= self.per_hour:
            return True
        self.sent.append(moment)
        return False

    def enqueue(self, name: str, moment: float) -> None:
        """Accept a query, and decide when it will run: the queue is first in, first out."""
        duration = min(self.random.lognormvariate(math.log(self.median), self.sigma), HOUR)
        parts, began = self.random.randint(1, 8), moment
        if self.slots is not None:
            if len(self.free) >= self.slots:
                began = max(moment, heapq.heappop(self.free))
            heapq.heappush(self.free, began + duration)
        self.jobs[name] = Job(moment, began, began + duration, parts)
        insort(self.begins, began)
        insort(self.ends, began + duration)

    def status(self, name: str, moment: float) -> httpx.Response:
        """Return the status of a query, and the length of the queue."""
        job = self.jobs[name]
        meta = {"schedule_id": name, "status_code": job.code(moment), "progress": job.progress(moment)}
        if self.slots is not None:
            meta["workflow"] = self.workflow(moment)
        return httpx.Response(200, json={"meta": meta, "data": ROWS if moment >= job.ended else []})

    def workflow(self, moment: float) -> dict[str, int]:
        """Return how many queries wait, and how many run."""
        begun, ended = bisect_right(self.begins, moment), bisect_right(self.ends, moment)
        return {"tasks_scheduled": len(self.begins) - begun, "tasks_running": begun - ended}


def run_of(request: Any) -> Run:
    """Return the run of a request, with an id that tells which it is."""
    return Run(Ticket(request.ds_id), request=request)


def numbered(number: int) -> DataQuery:
    """Return a query that differs from the others."""
    return DataQuery(ds_id=f"query-{number:04}")
