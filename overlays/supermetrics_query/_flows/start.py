"""Starting a query so that it is never lost and never runs twice.

The schedule id is known before anything is sent. When the answer to a start is lost, the query is looked for under that
id, and only if it is not there is the start repeated.
"""

from functools import partial

from supermetrics_query_api.models import DataQuery, OutputFormat
from supermetrics_query_api.types import Unset

from .._contract import requests as operations
from .._contract.messages import Answer
from .._contract.requests import sendable
from .._contract.status import status_of
from .._core.context import Settings
from .._core.effects import Flow, now
from .._core.polling import Deadline
from .._core.retrying import CALL_ERRORS, is_outcome, is_transient, leaves_doubt
from .._core.run import Run
from .._models import QueryStatus
from ..errors import StatusNotFoundError, SupermetricsQueryError, UnreadableResponseError
from ..events import StartSent
from .poll import Notice, Wait, failed, look, raise_if_bad, remember
from .request import ask, retried


def start(settings: Settings, run: Run, query: DataQuery, deadline: Deadline, held: int) -> Flow[QueryStatus]:
    """Start a query and return what is known of it; errors carry the token, because the query may be running."""
    run.started = run.born = yield from now()
    yield from settings.tell(StartSent(schedule_id=run.schedule_id, token=run.token))
    body = prepared(settings, run, query, held)
    doubt = False

    def once() -> Flow[QueryStatus]:
        nonlocal doubt
        found = (yield from find(settings, run, deadline)) if doubt else None
        if found is not None:
            return found
        try:
            return (yield from send_start(settings, run, body, deadline))
        except CALL_ERRORS as error:
            doubt = leaves_doubt(error)
            raise

    try:
        return (yield from retried(settings, once, is_transient, deadline))
    except SupermetricsQueryError as error:
        run.mark(error)
        raise


def prepared(settings: Settings, run: Run, query: DataQuery, held: int) -> DataQuery:
    """Return the query as it is sent: with its id, how long the server may hold it, and one page of rows."""
    body = sendable(query)
    body.schedule_id = run.schedule_id
    if isinstance(body.sync_timeout, Unset):
        body.sync_timeout = held
    if run.format == OutputFormat.JSON:
        body.offset_start, body.offset_end = run.window(0, settings.page_size)
    return body


def send_start(settings: Settings, run: Run, body: DataQuery, deadline: Deadline) -> Flow[QueryStatus]:
    """Send the start once; rows that come at once in a format without a status are told by a look."""
    request = operations.start_query(body, OutputFormat(run.format))
    held = 0 if isinstance(body.sync_timeout, Unset) else body.sync_timeout
    try:
        status = yield from ask(settings, request, partial(accepted, run), deadline, held=held)
    except CALL_ERRORS as error:
        if is_outcome(error):
            raise failed(run, error) from error
        raise
    if status is None:
        return (yield from look(settings, run, deadline))
    remember(settings, run, status, (yield from now()))
    return status


def accepted(run: Run, answer: Answer) -> QueryStatus | None:
    """Read the answer to a start, None where it is rows without a status."""
    try:
        return status_of(answer, run.schedule_id)
    except UnreadableResponseError:
        if run.format == OutputFormat.JSON or answer.flaw:
            raise
        return None


def find(settings: Settings, run: Run, deadline: Deadline) -> Flow[QueryStatus | None]:
    """Look for a query whose start was never answered."""
    try:
        return (yield from look(settings, run, deadline))
    except StatusNotFoundError:
        return None


def run_to_end(settings: Settings, run: Run, query: DataQuery, timeout: float, notice: Notice | None) -> Flow[None]:
    """Start a query, let the server do the first waiting, and wait for the rest."""
    deadline = Deadline((yield from now()) + timeout)
    held = int(max(0.0, min(settings.poll.start_wait, timeout - 1.0)))
    wait = Wait(settings, run, deadline, notice)
    try:
        status = yield from start(settings, run, query, deadline, held)
    except CALL_ERRORS as error:
        if not is_transient(error) or not deadline.is_over((yield from now())):
            raise
        wait.last_miss = error
        raise wait.timeout() from error
    if notice is not None:
        yield notice(status)
    yield from wait.check()
    yield from wait.flow()
    raise_if_bad(run)
