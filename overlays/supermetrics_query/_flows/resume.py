"""Finding the newest run of a named query, so that a process that was killed and runs again starts nothing twice.

A poll says where a run stands. A run that no poll shows may have expired, or a replica may lag: the history of the key
tells these from one that never was, and shows a newer run behind one that has expired.
"""

from functools import partial

from supermetrics_query_api.models import QueryHistoryRequest
from supermetrics_query_api.types import UNSET

from .._core.context import ClientContext
from .._core.effects import Flow, Sleep, now
from .._core.polling import Deadline
from .._core.retrying import CALL_ERRORS, is_worth_polling_again
from .._core.run import REPLICA_LAG, Run
from .._core.series import KnownRuns, Series
from ..errors import QueryError, StatusNotFoundError
from ..events import QueryResumed
from .history import Listing
from .poll import poll
from .request import retried

LAG_PAUSE = 3.0  # seconds between polls of a run that the history shows and no poll


def join(context: ClientContext, run: Run, series: Series, deadline: Deadline) -> Flow[bool]:
    """Make a run the newest one of its series that has not ended badly; return whether it has been started already."""
    number = max(0, series.newest())
    while True:
        run.become(series.schedule_id(number))
        if (yield from is_known(context, run, deadline)):
            if run.error is None:
                run.timing.started = yield from now()  # it may be so new that not every replica shows it
                yield from context.emit(QueryResumed(schedule_id=run.schedule_id, token=run.ticket.token))
                return True
            number += 1
            continue
        yield from read_known_runs(context, series.known_runs, deadline)
        if number > series.newest():
            return False
        if not (series.is_pending(number) and (yield from is_shown_late(context, run, deadline))):
            number = max(number + 1, series.newest())


def is_known(context: ClientContext, run: Run, deadline: Deadline) -> Flow[bool]:
    """Poll a run and return whether the API knows it; `run.error` says how it has ended badly."""
    try:
        yield from retried(context, partial(poll, context, run, deadline), is_worth_polling_again, deadline)
    except StatusNotFoundError:
        return False
    except QueryError:  # which it keeps
        return True
    return True


def is_shown_late(context: ClientContext, run: Run, deadline: Deadline) -> Flow[bool]:
    """Poll a run again that the history shows, until no replica can lag; return whether the API knows it."""
    until = min(deadline.at, (yield from now()) + REPLICA_LAG)
    while (left := until - (yield from now())) > 0:
        yield Sleep(min(LAG_PAUSE, left))
        if (yield from is_known(context, run, deadline)):
            return True
    return False


def read_known_runs(context: ClientContext, known_runs: KnownRuns, deadline: Deadline) -> Flow[None]:
    """Read the history, unless that was done just now. A key that may not read it has none."""
    moment = yield from now()
    if known_runs.is_current(moment):
        return
    listing = Listing(QueryHistoryRequest(ds_ids=known_runs.ds_id or UNSET), deadline)
    try:
        while not listing.is_over:
            known_runs.note((yield from listing.next_page(context)))
    except (*CALL_ERRORS, QueryError) as error:
        if isinstance(error, CALL_ERRORS) and is_worth_polling_again(error):
            raise
    known_runs.read = moment
