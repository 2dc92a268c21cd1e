"""Many queries, handed over as they end, whichever way; none is lost on the way."""

import math
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from attrs import define, field, frozen
from supermetrics_query_api.models import DataQuery

from .._contract.validation import short_repr
from .._core.context import ClientContext
from .._core.effects import Call, Flow, Yield, begin, collect, now
from .._core.polling import Deadline
from .._core.run import Run
from .._core.scheduling import MOST_RATE, Job, Scheduler
from ..errors import ConfigurationError, SupermetricsQueryError, WaitTimeoutError
from .multiplex import Multiplexer, Task
from .poll import Wait
from .start import start

IN_FLIGHT = 100
POLLS_AT_ONCE = 8
MOST_SPREAD = 1.0  # seconds over which the last polls of queries with one deadline go
UNSPREAD = 4  # of them, which the limits of a second allow at once

NextRequest: TypeAlias = Callable[[object], object]


@frozen
class Exhausted:
    """There are no more requests; `error` is what the iterable of the caller has raised."""

    error: Exception | None = None


@define
class Source:
    """Where the requests of `run_many` come from. `timeout` is for each query, in seconds."""

    next_request: NextRequest
    make_run: Callable[[object], Run]
    in_flight: int
    timeout: float
    is_pulling: bool = False
    exhausted: Exhausted | None = None


@define
class ManyRunner:
    """Queries on their way: started from a source where there is one, polled, and handed over.

    One deadline binds all of them, or else each has a timeout of its own.
    """

    context: ClientContext
    scheduler: Scheduler
    deadline: Deadline | None = None
    source: Source | None = None
    multiplexer: Multiplexer = field(factory=Multiplexer)
    waits: dict[Job, Wait] = field(factory=dict)
    polls: dict[Job, Task] = field(factory=dict)
    ended: deque[Run] = field(factory=deque)

    def flow(self) -> Flow[None]:
        """Yield runs as they end; raise what the iterable of the caller has raised after the last of them."""
        try:
            while True:
                while self.ended:
                    yield Yield(self.ended.popleft())
                if self.is_over:
                    break
                yield from self.step()
        finally:
            self.multiplexer.close()
        if self.source and self.source.exhausted and self.source.exhausted.error:
            raise self.source.exhausted.error

    @property
    def is_over(self) -> bool:
        """Whether every query has been handed over."""
        return not self.scheduler.jobs and (self.source is None or self.source.exhausted is not None)

    def step(self) -> Flow[None]:
        """Start and poll as many as possible, and wait for what comes of it."""
        yield from self.multiplexer.advance()
        moment = yield from now()
        self.time_out(moment)
        source = self.source
        if source and not source.exhausted and not source.is_pulling and len(self.scheduler.jobs) < source.in_flight:
            source.is_pulling = True
            self.multiplexer.add(self.pull(source))
        due = self.send_polls(moment)
        if not self.ended and not self.is_over:
            yield from self.multiplexer.pause(min(due, self.scheduler.next_deadline(moment)))

    def add(self, run: Run, deadline: Deadline) -> Job:
        """Take a query, also one that was abandoned before, and return its job."""
        run.abandoned = None
        job = Job(run, deadline)
        self.scheduler.jobs.append(job)
        self.waits[job] = Wait(self.context, run, deadline)
        return job

    def leave(self, job: Job) -> None:
        """Hand a query over, if it is settled."""
        if job.run.is_settled:
            del self.waits[job]
            self.ended.append(job.run)

    def pull(self, source: Source) -> Flow[None]:
        """Take the next request and start it."""
        request = yield from collect((yield from begin(Call(source.next_request, None))))
        source.is_pulling = False
        if isinstance(request, Exhausted):
            source.exhausted = request
            return
        run = source.make_run(request)
        if any(job.run.identity == run.identity for job in self.scheduler.jobs):
            run.abandoned = ConfigurationError(f"another query in flight has the schedule_id {run.schedule_id!r}")
            self.ended.append(run)
            return
        job = self.add(run, self.context.deadline((yield from now()), source.timeout))
        if run.request is None:
            self.scheduler.record(job)
            self.leave(job)
        else:
            job.is_busy = True
            self.multiplexer.add(self.start(job, run.request))

    def start(self, job: Job, request: DataQuery) -> Flow[None]:
        """Start a query; one that cannot be started is handed over with the error."""
        try:
            yield from start(self.context, job.run, request, job.deadline, held=0)
        except SupermetricsQueryError as error:
            job.run.abandoned = self.waits[job].unstarted(error, (yield from now()))
        job.polled = yield from now()
        self.scheduler.record(job)
        self.leave(job)

    def send_polls(self, moment: float) -> float:
        """Send the polls that are due, and return when the next one is; those without an answer make room in time."""
        for due, job in self.scheduler.plan(moment):
            if due > moment:
                return due
            holding = [task.holds_until for task in self.polls.values() if task.holds_until > moment]
            if len(holding) >= POLLS_AT_ONCE:
                return min(holding)
            self.scheduler.begin(job, moment)
            self.polls[job] = self.multiplexer.add(self.poll(job))
        return math.inf

    def poll(self, job: Job) -> Flow[None]:
        """Poll a query once; one that cannot be polled again is handed over with the error."""
        wait = self.waits[job]
        try:
            yield from wait.poll()
            wait.check_code((yield from now()))
        except SupermetricsQueryError as error:
            job.run.abandoned = error
        del self.polls[job]
        self.scheduler.record(job)
        if job.run.is_over:
            yield from wait.emit_end()
        self.leave(job)

    def time_out(self, moment: float) -> None:
        """Hand over each query whose own time is over; raise where the time of all of them is."""
        if self.deadline is not None:
            if self.is_late(moment):
                raise self.unfinished()
            return
        for job in self.scheduler.timed_out(moment):
            job.run.abandoned = self.waits[job].timed_out()
            self.scheduler.record(job)
            self.leave(job)

    def is_late(self, moment: float) -> bool:
        """Return whether the time of every query is over, and nothing is left to hand over."""
        jobs = self.scheduler.jobs
        return not self.ended and bool(jobs) and all(job.has_timed_out(moment) for job in jobs)

    def unfinished(self) -> WaitTimeoutError:
        """Return the error for queries that continue."""
        runs = [job.run for job in self.scheduler.jobs]
        return WaitTimeoutError(
            f"unfinished at the end of the wait: {len(runs)}, the first of them query {runs[0].schedule_id!r}; "
            "continue with client.as_completed(error.queries), or in another process with error.tokens",
            tokens=tuple(run.ticket.token for run in runs),
        )


def as_completed(context: ClientContext, runs: Sequence[Run], timeout: float) -> Flow[None]:
    """Yield runs as they end; raise WaitTimeoutError when some continue at the end of the wait."""
    spread = min(MOST_SPREAD, max(0, len(runs) - UNSPREAD) / MOST_RATE)
    deadline = context.deadline((yield from now()), timeout, spread)
    runner = ManyRunner(context, Scheduler(context.poll.floor), deadline)
    for run in runs:
        if run.is_over:
            runner.ended.append(run)
        else:
            runner.add(run, deadline)
    yield from runner.flow()


def run_many(context: ClientContext, source: Source) -> Flow[None]:
    """Yield the runs of many requests as they end."""
    yield from ManyRunner(context, Scheduler(context.poll.floor), source=source).flow()


def requests_from(requests: Iterable[DataQuery] | AsyncIterable[DataQuery]) -> NextRequest:
    """Return a function that returns the next request, or Exhausted; from an async iterable it is awaited."""
    if isinstance(requests, AsyncIterable):
        return async_requests_from(aiter(requests))
    # A generated model can be indexed, which is iterable enough for iter().
    if not isinstance(requests, Iterable):
        raise ConfigurationError(f"requests must be an iterable of DataQuery, not {short_repr(requests)}")
    return sync_requests_from(iter(requests))


def sync_requests_from(requests: Iterator[DataQuery]) -> NextRequest:
    """Return a function that returns the next request of an iterator."""

    def next_request(_: object) -> object:
        try:
            return next(requests, Exhausted())
        except Exception as error:
            return Exhausted(error)

    return next_request


def async_requests_from(requests: AsyncIterator[DataQuery]) -> NextRequest:
    """Return a function that is awaited for the next request of an async iterator."""

    async def next_request(_: object) -> object:
        try:
            return await anext(requests, Exhausted())
        except Exception as error:
            return Exhausted(error)

    return next_request
