"""Reading a result page by page: complete, in order, nothing twice.

Windows advance by position, so nothing is lost or doubled whether the server counts the header as a row or not: a page
is the last one when it holds fewer entries than were asked for. The look that found success already holds page one.
"""

from collections.abc import Sequence
from typing import Any

from ..effects import Flow, Give
from ..errors import QueryError, ResultExpiredError, StatusNotFoundError
from ..policies import DEFAULT_WAIT
from ..rows import Page, data_of
from ..runs import Run
from ..settings import Settings
from ..status import QueryStatus
from .looking import expired, status
from .waiting import wait


def pages(settings: Settings, run: Run) -> Flow[None]:
    """Give the pages of a result; wait for it first where that has not been done."""
    yield from wait(settings, run, DEFAULT_WAIT, None)
    seen, position, delivered = run.status, 0, 0
    while seen is not None:
        data = data_of(seen.response)
        page = page_of(run, data, delivered)
        if page.rows:
            yield Give(page)
        delivered += len(page.rows)
        position += settings.page_size
        # A page that repeats the header never falls short when it asks for one row, so no rows end it as well.
        is_last = len(data) < settings.page_size or (position > settings.page_size and not page.rows)
        is_last = is_last or run.first_row + position > run.last_row
        seen = None if is_last else (yield from later_page(settings, run, position, delivered))


def page_of(run: Run, data: Sequence[Any], delivered: int) -> Page:
    """Read the rows of an answer."""
    try:
        return Page(start=delivered, columns=run.layout.columns, rows=run.layout.rows(data))
    except ValueError as problem:
        error = QueryError(f"rows after the first {delivered} cannot be read: {problem}", status=run.status)
        run.mark(error)
        raise error from problem


def later_page(settings: Settings, run: Run, position: int, delivered: int) -> Flow[QueryStatus]:
    """Fetch a page after the first."""
    try:
        seen = yield from status(settings, run, *run.window(position, settings.page_size))
    except StatusNotFoundError as error:
        raise expired(run, error, delivered) from error
    if not seen.is_success:
        raise changed(run, seen, delivered)
    return seen


def changed(run: Run, seen: QueryStatus, delivered: int) -> ResultExpiredError:
    """Return the error for a result that went away while it was read."""
    error = ResultExpiredError(
        f"query {run.schedule_id!r} became {seen.code} after {delivered} rows had been read: it was started again",
        status=seen,
        delivered=delivered,
    )
    run.mark(error)
    return error
