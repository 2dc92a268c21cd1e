"""One look at a query, remembered."""

from functools import partial
from itertools import chain, repeat

from .._contract import requests as operations
from .._contract.messages import Lane
from .._contract.status import ENDINGS, status_of
from .._core.context import Settings
from .._core.effects import Flow, Pending, Send, now
from .._core.polling import NEVER, Deadline, gap
from .._core.retrying import CALL_ERRORS, CallError, ends_query, is_missed_look
from .._core.run import Run
from .._models import QueryStatus
from .._results.rows import layout_of
from ..errors import QueryFailedError, ResultExpiredError
from .calls import ask, bounded, retried


def look(settings: Settings, run: Run, deadline: Deadline) -> Flow[QueryStatus]:
    """Look once, and ask for the first page only: the look that finds success already holds it.

    A look may bring the error of the query itself in place of its status.
    """
    request = operations.look(run.schedule_id, *run.window(0, settings.page_size))
    try:
        status = yield from ask(settings, request, partial(status_of, schedule_id=run.schedule_id), deadline)
    except CALL_ERRORS as error:
        if ends_query(error):
            raise failed(run, error) from error
        raise
    remember(settings, run, status, (yield from now()))
    return status


def status(
    settings: Settings, run: Run, first: int, last: int | None, sent: Pending | None = None
) -> Flow[QueryStatus]:
    """Look at a window of rows without remembering it, and again only where that look failed.

    `sent` is the first of these looks if it is under way.
    """
    request = operations.look(run.schedule_id, first, last, Lane.PAGE)
    read = partial(status_of, schedule_id=run.schedule_id)
    under_way = chain([sent], repeat(None))

    def once() -> Flow[QueryStatus]:
        return ask(settings, request, read, NEVER, sent=next(under_way))

    try:
        return (yield from retried(settings, once, is_missed_look, NEVER))
    except CALL_ERRORS as error:
        run.mark(error)
        raise


def look_to_send(settings: Settings, run: Run, first: int, last: int) -> Send:
    """Return the look at a window of rows, to be sent ahead."""
    return bounded(settings, operations.look(run.schedule_id, first, last, Lane.PAGE), NEVER.at, held=0.0)


def remember(settings: Settings, run: Run, status: QueryStatus, moment: float) -> None:
    """Keep what a look showed: when the next one is due, and the error if the query has ended badly."""
    run.saw(status, moment)
    run.due = moment + gap(settings.poll, run.age_of_phase(moment), status.progress, settings.draw)
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
