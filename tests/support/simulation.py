"""Many queries in simulated time: an API with a licence queue and limits, and a driver that simulates hours at once.

An answer takes a moment, durations are log-normal, and everything is drawn from one seeded generator.
"""

import heapq
import json
import math
from collections import deque
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
from attrs import define, field
from supermetrics_query import DataQuery, PollPolicy, RetryPolicy, SupermetricsQueryError
from supermetrics_query._client.inputs import any_run
from supermetrics_query._contract.messages import Answer
from supermetrics_query._core.context import ClientContext
from supermetrics_query._core.effects import (
    Acquire,
    Await,
    Begin,
    Call,
    Collect,
    Done,
    Effect,
    Flow,
    Now,
    Outcome,
    Send,
    Sleep,
    Yield,
    resume,
)
from supermetrics_query._core.limits import Limiter
from supermetrics_query._core.run import Run

URL = "https://api.test/enterprise/v2/query/status"
LATENCY = 0.08  # seconds for an answer
SECOND, HOUR = 1.0, 3_600.0


@define
class Job:
    """One query at the API."""

    duration: float
    asked: float
    began: float = math.inf
    ended: float = math.inf
    parts: int = 4

    def progress(self, moment: float) -> dict[str, int]:
        """Return how many parts are ready; each takes the same time."""
        share = min(1.0, max(0.0, moment - self.began) / self.duration)
        return {"queries_ready": int(share * self.parts), "queries_total": self.parts}


@define
class Api:
    """Run queries of one licence, `slots` at a time, first in, first out; None runs all at once."""

    random: Random
    slots: int | None = 5
    median: float = 20.0
    sigma: float = 1.0
    per_second: int = 20
    per_hour: int = 5_000
    jobs: dict[str, Job] = field(factory=dict)
    free: list[float] = field(factory=list)  # when each slot is free
    sent: deque[float] = field(factory=deque)
    polls: int = 0
    refused: int = 0

    def answer(self, request: dict[str, Any], arrives: float) -> Answer:
        """Answer a start or a poll that arrives at a moment."""
        if self.is_too_much(arrives):
            self.refused += 1
            return reply(429, {"error": {"code": "TOO_MANY_REQUESTS"}}, {"retry-after": "1"})
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
        lately = sum(1 for each in list(self.sent)[-self.per_second - 1 :] if each > moment - SECOND)
        if lately >= self.per_second or len(self.sent) >= self.per_hour:
            return True
        self.sent.append(moment)
        return False

    def enqueue(self, name: str, moment: float) -> None:
        """Accept a query, and decide when it will run: the queue is first in, first out."""
        job = Job(min(self.random.lognormvariate(math.log(self.median), self.sigma), 3_600.0), moment)
        job.parts = self.random.randint(1, 8)
        job.began = moment
        if self.slots is not None:
            if len(self.free) >= self.slots:
                job.began = max(moment, heapq.heappop(self.free))
            heapq.heappush(self.free, job.began + job.duration)
        job.ended = job.began + job.duration
        self.jobs[name] = job

    def status(self, name: str, moment: float) -> Answer:
        """Return the status of a query, and the length of the queue."""
        job = self.jobs[name]
        code = "SUCCESS" if moment >= job.ended else "RUNNING" if moment >= job.began else "QUEUED"
        waiting = sum(1 for each in self.jobs.values() if each.began > moment)
        running = sum(1 for each in self.jobs.values() if each.began <= moment < each.ended)
        meta: dict[str, Any] = {"schedule_id": name, "status_code": code, "progress": job.progress(moment)}
        if self.slots is not None:
            meta["workflow"] = {"tasks_scheduled": waiting, "tasks_running": running}
        return reply(200, {"meta": meta, "data": [["Date"], ["2013-01-01"]] if code == "SUCCESS" else []})


def reply(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
    response = httpx.Response(status, json=body, headers=headers)
    return Answer(status, dict(response.headers), response.content, "GET", URL)


@define(eq=False)
class Underway:
    """A request whose answer comes at a moment."""

    simulation: "Simulation"
    at: float
    outcome: object

    def done(self) -> bool:
        return self.simulation.time >= self.at

    def cancel(self) -> None:
        self.at = math.inf

    def result(self) -> object:
        return self.outcome


@define
class Simulation:
    """Perform effects in simulated time."""

    api: Api
    time: float = 0.0

    def iterate(self, flow: Flow[None]) -> Iterator[Any]:
        """Perform a flow and yield its items."""
        step = resume(flow)
        while not isinstance(step, Done):
            if isinstance(step, Yield):
                yield step.item
                step = resume(flow)
            else:
                step = resume(flow, self.perform(step))

    def perform(self, effect: Effect) -> Outcome:
        """Perform one effect."""
        try:
            return Outcome(self.performed(effect))
        except SupermetricsQueryError as error:
            return Outcome(error=error)

    def performed(self, effect: Effect) -> object:
        match effect:
            case Now():
                return self.time
            case Sleep() | Await():
                self.pass_by(effect)
                return None
            case Begin(begun):
                return self.begun(begun)
            case Collect(Underway() as pending):
                self.time = max(self.time, pending.at)
                return pending.result()
            case Acquire():
                return effect.limiter.acquire(effect.lane, self.time)
        raise AssertionError(f"unexpected {effect!r}")

    def pass_by(self, effect: Sleep | Await) -> None:
        """Move the clock to the end of the pause, or to the first answer that is waited for."""
        pending = effect.pending if isinstance(effect, Await) else ()
        ends = [each.at for each in pending if isinstance(each, Underway)]
        self.time = max(self.time, min([*ends, self.time + effect.seconds]))

    def begun(self, effect: Send | Call) -> Underway:
        """Send a request, or call a function at once."""
        if isinstance(effect, Call):
            return Underway(self, self.time, effect.function(effect.argument))
        answer = self.api.answer(dict(effect.request.keywords), self.time + LATENCY / 2)
        return Underway(self, self.time + LATENCY, answer)


def settings(random: Random, limiter: Limiter | None = None, **options: Any) -> ClientContext:
    """Return a context with the default policies."""
    return ClientContext(
        poll=PollPolicy(),
        retry=RetryPolicy(),
        timeout=30.0,
        page_size=10_000,
        renewable=False,
        draw=random.random,
        limiter=limiter or Limiter(),
        **options,
    )


def run_of(request: object) -> Run:
    """Return the run of a request."""
    return any_run(request, "json")


def request(number: int) -> DataQuery:
    return DataQuery(ds_id="WEATHER", schedule_id=f"query-{number:04}")
