"""Starting a query so that it is never lost and never runs twice.

The schedule id is known before anything is sent. When the answer to a start is lost, the query is looked for under that
id, and only if it is not there is the start repeated.
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
from ..errors import StatusNotFoundError, SupermetricsQueryError, UnreadableResponseError
from ..events import StartSent
from .poll import OnChange, Wait, failed, poll, raise_if_bad, remember
from .request import ask, retried


def start(context: ClientContext, run: Run, query: DataQuery, deadline: Deadline, held: int) -> Flow[QueryStatus]:
    """Start a query and return what is known of it; errors carry the token, because the query may be running."""
    run.started = run.born = yield from now()
    yield from context.emit(StartSent(schedule_id=run.schedule_id, token=run.token))
    body = prepared(context, run, query, held)
    doubt = False

    def once() -> Flow[QueryStatus]:
        nonlocal doubt
        found = (yield from find(context, run, deadline)) if doubt else None
        if found is not None:
            return found
        try:
            return (yield from send_start(context, run, body, deadline))
        except CALL_ERRORS as error:
            doubt = leaves_doubt(error)
            raise

    try:
        return (yield from retried(context, once, is_transient, deadline))
    except SupermetricsQueryError as error:
        run.annotate(error)
        raise


def prepared(context: ClientContext, run: Run, query: DataQuery, held: int) -> DataQuery:
    """Return the query as it is sent: with its id, how long the server may hold it, and one page of rows."""
    body = sendable(query)
    body.schedule_id = run.schedule_id
    if isinstance(body.sync_timeout, Unset):
        body.sync_timeout = held
    if run.format == OutputFormat.JSON:
        body.offset_start, body.offset_end = run.window(0, context.page_size)
    return body


def send_start(context: ClientContext, run: Run, body: DataQuery, deadline: Deadline) -> Flow[QueryStatus]:
    """Send the start once; rows that come at once in a format without a status are told by a poll."""
    request = requests.start_query(body, OutputFormat(run.format))
    held = 0 if isinstance(body.sync_timeout, Unset) else body.sync_timeout
    try:
        status = yield from ask(context, request, partial(accepted, run), deadline, held=held)
    except CALL_ERRORS as error:
        if is_outcome(error):
            raise failed(run, error) from error
        raise
    if status is None:
        return (yield from poll(context, run, deadline))
    remember(context, run, status, (yield from now()))
    return status


def accepted(run: Run, answer: Answer) -> QueryStatus | None:
    """Read the answer to a start, None where it is rows without a status."""
    try:
        return status_of(answer, run.schedule_id)
    except UnreadableResponseError:
        if run.format == OutputFormat.JSON or answer.flaw:
            raise
        return None


def find(context: ClientContext, run: Run, deadline: Deadline) -> Flow[QueryStatus | None]:
    """Look for a query whose start was never answered."""
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
        wait.last_miss = error
        raise wait.timeout() from error
    if on_change is not None:
        yield on_change(status)
    yield from wait.check()
    yield from wait.flow()
    raise_if_bad(run)
