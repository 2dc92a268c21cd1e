"""Many queries, handed over as they end, whichever way; a query is never lost on the way."""

from __future__ import annotations

import math
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import TypeAlias

from attrs import define, field, frozen
from supermetrics_query_api.models import DataQuery

from .._core.context import ClientContext
from .._core.effects import Begin, Call, Flow, Yield, collect, now
from .._core.polling import Deadline
from .._core.run import Run
from .._core.scheduling import Job, Scheduler
from ..errors import ConfigurationError, SupermetricsQueryError, WaitTimeoutError
from .multiplex import Multiplexer
from .poll import Wait
from .start import start

POLLS_AT_ONCE = 8


@define
class Watching:
    """A fleet whose queries are polled; those that have ended wait to be handed over."""

    context: ClientContext
    scheduler: Scheduler
    multiplexer: Multiplexer = field(factory=Multiplexer)
    waits: dict[Job, Wait] = field(factory=dict)
    ended: list[Run] = field(factory=list)
    polling: int = 0

    def add(self, run: Run, deadline: Deadline) -> Job:
        """Take a query into the fleet, also one that was given up before."""
        run.abandoned = None
        job = Job(run)
        self.scheduler.jobs.append(job)
        self.waits[job] = Wait(self.context, run, deadline)
        return job

    def send_polls(self, moment: float) -> float:
        """Begin the polls that are due, and return when the next one is; the last one falls on the deadline."""
        plan = [(self.in_time(due, job), job) for due, job in self.scheduler.plan(moment)]
        for due, job in sorted(plan, key=lambda each: each[0]):
            if due > moment:
                return due
            if self.polling >= POLLS_AT_ONCE:
                return math.inf  # an answer comes first
            self.polling += 1
            self.scheduler.begin(job, moment)
            self.multiplexer.add(self.poll(job))
        return math.inf

    def in_time(self, due: float, job: Job) -> float:
        """Return when to poll a query: not after its deadline, unless that poll has been."""
        end = self.waits[job].deadline.at
        return due if job.polled >= end else min(due, end)

    def poll(self, job: Job) -> Flow[None]:
        """Poll a query once; one that cannot be polled any more has ended for the caller."""
        wait = self.waits[job]
        try:
            yield from wait.poll()
            wait.check_code((yield from now()))
        except SupermetricsQueryError as error:
            job.run.abandon(error)
        self.polling -= 1
        self.scheduler.saw(job)
        if job.run.is_over:
            yield from wait.finish()
        if job.run.is_settled:
            self.leave(job)

    def leave(self, job: Job) -> None:
        """Hand a query over."""
        self.scheduler.left(job)
        del self.waits[job]
        self.ended.append(job.run)

    def give(self) -> Flow[None]:
        """Give what has ended."""
        while self.ended:
            yield Yield(self.ended.pop(0).handle)


def as_completed(context: ClientContext, runs: Iterable[Run], timeout: float) -> Flow[None]:
    """Give queries as they end; raise WaitTimeoutError when some go on at the end of the wait."""
    deadline = Deadline((yield from now()) + timeout)
    watching = Watching(context, Scheduler(context.poll.floor))
    for run in runs:
        job = watching.add(run, deadline)
        if run.is_over:
            watching.leave(job)
    try:
        while watching.scheduler.jobs or watching.ended:
            yield from watching.give()
            yield from watching.multiplexer.advance()
            moment = yield from now()
            if is_late(watching, deadline, moment) and not watching.ended:
                raise unfinished(watching)
            due = watching.send_polls(moment)
            if not watching.ended and watching.scheduler.jobs:
                yield from watching.multiplexer.pause(due if deadline.is_over(moment) else min(due, deadline.at))
    finally:
        watching.multiplexer.close()


def is_late(watching: Watching, deadline: Deadline, moment: float) -> bool:
    """Tell whether the wait is over: when its time is, and every query has been polled."""
    jobs = watching.scheduler.jobs
    is_over = deadline.is_over(moment) and bool(jobs) and not watching.polling
    return is_over and all(job.polled > -math.inf for job in jobs)


def unfinished(watching: Watching) -> WaitTimeoutError:
    """Return the error for queries that go on."""
    runs = [job.run for job in watching.scheduler.jobs]
    first = runs[0]
    return WaitTimeoutError(
        f"unfinished at the end of the wait: {len(runs)}, the first of them query {first.schedule_id!r}; "
        "go on with client.as_completed(error.queries), or in another process with error.tokens",
        queries=tuple(run.handle for run in runs if run.handle is not None),
        tokens=tuple(run.token for run in runs),
    )


IN_FLIGHT = 100


@define
class Stream:
    """Requests on their way: pulled, started, polled. `timeout` is for each query, in seconds."""

    watching: Watching
    pull: Pull
    make: Callable[[object], Run]
    in_flight: int
    timeout: float
    is_pulling: bool = False
    ended: Ended | None = None

    def flow(self) -> Flow[None]:
        """Give queries as they end; raise what the iterable of the caller has raised after the last of them."""
        try:
            while True:
                yield from self.watching.give()
                if self.is_over:
                    break
                yield from self.go_on()
        finally:
            self.watching.multiplexer.close()
        if self.ended is not None and self.ended.error is not None:
            raise self.ended.error

    @property
    def is_over(self) -> bool:
        """Whether everything has been handed over."""
        return self.ended is not None and not self.watching.scheduler.jobs

    def go_on(self) -> Flow[None]:
        """Pull, start and look as far as possible, and wait for what comes of it."""
        yield from self.watching.multiplexer.advance()
        moment = yield from now()
        ends = self.expire(moment)
        if self.ended is None and not self.is_pulling and len(self.watching.scheduler.jobs) < self.in_flight:
            self.is_pulling = True
            self.watching.multiplexer.add(self.pull_one())
        due = self.watching.send_polls(moment)
        if not self.watching.ended and not self.is_over:
            yield from self.watching.multiplexer.pause(min(due, ends))

    def expire(self, moment: float) -> float:
        """Hand over what has had its time and its last poll, and return when the next one will have had its time."""
        while (first := self.first_idle()) is not None:
            job, wait = first
            if job.polled < wait.deadline.at:
                return max(moment, wait.deadline.at)
            job.run.abandon(wait.timeout())
            self.watching.leave(job)
        return math.inf

    def first_idle(self) -> tuple[Job, Wait] | None:
        """Return the query whose time is over first, of those that wait for nothing; they are in the order of start."""
        return next((each for each in self.watching.waits.items() if not each[0].is_busy), None)

    def pull_one(self) -> Flow[None]:
        """Take the next request and start it."""
        pending = yield Begin(Call(self.pull, None))
        request = yield from collect(pending)
        self.is_pulling = False
        if isinstance(request, Ended):
            self.ended = request
            return
        run = self.make(request)
        job = self.watching.add(run, Deadline((yield from now()) + self.timeout))
        if run.request is None:
            self.watching.leave(job)
            return
        job.is_busy = True
        self.watching.multiplexer.add(self.start(job, run.request))

    def start(self, job: Job, request: DataQuery) -> Flow[None]:
        """Start a query; one that cannot be started has ended for the caller."""
        wait = self.watching.waits[job]
        try:
            yield from start(self.watching.context, job.run, request, wait.deadline, held=0)
        except SupermetricsQueryError as error:
            job.run.abandon(error)
        job.polled = yield from now()
        self.watching.scheduler.saw(job)
        if job.run.is_settled:
            self.watching.leave(job)


def run_many(
    context: ClientContext, pull: Pull, make: Callable[[object], Run], in_flight: int, timeout: float
) -> Flow[None]:
    """Give the queries of many requests as they end."""
    yield from Stream(Watching(context, Scheduler(context.poll.floor)), pull, make, in_flight, timeout).flow()


Pull: TypeAlias = Callable[[object], object]


@frozen
class Ended:
    """There are no more requests; `error` is why, where the iterable of the caller has failed."""

    error: Exception | None = None


def pull_from(requests: Iterable[DataQuery] | AsyncIterable[DataQuery]) -> Pull:
    """Return a function that gives the next request, or Ended; of an async iterable it gives an awaitable."""
    if isinstance(requests, AsyncIterable):
        return pull_async(aiter(requests))
    # A generated model can be indexed, which is iterable enough for iter().
    if not isinstance(requests, Iterable):
        raise ConfigurationError(f"requests must be an iterable of DataQuery, not {requests!r:.200}")
    return pull_sync(iter(requests))


def pull_sync(requests: Iterator[DataQuery]) -> Pull:
    """Pull from an iterator."""

    def pull(_: object) -> object:
        try:
            return next(requests, Ended())
        except Exception as error:
            return Ended(error)

    return pull


def pull_async(requests: AsyncIterator[DataQuery]) -> Pull:
    """Pull from an async iterator."""

    async def pull(_: object) -> object:
        try:
            return await anext(requests, Ended())
        except Exception as error:
            return Ended(error)

    return pull
