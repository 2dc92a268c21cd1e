"""Starting a query so that it is never lost and never runs twice.

The schedule id is known before anything is sent. When the answer to a start is lost, the query is polled under that id,
and the start is repeated only if the query is not there. A start that was answered is never repeated. An id that the
caller has chosen may not be that of a query that has ended; a named query that has been started is joined.
"""

from functools import partial

from supermetrics_query_api.models import DataQuery, OutputFormat
from supermetrics_query_api.types import Unset

from .._contract import requests
from .._contract.messages import Answer
from .._contract.requests import sendable
from .._contract.status import holds_rows, status_of
from .._contract.validation import MOST_ROWS
from .._core.context import ClientContext
from .._core.effects import Flow, now
from .._core.polling import Deadline
from .._core.retrying import (
    CALL_ERRORS,
    ends_query,
    is_conflict,
    is_outcome,
    is_transient,
    is_worth_polling_again,
    leaves_doubt,
)
from .._core.run import Run
from .._core.series import Series
from .._models import QueryStatus
from ..errors import ScheduleIdInUseError, StatusNotFoundError
from ..events import StartSent
from .exclusive import exclusively
from .poll import OnChange, Wait, failed, fetch_window, poll, raise_if_bad, remember
from .request import call, retried
from .resume import join


def start(
    context: ClientContext, run: Run, query: DataQuery, deadline: Deadline, held: int
) -> Flow[QueryStatus | None]:
    """Start a query, or join its run where it is a named one; return its first status, None where no poll shows it yet.

    The API may hold the answer for `held` seconds. Of flows that start the same named query, one does.
    """
    if run.series is None:
        may_run = yield from is_running(context, run, query, deadline)
        return (yield from start_new(context, run, query, deadline, held, may_run=may_run))
    flow = start_named(context, run, run.series, query, deadline, held)
    return (yield from exclusively(context, run.series.stem, flow, deadline))


def start_named(
    context: ClientContext, run: Run, series: Series, query: DataQuery, deadline: Deadline, held: int
) -> Flow[QueryStatus | None]:
    """Join the run of a named query, or start one."""
    if (yield from join(context, run, series, deadline)):
        return run.status
    return (yield from start_new(context, run, query, deadline, held, may_run=True))


def start_new(
    context: ClientContext, run: Run, query: DataQuery, deadline: Deadline, held: int, *, may_run: bool
) -> Flow[QueryStatus | None]:
    """Start a query; `may_run` says that another start of it may have reached the API."""
    run.timing.born = yield from now()
    yield from context.emit(StartSent(schedule_id=run.schedule_id, token=run.ticket.token))
    body = prepared(context, run, query, held)
    in_doubt = False

    def once() -> Flow[QueryStatus | None]:
        nonlocal in_doubt
        found = (yield from find(context, run, deadline)) if in_doubt else None
        if found is not None:
            return found
        try:
            return (yield from send_start(context, run, body, deadline))
        except CALL_ERRORS as error:
            if (in_doubt or may_run) and is_conflict(error):
                return None  # the start that was lost has reached the API, or that of another process
            in_doubt = in_doubt or leaves_doubt(error)
            raise

    # What returns was answered, so nothing below can repeat it.
    status = yield from retried(context, once, is_transient, deadline)
    return status or (yield from first_status(context, run, deadline))


def is_running(context: ClientContext, run: Run, query: DataQuery, deadline: Deadline) -> Flow[bool]:
    """Return whether a query with the id that the caller has chosen is running, which a start joins.

    Raise ScheduleIdInUseError where one has ended: its rows would look like those of the new one.
    """
    if not isinstance(query.schedule_id, str):
        return False
    status = None
    try:
        status = yield from fetch_window(context, run, 0, 0, deadline)
    except StatusNotFoundError:
        return False
    except CALL_ERRORS as error:
        if not ends_query(error):
            raise
    if status is not None and not status.is_terminal:
        return True
    raise ScheduleIdInUseError(
        f"nothing was started: a query with the schedule_id {run.schedule_id!r} has ended, and the API still keeps it; "
        "read it with client.attach(), leave schedule_id out, or name the query with resume=",
        status=status,
    )


def prepared(context: ClientContext, run: Run, query: DataQuery, held: int) -> DataQuery:
    """Return the query as it is sent: with its id, how long the server may hold it, and one page of all rows."""
    body = sendable(query)
    body.schedule_id = run.schedule_id
    if isinstance(body.sync_timeout, Unset):
        body.sync_timeout = held
    if isinstance(body.max_rows, Unset):
        body.max_rows = MOST_ROWS  # without it, the API may stop at a number of its own
    if run.ticket.format == OutputFormat.JSON:
        body.offset_start, body.offset_end = run.ticket.window(0, context.page_size)
    return body


def send_start(context: ClientContext, run: Run, body: DataQuery, deadline: Deadline) -> Flow[QueryStatus | None]:
    """Send the start once and return the status, None where rows without a status come at once."""
    request = requests.start_query(body, OutputFormat(run.ticket.format))
    held = 0 if isinstance(body.sync_timeout, Unset) else body.sync_timeout
    try:
        status = yield from call(context, request, partial(accepted, run), deadline, held=held)
    except CALL_ERRORS as error:
        run.timing.started = yield from now()
        if is_outcome(error):
            raise failed(run, error) from error
        raise
    run.timing.started = moment = yield from now()
    if status is not None:
        remember(context, run, status, moment)
    return status


def accepted(run: Run, answer: Answer) -> QueryStatus | None:
    """Return the status in the answer to a start, None where it is rows without a status."""
    return None if holds_rows(answer, run.ticket.format) else status_of(answer, run.schedule_id)


def first_status(context: ClientContext, run: Run, deadline: Deadline) -> Flow[QueryStatus | None]:
    """Return the status of a query whose start was answered without one, None where a poll does not show it yet."""
    try:
        return (yield from poll(context, run, deadline))
    except CALL_ERRORS as error:
        if is_worth_polling_again(error) or isinstance(error, StatusNotFoundError):
            return None
        raise


def find(context: ClientContext, run: Run, deadline: Deadline) -> Flow[QueryStatus | None]:
    """Return the status of a query whose start was never answered, None where it is not there."""
    try:
        return (yield from poll(context, run, deadline))
    except StatusNotFoundError:
        return None


def run_to_end(
    context: ClientContext, run: Run, query: DataQuery, timeout: float, on_change: OnChange | None
) -> Flow[None]:
    """Start a query, let the server do the first waiting, and wait for the rest."""
    deadline = context.deadline((yield from now()), timeout)
    held = int(max(0.0, min(context.poll.start_wait, timeout - max(1.0, context.latency.lead))))
    wait = Wait(context, run, deadline, on_change)
    try:
        status = yield from start(context, run, query, deadline, held)
    except CALL_ERRORS as error:
        ended = wait.unstarted(error, (yield from now()))
        raise ended from ended.__cause__
    if on_change is not None and status is not None:
        yield on_change(status)
    wait.check((yield from now()))
    yield from wait.flow()
    raise_if_bad(run)
