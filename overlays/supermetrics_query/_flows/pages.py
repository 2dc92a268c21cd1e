"""Reading a result page by page: the cursor says what to ask for and what the answer means."""

from collections import deque
from copy import copy
from functools import partial
from itertools import chain, repeat
from typing import Any, assert_never

from attrs import define, field

from .._contract import requests
from .._contract.messages import Answer, Lane
from .._contract.problems import unreadable
from .._contract.status import ENDINGS, status_of
from .._core.completeness import row_limit
from .._core.context import ClientContext
from .._core.effects import Flow, Pending, Yield, begin, now
from .._core.paging import Broken, Cursor, Prefetch
from .._core.polling import DEFAULT_WAIT, NEVER
from .._core.retrying import CALL_ERRORS, is_outcome, is_worth_polling_again
from .._core.run import Run
from .._core.windows import Aim, Window
from .._models import Page, QueryStatus
from .._results.rows import holds_rows
from ..errors import QueryError, ResultExpiredError, StatusNotFoundError
from .completeness import report_limit
from .poll import expired, failed, raise_if_bad, remember, wait, window_request
from .request import call, retried, try_permit


def pages(context: ClientContext, run: Run, start: int = 0, prefetch: int | None = None) -> Flow[None]:
    """Yield the pages of a result from the row `start` on; wait for the query first where it has not ended."""
    try:
        yield from wait(context, run, DEFAULT_WAIT, None)
    except ResultExpiredError as error:  # which an earlier reading may have kept
        again = copy(error)
        again.delivered = start
        raise again from error.__cause__
    if run.status is None:
        return
    cursor, ahead = Cursor(run, run.status, context.page_size, Prefetch(prefetch), start), Ahead(context, run)
    try:
        yield from read(cursor, ahead)
    finally:
        ahead.drop()
    limit = row_limit(run.ticket, cursor.first.response, cursor.count, cursor.header.offset)
    yield from report_limit(context, run, limit)


@define
class Ahead:
    """The requests under way, each with its window, in the order of the result."""

    context: ClientContext
    run: Run
    under_way: deque[tuple[Window, Pending[Any]]] = field(factory=deque)

    def follow(self, cursor: Cursor) -> Flow[None]:
        """Send requests until those that the cursor wants are under way, as far as limits allow."""
        if cursor.prefetch.limit == 0:
            self.drop()
        for window in cursor.windows_ahead()[len(self.under_way) :]:
            if (yield from try_permit(self.context, Lane.PAGE)).wait:
                return
            pending = yield from begin(window_request(self.context, self.run, window.first, window.last))
            self.under_way.append((window, pending))

    def take(self, window: Window) -> Pending[Any] | None:
        """Return the request for a page if it is the next one under way; drop them all if another is."""
        if window.aim is not Aim.NEXT:
            return None
        if self.under_way and self.under_way[0][0] == window:
            return self.under_way.popleft()[1]
        self.drop()
        return None

    def drop(self) -> None:
        """Cancel what is under way."""
        while self.under_way:
            self.under_way.pop()[1].cancel()


def read(cursor: Cursor, ahead: Ahead) -> Flow[None]:
    """Yield the pages of a result; raise where rows cannot be had."""
    step = cursor.begin()
    while step is not None:
        match step:
            case Window():
                step = cursor.receive((yield from fetch(cursor, ahead, step)))
            case Page():
                yield from ahead.follow(cursor)
                if step.rows:
                    yield Yield(step)
                step = cursor.wanted
            case Broken():
                raise error_of(step) from step.cause
            case _:
                assert_never(step)


def fetch(cursor: Cursor, ahead: Ahead, window: Window) -> Flow[QueryStatus | None]:
    """Return the answer for a window, None where a probe has failed; raise where the result is no longer kept."""
    context, run = ahead.context, ahead.run
    try:
        status = yield from fetch_rows(context, run, window, ahead.take(window))
    except CALL_ERRORS as error:
        if window.aim is Aim.LAST_OFFSET:
            return None
        if isinstance(error, StatusNotFoundError):
            raise expired(run, error, cursor.delivered) from error
        if is_outcome(error):
            raise failed(run, error) from error
        raise
    if ENDINGS.get(status.code) is not None:
        remember(context, run, status, (yield from now()))
        raise_if_bad(run)
    return status


def fetch_rows(context: ClientContext, run: Run, window: Window, pending: Pending[Any] | None) -> Flow[QueryStatus]:
    """Return the status of a query with a window of its rows; retry where that fails or brings no rows.

    `pending` is the first of these requests, where it is under way.
    """
    request = requests.get_query_status(run.schedule_id, window.first, window.last, Lane.PAGE)
    under_way = chain([pending], repeat(None))

    def once() -> Flow[QueryStatus]:
        return call(context, request, partial(parse, run), NEVER, pending=next(under_way))

    return (yield from retried(context, once, is_worth_polling_again, NEVER))


def parse(run: Run, answer: Answer) -> QueryStatus:
    """Return the status in an answer; raise UnreadableResponseError where a success has no rows, not even none."""
    status = status_of(answer, run.schedule_id)
    if status.is_success and not holds_rows(status.response):
        raise unreadable(answer, "it says SUCCESS, and its data is no list of rows")
    return status


def error_of(broken: Broken) -> QueryError:
    """Return the error for rows that cannot be had; a step that held it would tie the flow to its own traceback."""
    if broken.delivered is None:
        return QueryError(broken.message, status=broken.status)
    return ResultExpiredError(broken.message, status=broken.status, delivered=broken.delivered)
