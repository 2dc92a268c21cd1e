"""An API in simulated time: a licence that runs a few queries at once, its history, and the limits of a key.

An answer takes a moment, and everything is drawn from one seeded generator.
"""

import heapq
import json
import math
from bisect import bisect_right, insort
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import takewhile
from random import Random
from typing import Any, TypeAlias

import httpx
from attrs import define, field
from supermetrics_query import DataQuery
from supermetrics_query._contract.messages import Request
from supermetrics_query._core.run import Run, Ticket

KEPT = 3_600.0  # seconds for which a result is kept
HISTORY_PAGE = 1_000
LATENCY = 0.08  # seconds for an answer
SECOND, HOUR = 1.0, 3_600.0
ROWS = [["Date"], ["2013-01-01"]]

Durations: TypeAlias = Callable[[Random], float]


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


def log_normal(median: float, sigma: float = 1.0) -> Durations:
    """Return log-normal durations of at most an hour."""
    return lambda random: min(random.lognormvariate(math.log(median), sigma), HOUR)


def uniform(shortest: float, longest: float) -> Durations:
    """Return durations that are all equally likely."""
    return lambda random: random.uniform(shortest, longest)


@define
class History:
    """How the history of the API behaves: it knows an end `lag` seconds later, and never that of some queries."""

    lag: float = 0.0
    omits: float = 0.0  # the share of queries
    refusal: int | None = None  # the HTTP status of every answer
    reversed: bool = False  # whether the latest comes last


@define
class Licence:
    """Runs `slots` queries at a time, first in, first out; None runs all at once. It shows a queue where it has one."""

    random: Random
    slots: int | None = 5
    durations: Durations = field(factory=lambda: log_normal(20.0))
    history: History = field(factory=History)
    per_second: int = 20
    per_hour: int = 5_000
    jobs: dict[str, Job] = field(factory=dict)
    free: list[float] = field(factory=list)  # when each slot is free
    begins: list[float] = field(factory=list)  # when queries begin and end, in the order of time
    ends: list[float] = field(factory=list)
    sent: deque[float] = field(factory=deque)
    omitted: set[str] = field(factory=set)
    requests: Counter[str] = field(factory=Counter)  # by operation
    refused: int = 0

    @property
    def polls(self) -> int:
        """How many polls there were."""
        return self.requests["get_query_status"]

    def __call__(self, request: Request, now: float) -> tuple[float, httpx.Response]:
        """Answer a request that is sent at a moment."""
        return LATENCY, self.answer(request, now + LATENCY / 2)

    def answer(self, request: Request, arrives: float) -> httpx.Response:
        """Answer a request that arrives at a moment."""
        self.requests[request.operation] += 1
        if self.is_too_much(arrives):
            self.refused += 1
            return httpx.Response(429, json={"error": {"code": "TOO_MANY_REQUESTS"}}, headers={"retry-after": "1"})
        if request.operation == "start_query":
            name = request.keywords["json"]["schedule_id"]
            self.enqueue(name, arrives)
            return self.status(name, arrives)
        asked = json.loads(request.keywords["params"]["json"])
        if request.operation == "get_query_history":
            return self.list_ended(asked, arrives)
        return self.status(asked["schedule_id"], arrives)

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
        duration = self.durations(self.random)
        parts, began = self.random.randint(1, 8), moment
        if self.slots is not None:
            if len(self.free) >= self.slots:
                began = max(moment, heapq.heappop(self.free))
            heapq.heappush(self.free, began + duration)
        self.jobs[name] = Job(moment, began, began + duration, parts)
        insort(self.begins, began)
        insort(self.ends, began + duration)
        if self.history.omits and self.random.random() < self.history.omits:
            self.omitted.add(name)

    def list_ended(self, asked: Mapping[str, Any], moment: float) -> httpx.Response:
        """Return a page of the queries that have ended, the latest start first."""
        if self.history.refusal is not None:
            return httpx.Response(self.history.refusal, json={"error": {"code": "ACCESS_DENIED_PERMISSIONS"}})
        since, known = datetime.fromisoformat(asked["since"]).timestamp(), moment - self.history.lag
        recent = takewhile(lambda each: each[1].asked >= since, reversed(self.jobs.items()))
        found = [name for name, job in recent if job.ended <= known and name not in self.omitted]
        if self.history.reversed:
            found.reverse()
        page = found[asked["offset"] : asked["offset"] + asked["limit"]]
        entries = [{"@type": "query_history", "schedule_id": name, "status_code": "SUCCESS"} for name in page]
        return httpx.Response(200, json={"meta": {"paginate": {"total": len(found)}}, "data": entries})

    def status(self, name: str, moment: float) -> httpx.Response:
        """Return the status of a query, and the length of the queue."""
        job = self.jobs[name]
        if moment >= job.ended + KEPT:
            return httpx.Response(404, json={"error": {"code": "STATUS_NOT_FOUND"}})
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
