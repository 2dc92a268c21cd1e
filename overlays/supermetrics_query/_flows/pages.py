"""Reading a result page by page: complete, in order, nothing twice.

Windows advance by position, so nothing is lost or doubled whether the server counts the header as a row or not. The
poll that found success already holds page one. A page with fewer entries than were asked for is the last one, unless
`total_rows` promises more: then reading goes on where the rows ended, and a promise that is not kept is an error.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from .._contract.messages import Lane
from .._contract.validation import LAST_OFFSET
from .._core.context import ClientContext
from .._core.effects import Flow, Pending, Yield, begin
from .._core.polling import DEFAULT_WAIT
from .._core.retrying import CALL_ERRORS
from .._core.run import Run
from .._models import Page, QueryStatus, Row
from .._results.rows import Layout, data_of, field_ids, total_of
from ..errors import QueryError, ResultExpiredError, StatusNotFoundError
from .poll import expired, fetch_window, wait, window_request
from .request import try_permit

AT_MOST = 5  # pages under way where answers are slow: as many as a key may ask for in a quarter of a second
SLOW = 0.05  # seconds; an answer that comes sooner is not worth a thread or a task of its own


@frozen
class Part:
    """What came for one window. `entries` counts the header too, `asked` is how many there could have been."""

    start: int  # how many rows of the result come before it
    rows: Sequence[Row]
    entries: int
    asked: int

    @property
    def end(self) -> int:
        """The number of the row after it."""
        return self.start + len(self.rows)

    @property
    def is_full(self) -> bool:
        """Whether more may follow."""
        return self.entries >= self.asked

    @property
    def edges(self) -> tuple[int, Sequence[Row]]:
        """What tells it from another part; to keep all of its rows would hold two pages in memory."""
        return len(self.rows), (*self.rows[:1], *self.rows[-1:])


@define
class Ahead:
    """The polls under way, each with the offset at which its window begins."""

    context: ClientContext
    run: Run
    under_way: deque[tuple[int, Pending[Any]]] = field(factory=deque)

    def fill(self, position: int, most: int) -> Flow[None]:
        """Send polls until `most` are under way, the first one at a position in the result, as far as limits allow."""
        size = self.context.page_size
        while len(self.under_way) < most:
            first, last = self.run.ticket.window(position + size * len(self.under_way), size)
            if first > self.run.ticket.last_row or (yield from try_permit(self.context, Lane.PAGE)).wait:
                return
            pending = yield from begin(window_request(self.context, self.run, first, last))
            self.under_way.append((first, pending))

    def take(self, first: int) -> Pending[Any] | None:
        """Return the poll of a window if it is the next one under way; drop them all if another is."""
        if self.under_way and self.under_way[0][0] == first:
            return self.under_way.popleft()[1]
        self.drop()
        return None

    def drop(self) -> None:
        """Give up what is under way."""
        while self.under_way:
            self.under_way.pop()[1].cancel()


@define
class Reading:
    """One pass over a result, from the row `start` on."""

    context: ClientContext
    run: Run
    first: QueryStatus  # the poll that holds page one
    layout: Layout
    start: int
    prefetch: int | None  # how many pages are under way; None for what the answers call for
    ahead: Ahead
    reached: int = 0  # the number of the next row
    shift: int = 0  # how many positions the header takes
    parts: int = 0
    edges: tuple[int, Sequence[Row]] | None = None  # of the part before
    trusts_offsets: bool = False
    seconds: tuple[float, ...] = ()  # which the last two answers took

    def flow(self) -> Flow[None]:
        """Give the pages."""
        self.seconds = (self.first.seconds,)
        part = self.part_of(self.first, self.context.page_size)
        self.shift = int(self.layout.header is not None and part.entries <= part.asked)
        while True:
            self.parts, self.reached, self.edges = self.parts + 1, part.end, part.edges
            goes_on = yield from self.goes_on(part)
            if goes_on:
                self.reached = max(self.reached, self.start)
                yield from self.ahead.fill(self.shift + self.reached, self.worth_sending())
            rows = part.rows[self.start - part.start :] if self.start > part.start else part.rows
            if rows:
                yield Yield(Page(start=part.end - len(rows), columns=self.layout.columns, rows=rows))
            if not goes_on:
                return
            part = yield from self.next_part()

    @property
    def total(self) -> int | None:
        """How many rows the API promises for the whole result, where that is what the query asks for."""
        return (
            total_of(self.first.response)
            if (self.run.ticket.first_row, self.run.ticket.last_row) == (0, LAST_OFFSET)
            else None
        )

    @property
    def missing(self) -> int:
        """How many of the promised rows have not come."""
        return max(0, self.total - self.reached) if self.total is not None else 0

    def worth_sending(self) -> int:
        """Return how many polls to have under way: as many as rows are promised for, else more from page to page.

        Any of them cost time and memory where the answers come faster than they can be read.
        """
        wanted = (AT_MOST if min(self.seconds) > SLOW else 0) if self.prefetch is None else self.prefetch
        if self.total is None:
            return min(wanted, self.parts)
        return min(wanted, max(1, -(-self.missing // self.context.page_size)))

    def goes_on(self, part: Part) -> Flow[bool]:
        """Return whether rows may follow; raise where they do and cannot be had."""
        if self.run.ticket.first_row + self.shift + self.reached > self.run.ticket.last_row:
            if self.missing > (self.layout.header is not None):
                raise self.broken(f"the API gives no rows beyond offset {LAST_OFFSET}: use download()")
            return False
        if part.is_full and (part.rows or self.parts == 1):
            return True
        if not part.rows:
            self.check_promise()
        if not self.missing or not part.rows:
            return False
        yield from self.align()
        return True

    def check_promise(self) -> None:
        """Raise where promised rows do not come; it is not documented whether the header counts as one."""
        if self.missing > (self.layout.header is not None):
            raise self.broken(f"the API had promised {self.total} and gives no more: start the query again")

    def align(self) -> Flow[None]:
        """Go on where the rows ended, with a server that gives fewer than it is asked for."""
        self.ahead.drop()
        self.prefetch = 0
        if self.parts == 1 and self.layout.header is not None:
            seen = yield from self.poll(*self.run.ticket.window(0, 1))
            self.shift = int(not self.part_of(seen, 1).rows)

    def next_part(self) -> Flow[Part]:
        """Read the next window; one that looks like the window before is polled again."""
        first, last = self.run.ticket.window(self.shift + self.reached, self.context.page_size)
        seen = yield from self.poll(first, last, self.ahead.take(first))
        self.seconds = self.seconds[-1], seen.seconds
        part = self.part_of(seen, last - first + 1)
        if self.trusts_offsets or not part.rows or part.edges != self.edges:
            return part
        part = self.part_of((yield from self.poll(first, last)), last - first + 1)
        if part.edges == self.edges and (yield from self.ignores_offsets(part)):
            raise self.broken("the API gives the same rows again, whichever are asked for: use download()")
        return part

    def ignores_offsets(self, part: Part) -> Flow[bool]:
        """Return whether even the last offset there is brings the same rows."""
        try:
            seen = yield from fetch_window(self.context, self.run, LAST_OFFSET, LAST_OFFSET)
        except CALL_ERRORS:
            return False
        self.trusts_offsets = self.part_of(seen, 1).rows[:1] != part.rows[:1]
        return not self.trusts_offsets

    def poll(self, first: int, last: int, sent: Pending[Any] | None = None) -> Flow[QueryStatus]:
        """Poll a window after the first; raise where it belongs to another result or to none."""
        try:
            seen = yield from fetch_window(self.context, self.run, first, last, sent)
        except StatusNotFoundError as error:
            raise expired(self.run, error, self.reached) from error
        if not seen.is_success:
            raise self.changed(f"became {seen.code}", seen)
        ids = field_ids(seen.response)
        if ids and ids != field_ids(self.first.response):
            raise self.changed(f"has other columns ({', '.join(ids.values())})", seen)
        return seen

    def part_of(self, seen: QueryStatus, asked: int) -> Part:
        """Read the rows of an answer."""
        data = data_of(seen.response)
        try:
            return Part(self.reached, self.layout.rows(data), len(data), asked)
        except ValueError as problem:
            raise self.broken(f"the next one cannot be read: {problem}") from problem

    def broken(self, what: str) -> QueryError:
        """Return the error for rows that cannot be had."""
        error = QueryError(f"query {self.run.schedule_id!r} gave {self.reached} rows; {what}", status=self.first)
        self.run.annotate(error)
        return error

    def changed(self, what: str, seen: QueryStatus) -> ResultExpiredError:
        """Return the error for a result that went away while it was read."""
        error = ResultExpiredError(
            f"query {self.run.schedule_id!r} {what} after {self.reached} rows had been read: it was started again",
            status=seen,
            delivered=self.reached,
        )
        self.run.annotate(error)
        return error


def pages(context: ClientContext, run: Run, start: int = 0, prefetch: int | None = None) -> Flow[None]:
    """Give the pages of a result from the row `start` on; wait for it first where that has not been done."""
    yield from wait(context, run, DEFAULT_WAIT, None)
    if run.status is None:
        return
    ahead = Ahead(context, run)
    try:
        yield from Reading(context, run, run.status, run.layout, start, prefetch, ahead).flow()
    finally:
        ahead.drop()
