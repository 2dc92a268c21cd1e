"""Starting a query so that it is never lost and never runs twice.

The schedule id is known before anything is sent. When the answer to a start is lost, the query is polled under that id,
and the start is repeated only if the query is not there.
"""

from functools import partial

from supermetrics_query_api.models import DataQuery, OutputFormat
from supermetrics_query_api.types import Unset

from .._contract import requests
from .._contract.messages import Answer
from .._contract.requests import sendable
from .._contract.status import status_of
from .._core.context import ClientContext
from .._core.effects import Flow, now
from .._core.polling import Deadline
from .._core.retrying import CALL_ERRORS, is_outcome, is_transient, leaves_doubt
from .._core.run import Run
from .._models import QueryStatus
from ..errors import StatusNotFoundError, UnreadableResponseError
from ..events import StartSent
from .poll import OnChange, Wait, failed, poll, raise_if_bad, remember
from .request import call, retried


def start(context: ClientContext, run: Run, query: DataQuery, deadline: Deadline, held: int) -> Flow[QueryStatus]:
    """Start a query and return its first status; the API may hold the answer for `held` seconds."""
    run.timing.started = run.timing.born = yield from now()
    yield from context.emit(StartSent(schedule_id=run.schedule_id, token=run.ticket.token))
    body = prepared(context, run, query, held)
    in_doubt = False

    def once() -> Flow[QueryStatus]:
        nonlocal in_doubt
        found = (yield from find(context, run, deadline)) if in_doubt else None
        if found is not None:
            return found
        try:
            return (yield from send_start(context, run, body, deadline))
        except CALL_ERRORS as error:
            in_doubt = leaves_doubt(error)
            raise

    return (yield from retried(context, once, is_transient, deadline))


def prepared(context: ClientContext, run: Run, query: DataQuery, held: int) -> DataQuery:
    """Return the query as it is sent: with its id, how long the server may hold it, and one page of rows."""
    body = sendable(query)
    body.schedule_id = run.schedule_id
    if isinstance(body.sync_timeout, Unset):
        body.sync_timeout = held
    if run.ticket.format == OutputFormat.JSON:
        body.offset_start, body.offset_end = run.ticket.window(0, context.page_size)
    return body


def send_start(context: ClientContext, run: Run, body: DataQuery, deadline: Deadline) -> Flow[QueryStatus]:
    """Send the start once and return the status; poll for it where rows without a status come at once."""
    request = requests.start_query(body, OutputFormat(run.ticket.format))
    held = 0 if isinstance(body.sync_timeout, Unset) else body.sync_timeout
    try:
        status = yield from call(context, request, partial(accepted, run), deadline, held=held)
    except CALL_ERRORS as error:
        if is_outcome(error):
            raise failed(run, error) from error
        raise
    if status is None:
        return (yield from poll(context, run, deadline))
    remember(context, run, status, (yield from now()))
    return status


def accepted(run: Run, answer: Answer) -> QueryStatus | None:
    """Return the status in the answer to a start, None where it is rows without a status."""
    try:
        return status_of(answer, run.schedule_id)
    except UnreadableResponseError:
        if run.ticket.format == OutputFormat.JSON or answer.flaw:
            raise
        return None


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
    deadline = Deadline((yield from now()) + timeout)
    held = int(max(0.0, min(context.poll.start_wait, timeout - 1.0)))
    wait = Wait(context, run, deadline, on_change)
    try:
        status = yield from start(context, run, query, deadline, held)
    except CALL_ERRORS as error:
        if not is_transient(error) or not deadline.is_over((yield from now())):
            raise
        wait.last_failure = error
        raise wait.timed_out() from error
    if on_change is not None:
        yield on_change(status)
    wait.check((yield from now()))
    yield from wait.flow()
    raise_if_bad(run)
