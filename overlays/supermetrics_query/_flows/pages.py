"""Reading a result page by page: the cursor says what to ask for and what the answer means."""

from collections import deque
from typing import Any, assert_never

from attrs import define, field

from .._contract.messages import Lane
from .._core.context import ClientContext
from .._core.effects import Flow, Pending, Yield, begin
from .._core.paging import Aim, Broken, Cursor, Prefetch, Step, Window
from .._core.polling import DEFAULT_WAIT
from .._core.retrying import CALL_ERRORS
from .._core.run import Run
from .._models import Page, QueryStatus
from ..errors import QueryError, ResultExpiredError, StatusNotFoundError
from .poll import expired, fetch_window, wait, window_request
from .request import try_permit


def pages(context: ClientContext, run: Run, start: int = 0, prefetch: int | None = None) -> Flow[None]:
    """Yield the pages of a result from the row `start` on; wait for the query first where it has not ended."""
    yield from wait(context, run, DEFAULT_WAIT, None)
    if run.status is None:
        return
    cursor, ahead = Cursor(run, run.status, context.page_size, Prefetch(prefetch), start), Ahead(context, run)
    try:
        yield from read(cursor, ahead)
    finally:
        ahead.drop()


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
    step: Step | None = cursor.receive(cursor.first)
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
    try:
        return (yield from fetch_window(ahead.context, ahead.run, window.first, window.last, ahead.take(window)))
    except CALL_ERRORS as error:
        if window.aim is Aim.LAST_OFFSET:
            return None
        if isinstance(error, StatusNotFoundError):
            raise expired(ahead.run, error, cursor.position) from error
        raise


def error_of(broken: Broken) -> QueryError:
    """Return the error for rows that cannot be had; a step that held it would tie the flow to its own traceback."""
    if broken.delivered is None:
        return QueryError(broken.message, status=broken.status)
    return ResultExpiredError(broken.message, status=broken.status, delivered=broken.delivered)
