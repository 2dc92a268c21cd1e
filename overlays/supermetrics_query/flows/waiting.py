"""Waiting until a query has ended. A look that fails is a missed look, never a failed query.

Polling answers "not yet" and retrying answers "that failed"; here both end up as the time of the next look.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from attrs import define, field

from .._core.context import LONGEST_RETRY_AFTER, Settings
from .._core.effects import Effect, Flow, Give, Sleep, now
from .._core.polling import NEVER, Deadline, gap, look_at
from .._core.retrying import CALL_ERRORS, CallError, asked_pause, backoff, is_missed_look
from .._core.run import Run
from .._models import Attempt, QueryStatus
from ..errors import LimitExceededError, QueryError, RateLimitError, StatusNotFoundError, WaitTimeoutError
from ..events import Looked, LookMissed, WaitFinished
from .calls import retried
from .looking import expired, look

Notice: TypeAlias = Callable[[QueryStatus], Effect]


@define
class Wait:
    """One wait for one run."""

    settings: Settings
    run: Run
    deadline: Deadline
    notice: Notice | None = None
    misses: list[Attempt] = field(factory=list)  # looks in a row that brought no status
    failures: int = 0  # those of them that did not only ask for patience
    last_miss: CallError | None = None

    def flow(self) -> Flow[None]:
        """Look until the run is over; raise what ends the wait sooner."""
        while not self.run.is_over:
            yield from self.pause()
            yield from self.look()
            yield from self.check()
        yield from self.finish()

    def finish(self) -> Flow[None]:
        """Tell once that the run is over."""
        if self.run.was_told:
            return
        self.run.was_told = True
        code = str(self.run.status.code) if self.run.status else None
        age = self.run.age((yield from now()))
        yield from self.settings.tell(WaitFinished(schedule_id=self.run.schedule_id, code=code, age=age))

    def pause(self) -> Flow[None]:
        """Sleep until the next look is due; the last one falls on the deadline."""
        moment = yield from now()
        due = max(look_at(self.run.due, self.deadline, self.settings.poll.floor), self.run.not_before)
        if due <= moment:
            return
        if due > self.deadline.at:
            raise self.timeout()
        yield Sleep(due - moment)

    def look(self) -> Flow[None]:
        """Look once, and tell of what has changed."""
        before = self.run.status
        try:
            status = yield from look(self.settings, self.run, self.deadline)
        except CALL_ERRORS as error:
            pause = self.miss(error, (yield from now()))
            missed = LookMissed(schedule_id=self.run.schedule_id, error=error, pause=pause)
            yield from self.settings.tell(missed)
            return
        self.misses, self.failures, self.last_miss = [], 0, None
        changed = status.differs_from(before)
        looked = Looked(schedule_id=self.run.schedule_id, status=status, changed=changed)
        yield from self.settings.tell(looked)
        if self.notice is not None and changed:
            yield self.notice(status)

    def check(self) -> Flow[None]:
        """End the wait when its time is over, or when nobody knows what the query is doing."""
        moment = yield from now()
        if self.run.is_over:
            return
        self.check_code(moment)
        if self.deadline.is_over(moment):
            raise self.timeout()

    def miss(self, error: CallError, moment: float) -> float:
        """Pass over a look that failed, unless looking again is of no use, and return the pause until the next one."""
        self.run.mark(error)
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
        """Return when to look again after a miss: as patiently as without one, or more so the more there are."""
        poll, progress = self.settings.poll, self.run.status.progress if self.run.status else None
        regular = gap(poll, self.run.age_of_phase(moment), progress, self.settings.draw)
        return max(regular, backoff(self.settings.retry, error, max(1, self.failures), self.settings.draw))

    def is_final(self, error: CallError) -> bool:
        """Tell whether a failed look ends the wait. To be refused for the rate, or by a lagging replica, is no failure.

        Neither is it a reason to sleep for years, whichever error asks for it.
        """
        is_patient = isinstance(error, StatusNotFoundError | LimitExceededError) or (
            isinstance(error, RateLimitError) and is_missed_look(error)
        )
        self.failures += not is_patient
        if asked_pause(error) > LONGEST_RETRY_AFTER:
            return True
        return not is_patient and (not is_missed_look(error) or self.failures >= self.settings.poll.max_errors)

    def check_code(self, moment: float) -> None:
        """Raise when the query has had a code that we do not know for too long."""
        since, status = self.run.unknown_since, self.run.status
        if since is None or status is None or moment - since < self.settings.poll.unknown_patience:
            return
        error = QueryError(
            f"query {self.run.schedule_id!r} has had the unknown status {status.code!r} for {moment - since:.0f} s; "
            "a newer version of supermetrics-query may know it",
            status=status,
        )
        self.run.mark(error)
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
        self.run.mark(error)
        return error


def standing(status: QueryStatus | None) -> str:
    """Say where a query stands."""
    if status is None:
        return "not seen yet"
    progress = status.progress
    parts = f" ({progress.ready} of {progress.total} parts ready)" if progress else ""
    return f"still {status.code}{parts}"


def wait(settings: Settings, run: Run, timeout: float, notice: Notice | None) -> Flow[None]:
    """Wait for success; raise how the query ended otherwise."""
    run.given_up = None
    deadline = Deadline((yield from now()) + timeout)
    yield from Wait(settings, run, deadline, notice).flow()
    raise_if_bad(run)


def watch(settings: Settings, run: Run, timeout: float) -> Flow[None]:
    """Give every change of a query, the last one terminal."""
    deadline = Deadline((yield from now()) + timeout)
    if run.status is not None:
        yield Give(run.status)
    yield from Wait(settings, run, deadline, Give).flow()
    if run.status is None or not run.status.is_terminal:
        raise_if_bad(run)  # the end came as an error and not as a status


def refresh(settings: Settings, run: Run) -> Flow[QueryStatus]:
    """Look once, and again only where that look failed."""
    lagging = run.may_lag((yield from now()))

    def is_worth_it(error: CallError) -> bool:
        return is_missed_look(error) or (lagging and isinstance(error, StatusNotFoundError))

    try:
        return (yield from retried(settings, partial(look, settings, run, NEVER), is_worth_it, NEVER))
    except CALL_ERRORS as error:
        run.mark(error)
        if isinstance(error, StatusNotFoundError) and not lagging:
            raise expired(run, error) from error
        raise


def raise_if_bad(run: Run) -> None:
    """Raise how a query ended, if it did not end well."""
    if run.error is not None:
        raise run.error.with_traceback(None)
