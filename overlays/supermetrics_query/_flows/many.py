"""Many queries, handed over as they end, whichever way; none is lost on the way."""

import math
from collections import deque
from collections.abc import Sequence

from attrs import define, field
from supermetrics_query_api.models import DataQuery

from .._contract.messages import Lane
from .._core.budget import forget
from .._core.context import ClientContext
from .._core.effects import Call, Flow, Sleep, Yield, begin, collect, now
from .._core.jobs import Job
from .._core.polling import Deadline
from .._core.run import Run, note
from .._core.scheduling import Scheduler
from .._core.watching import AUDIT_GAP, MOST_RATE, Watch, most_in_flight
from ..errors import ConfigurationError, LimitExceededError, SupermetricsQueryError, WaitTimeoutError
from ..events import InFlightLowered
from .hints import Hints
from .multiplex import Multiplexer, Task, held_until
from .poll import Wait
from .sources import Exhausted, Inbox, Source
from .start import start

IN_FLIGHT = 100
POLLS_AT_ONCE = 8
STARTS_WAITING = 8  # for a permit; more would wait before the polls of queries that end meanwhile
MOST_SPREAD = 1.0  # seconds over which the last polls of queries with one deadline go
UNSPREAD = 4  # of them, which the limits of a second allow at once
JOIN_GAP = 1.0  # seconds until a query is noticed that another thread or task has added
LATER_START = 2  # requests that a further query takes: its start and its first page


@define
class ManyRunner:
    """Queries on their way: started from a source where there is one, polled, and handed over.

    One deadline binds all of them, or else each has a timeout of its own.
    """

    context: ClientContext
    scheduler: Scheduler
    watch: Watch
    deadline: Deadline | None = None
    source: Source | None = None
    inbox: Inbox = field(factory=Inbox)
    multiplexer: Multiplexer = field(factory=Multiplexer)
    waits: dict[Job, Wait] = field(factory=dict)
    polls: dict[Job, Task] = field(factory=dict)
    starts: dict[Job, Task] = field(factory=dict)
    ended: deque[Run] = field(factory=deque)
    lowest: float = math.inf  # the number in flight that was reported last
    added: int = 0

    def flow(self) -> Flow[None]:
        """Yield runs as they end; raise what the iterable of the caller has raised after the last of them."""
        try:
            while True:
                while self.ended:
                    yield Yield(self.ended.popleft())
                if self.is_over and self.inbox.end_if_empty():
                    break
                yield from self.step()
        except BaseException as error:
            self.note(error)
            raise
        finally:
            self.inbox.end()
            self.multiplexer.close()
        if self.source and self.source.exhausted and self.source.exhausted.error:
            raise self.source.exhausted.error

    def note(self, error: BaseException) -> None:
        """Say on Ctrl-C, a cancellation, or an error of the caller what continues the queries under way."""
        if not isinstance(error, SupermetricsQueryError | GeneratorExit):
            note(error, [job.run for job in self.scheduler.jobs.values()])

    @property
    def is_over(self) -> bool:
        """Whether every query has been handed over."""
        return not self.scheduler.jobs and not self.has_more

    @property
    def has_more(self) -> bool:
        """Whether further queries may come."""
        if self.source is not None:
            return self.source.exhausted is None
        return self.inbox.is_open or bool(self.inbox.runs)

    def step(self) -> Flow[None]:
        """Start and poll as many as possible, and wait for what comes of it."""
        yield from self.multiplexer.advance()
        moment = yield from now()
        self.join(moment)
        self.time_out(moment)
        self.decide(moment)
        yield from self.pull_more(moment)
        until = min(self.watch_history(moment), self.send_polls(moment))
        if not self.ended and not self.is_over:
            yield from self.multiplexer.pause(min(until, self.scheduler.next_deadline(moment), self.next_join(moment)))

    def decide(self, moment: float) -> None:
        """Take the budget of this moment, and decide whether the history is asked."""
        pace, watch, count = self.scheduler.pace, self.watch, len(self.scheduler.jobs)
        pace.budget, pace.is_open = self.context.budget(moment), self.has_more
        watch.decide(count, self.scheduler.span, pace.budget)
        pace.watch_gap = AUDIT_GAP if watch.is_believed(moment) else None
        forget(watch.spent, moment)

    def join(self, moment: float) -> None:
        """Take the queries that were added since."""
        while self.inbox.runs:
            self.take(self.inbox.runs.popleft(), self.deadline or Deadline(), moment)

    def next_join(self, moment: float) -> float:
        """Return when to look for queries that were added, infinity where none are expected."""
        return moment + JOIN_GAP if self.inbox.is_open or self.inbox.is_used else math.inf

    def take(self, run: Run, deadline: Deadline, moment: float) -> None:
        """Take a query that was started before; one that has ended is handed over at once."""
        if run.is_over:
            self.ended.append(run)
        else:
            self.scheduler.record(self.add(run, deadline, moment), moment)

    def add(self, run: Run, deadline: Deadline, moment: float, *, is_busy: bool = False) -> Job:
        """Take a query, also one that was abandoned before, and return its job."""
        run.abandoned = None
        self.added += 1
        job = Job(run, deadline, self.added, is_busy=is_busy)
        self.scheduler.add(job, moment)
        self.waits[job] = Wait(self.context, run, deadline)
        return job

    def leave(self, job: Job) -> None:
        """Hand a query over, if it is settled."""
        if job.run.is_settled:
            del self.waits[job]
            self.ended.append(job.run)

    def pull_more(self, moment: float) -> Flow[None]:
        """Begin to take the next request where there is room for its query; report where the limits leave none."""
        source, count = self.source, len(self.scheduler.jobs)
        if source is None or source.exhausted or source.is_pulling or count >= source.in_flight:
            return
        budget = self.scheduler.pace.budget
        most = most_in_flight(budget, self.watch.cost(budget, moment))
        aside = count + LATER_START + self.watch.set_aside(budget, moment)
        if count and (count >= most or budget.left < aside):
            yield from self.report(source.in_flight, most)
        elif self.is_idle:
            source.is_pulling = True
            self.multiplexer.add(self.pull(source))

    def report(self, wanted: int, most: float) -> Flow[None]:
        """Emit that fewer queries than wanted are in flight, unless that was reported."""
        if most < min(wanted, self.lowest):
            self.lowest = most
            yield from self.context.emit(InFlightLowered(wanted=wanted, in_flight=int(most)))

    @property
    def is_idle(self) -> bool:
        """Whether a start delays no poll of a query that has ended, and need not wait for others for long."""
        is_pressed = bool(self.scheduler.hinted) or self.multiplexer.is_pressed
        return not is_pressed and sum(task.is_waiting for task in self.starts.values()) < STARTS_WAITING

    def pull(self, source: Source) -> Flow[None]:
        """Take the next request and start it."""
        request = yield from collect((yield from begin(Call(source.next_request, None))))
        source.is_pulling = False
        if isinstance(request, Exhausted):
            source.exhausted = request
            return
        run, moment = source.make_run(request), (yield from now())
        if run.identity in self.scheduler.identities:
            run.abandoned = ConfigurationError(f"another query in flight has the schedule_id {run.schedule_id!r}")
            self.ended.append(run)
        elif run.request is None:
            self.ended.append(run)
        else:
            job = self.add(run, self.context.deadline(moment, source.timeout), moment, is_busy=True)
            self.starts[job] = self.multiplexer.add(self.start(job, run.request))

    def start(self, job: Job, request: DataQuery) -> Flow[None]:
        """Start a query; one that cannot be started is handed over with the error."""
        try:
            yield from self.start_when_allowed(job, request)
        except SupermetricsQueryError as error:
            job.run.abandoned = self.waits[job].unstarted(error, (yield from now()))
        del self.starts[job]
        job.polled = moment = yield from now()
        self.watch.note(job.run, moment)
        self.scheduler.record(job, moment)
        self.leave(job)

    def start_when_allowed(self, job: Job, request: DataQuery) -> Flow[None]:
        """Start a query, and wait for as long as the limits allow no start and its time is not over."""
        while True:
            try:
                yield from start(self.context, job.run, request, job.deadline, held=0)
            except LimitExceededError as error:
                # Once something was sent, the start is in doubt, and to begin again could run the query twice.
                if error.attempts or (yield from now()) + error.retry_after > job.deadline.at:
                    raise
                pause = error.retry_after
            else:
                return
            yield Sleep(pause, is_for_permit=True)

    def watch_history(self, moment: float) -> float:
        """Ask the history where that is due, and return when it is."""
        due = self.watch.due(len(self.scheduler.jobs), self.scheduler.pace.budget, moment)
        if due > moment:
            return due
        self.watch.is_asking = True
        self.multiplexer.add(Hints(self.context, self.watch, self.scheduler).flow(), is_urgent=True)
        return moment

    def send_polls(self, moment: float) -> float:
        """Send the polls that are due, and return when the next one is; those without an answer make room in time."""
        scheduler = self.scheduler
        while (free := held_until(self.polls.values(), POLLS_AT_ONCE, moment)) is None:
            if job := scheduler.next_urgent(moment):
                self.send_poll(job, Lane.PAGE, moment)
            elif any(task.is_waiting for task in self.starts.values()):
                # A poll would wait in its lane until no start does.
                return scheduler.next_urgency(moment)
            elif job := scheduler.next_turn(moment):
                self.send_poll(job, Lane.POLL if scheduler.pace.watch_gap is None else Lane.PAGE, moment)
            else:
                return min(scheduler.next_urgency(moment), scheduler.next_time(moment))
        return free

    def send_poll(self, job: Job, lane: Lane, moment: float) -> None:
        """Send a poll."""
        is_hinted = job.is_hinted
        self.scheduler.begin(job, moment)
        flow = self.poll(job, lane, is_hinted=is_hinted)
        self.polls[job] = self.multiplexer.add(flow, is_urgent=lane is Lane.PAGE)

    def poll(self, job: Job, lane: Lane, *, is_hinted: bool) -> Flow[None]:
        """Poll a query once; one that cannot be polled again is handed over with the error."""
        wait = self.waits[job]
        try:
            yield from wait.poll(lane)
            wait.check_code((yield from now()))
        except SupermetricsQueryError as error:
            job.run.abandoned = error
        del self.polls[job]
        moment = yield from now()
        if not is_hinted:
            self.learn(job, moment)
        elif not job.run.is_over:
            job.was_misled(moment)
        self.scheduler.record(job, moment)
        if job.run.is_over:
            yield from wait.emit_end()
        self.leave(job)

    def learn(self, job: Job, moment: float) -> None:
        """Learn from a poll that no hint has led to: how many of them find an end, and whether the history knows it."""
        self.scheduler.pace.learn(found_end=job.run.is_over)
        if job.run.is_over:
            self.watch.note(job.run, moment)
        else:
            self.watch.spent.append(moment)

    def time_out(self, moment: float) -> None:
        """Hand over each query whose own time is over; raise where the time of all of them is."""
        if self.deadline is not None:
            if self.is_late(self.deadline, moment):
                raise self.unfinished()
            return
        for job in self.scheduler.timed_out(moment):
            job.run.abandoned = self.waits[job].timed_out()
            self.scheduler.record(job, moment)
            self.leave(job)

    def is_late(self, deadline: Deadline, moment: float) -> bool:
        """Return whether the time of every query is over, and nothing is left to hand over."""
        jobs = self.scheduler.jobs
        if self.ended or self.scheduler.busy or not deadline.is_over(moment):
            return False
        return bool(jobs) and all(job.has_timed_out(moment) for job in jobs.values())

    def unfinished(self) -> WaitTimeoutError:
        """Return the error for queries that continue."""
        runs = [job.run for job in self.scheduler.jobs.values()]
        return WaitTimeoutError(
            f"unfinished at the end of the wait: {len(runs)}, the first of them query {runs[0].schedule_id!r}; "
            "continue with client.as_completed(error.queries), or in another process with error.tokens",
            tokens=tuple(run.ticket.token for run in runs),
        )


def parts(context: ClientContext) -> tuple[Scheduler, Watch]:
    """Return what decides for a runner."""
    return Scheduler(context.poll.floor), Watch(context.trust, is_allowed=context.poll.use_history)


def as_completed(context: ClientContext, runs: Sequence[Run], timeout: float, inbox: Inbox | None = None) -> Flow[None]:
    """Yield runs as they end; raise WaitTimeoutError when some continue at the end of the wait."""
    spread = min(MOST_SPREAD, max(0, len(runs) - UNSPREAD) / MOST_RATE)
    moment = yield from now()
    deadline = context.deadline(moment, timeout, spread)
    many = ManyRunner(context, *parts(context), deadline, inbox=inbox or Inbox())
    for run in runs:
        many.take(run, deadline, moment)
    yield from many.flow()


def run_many(context: ClientContext, source: Source) -> Flow[None]:
    """Yield the runs of many requests as they end."""
    yield from ManyRunner(context, *parts(context), source=source).flow()
