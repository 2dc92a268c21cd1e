"""Finding the newest run of a named query, so that a process that was killed and runs again starts nothing twice.

A poll says where a run stands. A run that no poll shows may have expired, or a replica may lag: the history of the key
tells these from one that never was, and shows a newer run behind one that has expired.
"""

from copy import copy
from functools import partial

from supermetrics_query_api.models import QueryHistoryRequest
from supermetrics_query_api.types import UNSET

from .._core.context import ClientContext
from .._core.effects import Flow, Sleep, now
from .._core.polling import Deadline
from .._core.retrying import CALL_ERRORS, is_outcome, is_worth_polling_again
from .._core.run import REPLICA_LAG, Run
from .._core.series import KnownRuns, Series
from ..errors import ApiError, QueryError, StatusNotFoundError
from ..events import QueryResumed
from .exclusive import exclusively
from .history import Listing
from .poll import poll, raise_if_bad
from .request import retried

LAG_PAUSE = 3.0  # seconds between polls of a run that the history shows and no poll
MOST_UNLISTED = 20  # runs that ended badly and that the history does not show: more are no runs of ours
MOST_PAGES = 50  # of the history: the queries of a day, for a key that uses all of its hours for starts
FAILURE_KEPT = 10.0  # seconds for which a history that could not be read is not asked for again


def join(context: ClientContext, run: Run, series: Series, deadline: Deadline) -> Flow[bool]:
    """Make a run the newest one of its series that has not ended badly; return whether it has been started already."""
    number = max(0, series.newest())
    while True:
        run.become(series.schedule_id(number))
        if not (yield from is_there(context, run, series, number, deadline)):
            if number > series.newest():
                return False
            number = max(number + 1, series.newest())
        elif run.error is None:
            run.timing.shown = yield from now()
            yield from context.emit(QueryResumed(schedule_id=run.schedule_id, token=run.ticket.token))
            return True
        else:
            check_listed(run, series, number)
            number += 1


def check_listed(run: Run, series: Series, number: int) -> None:
    """Raise how a run has ended badly, where too many have that the history does not show."""
    if number - max(0, series.newest()) >= MOST_UNLISTED:
        raise_if_bad(run)


def is_there(context: ClientContext, run: Run, series: Series, number: int, deadline: Deadline) -> Flow[bool]:
    """Return whether the API knows a run. One that the history shows may come late, and until the deadline it does."""
    if (yield from is_known(context, run, deadline)):
        return True
    yield from read_known_runs(context, series.known_runs, deadline)
    if number != series.newest():
        return False
    return (yield from is_shown_late(context, run, series, number, deadline)) or deadline.is_over((yield from now()))


def is_known(context: ClientContext, run: Run, deadline: Deadline) -> Flow[bool]:
    """Poll a run and return whether the API knows it; `run.error` says how it has ended badly.

    An error that says more of the licence than of the query is raised: it would come for every run.
    """
    try:
        yield from retried(context, partial(poll, context, run, deadline), is_worth_polling_again, deadline)
    except StatusNotFoundError:
        return False
    except QueryError as error:  # which the run keeps
        if isinstance(error.__cause__, ApiError) and not is_outcome(error.__cause__):
            run.become(run.schedule_id)
            raise error.__cause__ from None
    return True


def is_shown_late(context: ClientContext, run: Run, series: Series, number: int, deadline: Deadline) -> Flow[bool]:
    """Poll a run again that the history shows, until no replica can lag; return whether the API knows it."""
    moment = yield from now()
    until = min(deadline.at, moment + series.patience(number, REPLICA_LAG, moment))
    while (left := until - (yield from now())) > 0:
        yield Sleep(min(LAG_PAUSE, left))
        if (yield from is_known(context, run, deadline)):
            return True
    return False


def read_known_runs(context: ClientContext, known_runs: KnownRuns, deadline: Deadline) -> Flow[None]:
    """Read the history, unless that was done just now; what waits for it meanwhile reads it only once."""
    yield from exclusively(context, known_runs, read(context, known_runs, deadline), deadline)


def read(context: ClientContext, known_runs: KnownRuns, deadline: Deadline) -> Flow[None]:
    """Read the history, unless it is known or could not be read just now. A key that may not read it has none."""
    moment = yield from now()
    if known_runs.is_current(moment):
        return
    if known_runs.failure is not None and moment - known_runs.failed < FAILURE_KEPT:
        raise copy(known_runs.failure)
    try:
        yield from read_pages(context, known_runs, deadline)
    except (*CALL_ERRORS, QueryError) as error:
        if isinstance(error, CALL_ERRORS) and is_worth_polling_again(error):
            known_runs.failed, known_runs.failure = (yield from now()), copy(error)
            raise
    known_runs.read = yield from now()


def read_pages(context: ClientContext, known_runs: KnownRuns, deadline: Deadline) -> Flow[None]:
    """Keep the named queries that the history lists."""
    listing = Listing(QueryHistoryRequest(ds_ids=known_runs.ds_id or UNSET), deadline)
    for _ in range(MOST_PAGES):
        page = yield from listing.next_page(context)
        known_runs.note(page.entries, page.until)
        if listing.is_over:
            return
