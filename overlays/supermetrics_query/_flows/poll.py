"""One poll of a query, remembered."""

from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from typing import TypeAlias

from attrs import define, field

from .._contract import requests
from .._contract.messages import Lane
from .._contract.status import ENDINGS, status_of
from .._core.context import LONGEST_RETRY_AFTER, ClientContext
from .._core.effects import Effect, Flow, Pending, Send, Sleep, Yield, now
from .._core.polling import NEVER, Deadline, clip_to_deadline, gap
from .._core.retrying import CALL_ERRORS, CallError, asked_pause, backoff, ends_query, is_worth_polling_again
from .._core.run import Run
from .._models import Attempt, QueryStatus
from .._results.rows import layout_of
from ..errors import (
    LimitExceededError,
    QueryError,
    QueryFailedError,
    RateLimitError,
    ResultExpiredError,
    StatusNotFoundError,
    WaitTimeoutError,
)
from ..events import Polled, PollFailed, WaitFinished
from .request import ask, bounded, retried


def poll(context: ClientContext, run: Run, deadline: Deadline) -> Flow[QueryStatus]:
    """Poll once, and ask for the first page only: the poll that finds success already holds it.

    A poll may bring the error of the query itself in place of its status.
    """
    request = requests.get_query_status(run.schedule_id, *run.window(0, context.page_size))
    try:
        status = yield from ask(context, request, partial(status_of, schedule_id=run.schedule_id), deadline)
    except CALL_ERRORS as error:
        if ends_query(error):
            raise failed(run, error) from error
        raise
    remember(context, run, status, (yield from now()))
    return status


def status(
    context: ClientContext, run: Run, first: int, last: int | None, sent: Pending | None = None
) -> Flow[QueryStatus]:
    """Poll a window of rows without remembering it, and again only where that poll failed.

    `sent` is the first of these polls if it is under way.
    """
    request = requests.get_query_status(run.schedule_id, first, last, Lane.PAGE)
    read = partial(status_of, schedule_id=run.schedule_id)
    under_way = chain([sent], repeat(None))

    def once() -> Flow[QueryStatus]:
        return ask(context, request, read, NEVER, sent=next(under_way))

    try:
        return (yield from retried(context, once, is_worth_polling_again, NEVER))
    except CALL_ERRORS as error:
        run.annotate(error)
        raise


def window_request(context: ClientContext, run: Run, first: int, last: int) -> Send:
    """Return the poll of a window of rows, to be sent ahead."""
    return bounded(context, requests.get_query_status(run.schedule_id, first, last, Lane.PAGE), NEVER.at, held=0.0)


def remember(context: ClientContext, run: Run, status: QueryStatus, moment: float) -> None:
    """Keep what a poll showed: when the next one is due, and the error if the query has ended badly."""
    run.saw(status, moment)
    run.due = moment + gap(context.poll, run.age_of_phase(moment), status.progress, context.draw)
    if status.is_known:
        run.unknown_since = None
    elif run.unknown_since is None:
        run.unknown_since = moment
    if status.is_success:
        run.layout = layout_of(status.response)
    kind = ENDINGS.get(status.code)
    if kind is not None:
        run.end(kind(f"{ended(status)}; the API gave no reason", status=status))


def ended(status: QueryStatus) -> str:
    """Say how a query ended."""
    request = f" (request id {status.request_id})" if status.request_id else ""
    return f"query {status.schedule_id!r} ended as {status.code}{request}"


def failed(run: Run, error: CallError) -> QueryFailedError:
    """End a run with the error that the API gave for the query itself."""
    failure = QueryFailedError(f"query {run.schedule_id!r} failed: {error}", status=run.status)
    failure.__cause__ = error
    run.end(failure)
    return failure


def expired(run: Run, error: CallError, delivered: int = 0) -> ResultExpiredError:
    """End a run whose status is no longer kept."""
    gone = ResultExpiredError(
        f"query {run.schedule_id!r} is no longer kept by the API, or was started with another key; "
        "results are kept for one hour after the end: start the query again",
        status=run.status,
        delivered=delivered,
    )
    gone.__cause__ = error
    run.end(gone)
    return gone


OnChange: TypeAlias = Callable[[QueryStatus], Effect]


@define
class Wait:
    """One wait for one run."""

    context: ClientContext
    run: Run
    deadline: Deadline
    on_change: OnChange | None = None
    misses: list[Attempt] = field(factory=list)  # polls in a row that brought no status
    failures: int = 0  # those of them that did not only ask for patience
    last_miss: CallError | None = None

    def flow(self) -> Flow[None]:
        """Poll until the run is over; raise what ends the wait sooner."""
        while not self.run.is_over:
            yield from self.pause()
            yield from self.poll()
            yield from self.check()
        yield from self.finish()

    def finish(self) -> Flow[None]:
        """Tell once that the run is over."""
        if self.run.was_told:
            return
        self.run.was_told = True
        code = str(self.run.status.code) if self.run.status else None
        age = self.run.age((yield from now()))
        yield from self.context.emit(WaitFinished(schedule_id=self.run.schedule_id, code=code, age=age))

    def pause(self) -> Flow[None]:
        """Sleep until the next poll is due; the last one falls on the deadline."""
        moment = yield from now()
        due = max(clip_to_deadline(self.run.due, self.deadline, self.context.poll.floor), self.run.not_before)
        if due <= moment:
            return
        if due > self.deadline.at:
            raise self.timeout()
        yield Sleep(due - moment)

    def poll(self) -> Flow[None]:
        """Poll once, and tell of what has changed."""
        before = self.run.status
        try:
            status = yield from poll(self.context, self.run, self.deadline)
        except CALL_ERRORS as error:
            pause = self.miss(error, (yield from now()))
            missed = PollFailed(schedule_id=self.run.schedule_id, error=error, pause=pause)
            yield from self.context.emit(missed)
            return
        self.misses, self.failures, self.last_miss = [], 0, None
        changed = status.differs_from(before)
        polled = Polled(schedule_id=self.run.schedule_id, status=status, changed=changed)
        yield from self.context.emit(polled)
        if self.on_change is not None and changed:
            yield self.on_change(status)

    def check(self) -> Flow[None]:
        """End the wait when its time is over, or when nobody knows what the query is doing."""
        moment = yield from now()
        if self.run.is_over:
            return
        self.check_code(moment)
        if self.deadline.is_over(moment):
            raise self.timeout()

    def miss(self, error: CallError, moment: float) -> float:
        """Pass over a poll that failed, unless polling again is of no use, and return the pause until the next one."""
        self.run.annotate(error)
        self.last_miss = error
        if isinstance(error, StatusNotFoundError) and not self.run.may_lag(moment):
            raise expired(self.run, error)
        if self.is_final(error):
            error.attempts = tuple(self.misses)
            raise error
        self.run.not_before = moment + asked_pause(error)
        pause = self.pause_after(error, moment)
        self.run.due = moment + pause
        self.misses.append(Attempt(error.message, pause))
        return pause

    def pause_after(self, error: CallError, moment: float) -> float:
        """Return when to poll again after a miss: as patiently as without one, or more so the more there are."""
        poll, progress = self.context.poll, self.run.status.progress if self.run.status else None
        regular = gap(poll, self.run.age_of_phase(moment), progress, self.context.draw)
        return max(regular, backoff(self.context.retry, error, max(1, self.failures), self.context.draw))

    def is_final(self, error: CallError) -> bool:
        """Tell whether a failed poll ends the wait. To be refused for the rate, or by a lagging replica, is no failure.

        Neither is it a reason to sleep for years, whichever error asks for it.
        """
        is_patient = isinstance(error, StatusNotFoundError | LimitExceededError) or (
            isinstance(error, RateLimitError) and is_worth_polling_again(error)
        )
        self.failures += not is_patient
        if asked_pause(error) > LONGEST_RETRY_AFTER:
            return True
        return not is_patient and (not is_worth_polling_again(error) or self.failures >= self.context.poll.max_errors)

    def check_code(self, moment: float) -> None:
        """Raise when the query has had a code that we do not know for too long."""
        since, status = self.run.unknown_since, self.run.status
        if since is None or status is None or moment - since < self.context.poll.unknown_patience:
            return
        error = QueryError(
            f"query {self.run.schedule_id!r} has had the unknown status {status.code!r} for {moment - since:.0f} s; "
            "a newer version of supermetrics-query may know it",
            status=status,
        )
        self.run.annotate(error)
        raise error

    def timeout(self) -> WaitTimeoutError:
        """Return the error that ends a wait whose query goes on."""
        error = WaitTimeoutError(
            f"query {self.run.schedule_id!r} is {standing(self.run.status)} at the end of the wait; "
            f"go on with client.attach({self.run.token!r})",
            query=self.run.handle,
            status=self.run.status,
        )
        error.__cause__ = self.last_miss
        self.run.annotate(error)
        return error


def standing(status: QueryStatus | None) -> str:
    """Return where a query stands, in words."""
    return "not seen yet" if status is None else f"still {status}"


def wait(context: ClientContext, run: Run, timeout: float, on_change: OnChange | None) -> Flow[None]:
    """Wait for success; raise how the query ended otherwise."""
    run.abandoned = None
    deadline = Deadline((yield from now()) + timeout)
    yield from Wait(context, run, deadline, on_change).flow()
    raise_if_bad(run)


def watch(context: ClientContext, run: Run, timeout: float) -> Flow[None]:
    """Give every change of a query, the last one terminal."""
    deadline = Deadline((yield from now()) + timeout)
    if run.status is not None:
        yield Yield(run.status)
    yield from Wait(context, run, deadline, Yield).flow()
    if run.status is None or not run.status.is_terminal:
        raise_if_bad(run)  # the end came as an error and not as a status


def refresh(context: ClientContext, run: Run) -> Flow[QueryStatus]:
    """Poll once, and again only where that poll failed."""
    lagging = run.may_lag((yield from now()))

    def is_worth_it(error: CallError) -> bool:
        return is_worth_polling_again(error) or (lagging and isinstance(error, StatusNotFoundError))

    try:
        return (yield from retried(context, partial(poll, context, run, NEVER), is_worth_it, NEVER))
    except CALL_ERRORS as error:
        run.annotate(error)
        if isinstance(error, StatusNotFoundError) and not lagging:
            raise expired(run, error) from error
        raise


def raise_if_bad(run: Run) -> None:
    """Raise how a query ended, if it did not end well."""
    if run.error is not None:
        raise run.error.with_traceback(None)
