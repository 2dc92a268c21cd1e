"""Polling a query until it has ended. A failed poll is not a failed query: it postpones the next poll."""

import math
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from attrs import define, field

from .._contract import requests
from .._contract.messages import Lane
from .._contract.status import ENDINGS, status_of
from .._core.context import LONGEST_RETRY_AFTER, ClientContext
from .._core.effects import Effect, Flow, Send, Sleep, Yield, now
from .._core.polling import NEVER, Deadline, clip_to_deadline, next_poll
from .._core.retrying import (
    CALL_ERRORS,
    CallError,
    Failure,
    ends_query,
    is_refused_for_rate,
    is_transient,
    is_worth_polling_again,
    requested_pause,
)
from .._core.run import Run
from .._models import Attempt, QueryStatus
from ..errors import (
    QueryError,
    QueryFailedError,
    ResultExpiredError,
    StatusNotFoundError,
    SupermetricsQueryError,
    WaitTimeoutError,
)
from ..events import Polled, PollFailed, WaitFinished
from .request import bounded, call, retried

OnChange: TypeAlias = Callable[[QueryStatus], Effect]


def poll(context: ClientContext, run: Run, deadline: Deadline, lane: Lane = Lane.POLL) -> Flow[QueryStatus]:
    """Return the status of a query and remember it; raise where the answer is the error of the query itself.

    It asks for the first page only, so the poll that finds success already holds it.
    """
    request = requests.get_query_status(run.schedule_id, *run.ticket.window(0, context.page_size), lane)
    try:
        status = yield from call(context, request, partial(status_of, schedule_id=run.schedule_id), deadline)
    except CALL_ERRORS as error:
        if ends_query(error):
            raise failed(run, error) from error
        raise
    remember(context, run, status, (yield from now()))
    return status


def fetch_window(
    context: ClientContext, run: Run, first: int, last: int | None, deadline: Deadline = NEVER
) -> Flow[QueryStatus]:
    """Return the status of a query with a window of its rows, without remembering it; retry where that fails."""
    request = requests.get_query_status(run.schedule_id, first, last, Lane.PAGE)
    once = partial(call, context, request, partial(status_of, schedule_id=run.schedule_id), deadline)
    return (yield from retried(context, once, is_worth_polling_again, deadline))


def window_request(context: ClientContext, run: Run, first: int, last: int) -> Send:
    """Return the effect of asking for a window of rows, to be sent ahead."""
    request = requests.get_query_status(run.schedule_id, first, last, Lane.PAGE)
    return bounded(context, request, NEVER, now=0.0, held=0.0)


def refresh(context: ClientContext, run: Run) -> Flow[QueryStatus]:
    """Return the status of a query and remember it; poll again only where the poll failed."""
    may_lag = run.may_lag((yield from now()))

    def is_worth_it(error: CallError) -> bool:
        return is_worth_polling_again(error) or (may_lag and isinstance(error, StatusNotFoundError))

    try:
        return (yield from retried(context, partial(poll, context, run, NEVER), is_worth_it, NEVER))
    except StatusNotFoundError as error:
        if may_lag:
            raise
        raise expired(run, error) from error


def wait(context: ClientContext, run: Run, timeout: float, on_change: OnChange | None) -> Flow[None]:
    """Wait until a query has succeeded; raise how it ended otherwise."""
    run.abandoned = None
    deadline = context.deadline((yield from now()), timeout)
    yield from Wait(context, run, deadline, on_change).flow()
    raise_if_bad(run)


def watch(context: ClientContext, run: Run, timeout: float) -> Flow[None]:
    """Yield every change of a query, the last one terminal."""
    deadline = context.deadline((yield from now()), timeout)
    if run.status is not None:
        yield Yield(run.status)
    yield from Wait(context, run, deadline, Yield).flow()
    if run.status is None or not run.status.is_terminal:
        raise_if_bad(run)  # the end came as an error and not as a status


@define
class Wait:
    """One wait for one run."""

    context: ClientContext
    run: Run
    deadline: Deadline
    on_change: OnChange | None = None
    polled: float = -math.inf  # when the last poll was sent
    attempts: list[Attempt] = field(factory=list)  # failed polls in a row
    failures: int = 0  # those of them that count: a request for patience does not
    last_failure: CallError | None = None

    def flow(self) -> Flow[None]:
        """Poll until the run is over; raise what ends the wait sooner."""
        while not self.run.is_over:
            yield from self.pause()
            yield from self.poll()
            self.check((yield from now()))
        yield from self.emit_end()

    def emit_end(self) -> Flow[None]:
        """Emit once that the run is over."""
        if self.run.end_emitted:
            return
        self.run.end_emitted = True
        code = str(self.run.status.code) if self.run.status else None
        age = self.run.timing.age((yield from now()))
        yield from self.context.emit(WaitFinished(schedule_id=self.run.schedule_id, code=code, age=age))

    def pause(self) -> Flow[None]:
        """Sleep until the next poll is due; after the last one, sleep until the deadline and raise."""
        moment = yield from now()
        timing, floor = self.run.timing, self.context.poll.floor
        if self.polled >= self.deadline.last_poll:
            yield Sleep(max(0.0, self.deadline.at - moment))
            raise self.timed_out()
        due = max(clip_to_deadline(timing.due, self.deadline, floor), timing.not_before)
        if due > self.deadline.at:
            raise self.timed_out()
        if due > moment:
            yield Sleep(due - moment)

    def poll(self, lane: Lane = Lane.POLL) -> Flow[None]:
        """Poll once and report what has changed; raise where a failed poll ends the wait."""
        before, self.polled = self.run.status, (yield from now())
        try:
            status = yield from poll(self.context, self.run, self.deadline, lane)
        except CALL_ERRORS as error:
            yield from self.on_failure(error)
            return
        self.attempts, self.failures, self.last_failure = [], 0, None
        changed = status.differs_from(before)
        yield from self.context.emit(Polled(schedule_id=self.run.schedule_id, status=status, changed=changed))
        if self.on_change is not None and changed:
            yield self.on_change(status)

    def on_failure(self, error: CallError) -> Flow[None]:
        """Postpone the next poll, and report the failed one; raise where it ends the wait."""
        moment = yield from now()
        self.last_failure = error
        if ending := self.ending(error, moment):
            raise ending
        timing = self.run.timing
        timing.not_before = moment + requested_pause(error)
        failure = Failure(error, max(1, self.failures))
        timing.due = next_poll(self.context.poll, self.context.retry, self.run, failure, moment, self.context.draw)
        pause = timing.due - moment
        self.attempts.append(Attempt(error.message, pause))
        self.run.annotate(error)
        yield from self.context.emit(PollFailed(schedule_id=self.run.schedule_id, error=error, pause=pause))

    def ending(self, error: CallError, moment: float) -> CallError | ResultExpiredError | None:
        """Count a failed poll, and return the error that ends the wait, None to poll again.

        A refusal for the rate and a replica that lags do not count, and the deadline ends a wait by itself. A
        Retry-After of years ends any wait.
        """
        if isinstance(error, StatusNotFoundError) and not self.run.may_lag(moment):
            return expired(self.run, error)
        is_patient = is_refused_for_rate(error) or isinstance(error, StatusNotFoundError)
        self.failures += not is_patient
        is_exhausted = self.failures >= self.context.poll.max_errors and not self.deadline.is_over(moment)
        is_final = not is_patient and (is_exhausted or not is_worth_polling_again(error))
        if not is_final and requested_pause(error) <= LONGEST_RETRY_AFTER:
            return None
        error.attempts = tuple(self.attempts)
        return error

    def check(self, moment: float) -> None:
        """Raise when the wait has timed out, or when an unknown status has lasted too long."""
        if self.run.is_over:
            return
        self.check_code(moment)
        if self.deadline.is_over(moment):
            raise self.timed_out()

    def unstarted(self, error: SupermetricsQueryError, moment: float) -> SupermetricsQueryError:
        """Return what ends the wait for a query whose start failed: the deadline where it has come, else the error."""
        if not isinstance(error, CALL_ERRORS) or not is_transient(error) or not self.deadline.is_over(moment):
            return error
        self.last_failure = error
        return self.timed_out()

    def check_code(self, moment: float) -> None:
        """Raise when the query has had a code that we do not know for too long."""
        since, status = self.run.timing.unknown_since, self.run.status
        if since is None or status is None or moment - since < self.context.poll.unknown_patience:
            return
        raise QueryError(
            f"query {self.run.schedule_id!r} has had the unknown status {status.code!r} for {moment - since:.0f} s; "
            "a newer version of supermetrics-query may know it",
            status=status,
        )

    def timed_out(self) -> WaitTimeoutError:
        """Return the error that ends a wait whose query continues."""
        status = self.run.status
        error = WaitTimeoutError(
            f"query {self.run.schedule_id!r} is {f'still {status}' if status else 'not seen yet'} "
            f"at the end of the wait; continue with client.attach({self.run.ticket.token!r})",
            status=status,
        )
        error.__cause__ = self.last_failure
        return error


def remember(context: ClientContext, run: Run, status: QueryStatus, moment: float) -> None:
    """Keep what a poll showed: when the next one is due, the columns, and the error of a query that ended badly."""
    run.record(status, moment)
    run.timing.due = next_poll(context.poll, context.retry, run, None, moment, context.draw)
    if status.is_success:
        run.layout = run.layout_for(status.response)
    kind = ENDINGS.get(status.code)
    if kind is not None:
        request = f" (request id {status.request_id})" if status.request_id else ""
        run.error = kind(
            f"query {run.schedule_id!r} ended as {status.code}{request}; the API gave no reason", status=status
        )


def failed(run: Run, error: CallError) -> QueryFailedError:
    """End a run with the error that the API gave for the query itself, and return it."""
    failure = QueryFailedError(f"query {run.schedule_id!r} failed: {error}", status=run.status)
    failure.__cause__ = error
    run.error = failure
    return failure


def expired(run: Run, error: CallError, delivered: int = 0) -> ResultExpiredError:
    """End a run whose status is no longer kept, and return the error."""
    gone = ResultExpiredError(
        f"query {run.schedule_id!r} is no longer kept by the API, or was started with another key; "
        "results are kept for one hour after the end: start the query again",
        status=run.status,
        delivered=delivered,
    )
    gone.__cause__ = error
    run.error = gone
    return gone


def raise_if_bad(run: Run) -> None:
    """Raise how a query ended, if it did not succeed."""
    if run.error is not None:
        raise run.error.with_traceback(None)
