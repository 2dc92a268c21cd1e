"""Which window of a result to ask for next, and what its answer means. Nothing here asks: `_flows.pages` does.

Windows advance by position, so nothing is lost or doubled whether the server counts the header as a row or not. The
poll that found success already holds page one. A page with fewer entries than were asked for is the last one, unless
`total_rows` promises more: then reading continues where the rows ended, and a promise that is not kept is an error.

What one answer leaves open (is this a header, or a row that looks like it? are these the rows that were asked for, or
those of page one again?) is decided by a probe, whose answer differs, and never by what is likely.
"""

from collections.abc import Sequence
from typing import TypeAlias, assert_never

from attrs import Factory, define, evolve, field, frozen

from .._contract.validation import LAST_OFFSET
from .._models import Page, QueryStatus
from .._results.rows import Layout, data_of, field_ids, header_of, holds_rows, layout_under, total_of
from .header import Header
from .run import Run
from .windows import FIRST_OFFSET, LAST_WINDOW, NO_ROWS, Aim, Fingerprint, Window, WindowRows

MOST_AHEAD = 5  # pages under way where answers are slow: as many as a key may ask for in a quarter of a second
IN_PARTS = "a limit would end the same query there again: ask for fewer accounts or days at once, as split() does"
MORE_ROWS = "the API gives more rows than are asked for: use download()"
SAME_ROWS = "the API gives the same rows again, whichever are asked for: use download()"
SLOW = 0.05  # seconds; an answer that comes sooner is not worth a thread or a task of its own


@frozen
class Broken:
    """Why there are no more rows. `delivered` is set where the result itself has gone."""

    message: str
    status: QueryStatus
    delivered: int | None = None
    cause: ValueError | None = field(default=None, eq=False)  # without frames: they would hold the flow and its page


Step: TypeAlias = Page | Window | Broken


@frozen
class Prefetch:
    """How many pages to have under way while the caller works."""

    limit: int | None  # what the caller wants; None for what the answers call for
    seconds: tuple[float, ...] = ()  # how long the last two answers took
    pages: int = 0  # that have come

    def after(self, seconds: float) -> "Prefetch":
        """Return what holds after one more page."""
        return evolve(self, seconds=(*self.seconds[-1:], seconds), pages=self.pages + 1)

    def most(self, promised: int | None) -> int:
        """Return how many pages to have under way: as many as are promised, else more from page to page.

        Each of them costs time and memory where the answers come faster than they can be read.
        """
        wanted = (MOST_AHEAD if min(self.seconds) > SLOW else 0) if self.limit is None else self.limit
        return min(wanted, self.pages if promised is None else max(1, promised))


@define
class Cursor:
    """One pass over the result of a run: give it the poll that found success, then the answer for each window."""

    run: Run
    first: QueryStatus
    page_size: int
    prefetch: Prefetch
    start: int = 0  # rows before this one are left out
    wanted: Window | Broken | None = Factory(lambda self: self.window(0, self.page_size, Aim.FIRST), takes_self=True)
    layout: Layout = Factory(lambda self: self.run.layout, takes_self=True)  # a poll in between may bring another
    header: Header = Factory(lambda self: Header(self.layout.header), takes_self=True)
    position: int = 0  # the number of the next row
    count: int = 0  # how many rows the result is known to have; `start` may be beyond them
    delivered: int = Factory(lambda self: self.start, takes_self=True)  # the row after those that were handed over
    page_one: Fingerprint | None = None  # or of the first page with rows
    before: Fingerprint | None = None  # the answer before
    trusts_offsets: bool = False  # whether pages may look alike, as the last offset has shown
    held: WindowRows = NO_ROWS  # rows that wait for the answer to a probe

    @property
    def total(self) -> int | None:
        """How many rows the API promises for the whole result, where that is what the query asks for."""
        return self.run.ticket.promised(total_of(self.first.response))

    @property
    def missing(self) -> int:
        """How many of the promised rows have not come."""
        return 0 if self.total is None else max(0, self.total - self.position)

    def window(self, offset: int, size: int, aim: Aim) -> Window:
        """Return the window that begins so many offsets into the result."""
        return Window(*self.run.ticket.window(offset, size), aim)

    def page_window(self, number: int = 0, aim: Aim = Aim.NEXT) -> Window:
        """Return the window of the next page, or of one so many pages after it."""
        return self.window(self.header.offset + self.position + number * self.page_size, self.page_size, aim)

    def windows_ahead(self) -> Sequence[Window]:
        """Return the windows that are worth having under way, the next one first."""
        if not isinstance(self.wanted, Window):
            return ()
        promised = None if self.total is None else -(-self.missing // self.page_size)
        windows = map(self.page_window, range(self.prefetch.most(promised)))
        return [window for window in windows if window.first <= self.run.ticket.last_row]

    def begin(self) -> Step | None:
        """Return what follows from the poll that found success; where it came without rows, they are asked for."""
        return self.receive(self.first) if holds_rows(self.first.response) else self.wanted

    def receive(self, seen: QueryStatus | None) -> Step:
        """Return the page that an answer completes, the window to probe before that, or why there are no more rows.

        `seen` is None where the probe of the last offset has failed, which proves nothing.
        """
        window, held, self.held = self.wanted, self.held, NO_ROWS
        if window is None or isinstance(window, Broken):
            raise ValueError("this reading has ended")
        if seen is None:
            return self._without_header(held)
        if window.aim is Aim.FIRST and seen is not self.first:
            self.first = seen
            self._lay_out(self.run.layout_for(seen.response))
        if window.aim is not Aim.LAST_OFFSET and (difference := self._difference(seen)):
            return self._replaced(difference, seen)
        if window.aim is Aim.FIRST and self._lacks_titles():
            return self._ask(FIRST_OFFSET)
        if window.aim is Aim.TITLES:
            self._lay_out(layout_under(header_of(seen.response), self.first.response))
        return self._read(window, seen, held)

    def _lacks_titles(self) -> bool:
        """Return whether page one may begin with the header, which only another answer can show."""
        is_open = self.header.titles is None and not self.run.ticket.no_headers
        return is_open and header_of(self.first.response) is not None

    def _lay_out(self, layout: Layout) -> None:
        """Read rows under another layout."""
        self.run.layout = self.layout = layout
        self.header = Header(layout.header)

    def _read(self, window: Window, seen: QueryStatus, held: WindowRows = NO_ROWS) -> Step:
        """Return what follows from an answer of this result."""
        if window.aim in {Aim.FIRST, Aim.NEXT}:
            self.prefetch = self.prefetch.after(seen.seconds)
        try:
            rows = self.layout.rows(data_of(seen.response))
        except ValueError as problem:
            return self._broken(f"the next one cannot be read: {problem}", problem.with_traceback(None))
        part = WindowRows(self.position, rows, len(rows), window.last - window.first + 1)
        return self._judge(window.aim, part, held)

    def _judge(self, aim: Aim, part: WindowRows, held: WindowRows) -> Step:
        """Return what follows from the entries that came for a window."""
        before, self.before = self.before, part.fingerprint
        match aim:
            case Aim.FIRST:
                return self._begin(part)
            case Aim.TITLES:
                step = self._read(self.window(0, self.page_size, Aim.FIRST), self.first)
                self.before = part.fingerprint  # which may come once more for the next window
                return step
            case Aim.NEXT | Aim.AGAIN:
                return self._compare(aim, part, before)
            case Aim.LAST_OFFSET:
                first = self.header.stripped(part).rows[:1]
                self.trusts_offsets = not first or first != self.header.stripped(held).rows[:1]
                return self._without_header(held) if self.trusts_offsets else self._broken(SAME_ROWS)
            case Aim.HEADER:
                self.header = self.header.after_offset_zero(part)
                return self._ask(self.page_window())
            case Aim.REPEATED:
                header = self.header.after_probe(part, held)
                return self._without_header(held, header) if header else self._broken(SAME_ROWS)
            case _:
                assert_never(aim)

    def _begin(self, part: WindowRows) -> Step:
        """Accept page one. That of a later part has a header only where each page has one, which offsets must show."""
        ticket = self.run.ticket
        if not ticket.is_whole and part.entries > part.asked + (self.header.titles is not None):
            return self._broken(MORE_ROWS)
        if ticket.first_row:
            may_ignore_offsets = self.header.begins(part) and part.entries > 1
            return self._ask(LAST_WINDOW, part) if may_ignore_offsets else self._without_header(part)
        self.header = self.header.after_page_one(part)
        return self._accept(self.header.stripped(part))

    def _compare(self, aim: Aim, part: WindowRows, before: Fingerprint | None) -> Step:
        """Accept a later page; one that may hold the rows of another is asked for again, and then the last offsets."""
        if not self._is_alike(part, before):
            return self._without_header(part)
        return self._ask(self.page_window(aim=Aim.AGAIN)) if aim is Aim.NEXT else self._ask(LAST_WINDOW, part)

    def _is_alike(self, part: WindowRows, before: Fingerprint | None) -> bool:
        """Return whether these rows may be those of the answer before, or begin with those of page one."""
        if self.trusts_offsets or not part.rows:
            return False
        is_page_one = self.page_one is not None and self.header.stripped(part).begins_as(self.page_one)
        return is_page_one or part.fingerprint == before

    def _without_header(self, part: WindowRows, known: Header | None = None) -> Step:
        """Accept a later page without the header that it repeats; find out first whether it is one."""
        header = (known or self.header).after_later_page(part)
        if header is None:
            return self._ask(self.header.probe(part, self.page_window().first), part)
        self.header = header
        return self._accept(header.stripped(part) if header.is_repeated else part)

    def _difference(self, seen: QueryStatus) -> str | None:
        """Return what shows that an answer belongs to another result, or to none."""
        if not seen.is_success:
            return f"became {seen.code}"
        ids = field_ids(seen.response)
        is_other = bool(ids) and ids != field_ids(self.first.response)
        return f"has other columns ({', '.join(ids.values())})" if is_other else None

    def _accept(self, part: WindowRows) -> Step:
        """Count rows as read, and decide whether more may follow."""
        is_first = self.page_one is None
        if self.page_one is None or not self.page_one[0]:
            self.page_one = part.fingerprint
        self.count = part.start + len(part.rows) if part.rows else self.count
        self.position = max(part.start + len(part.rows), self.start)
        if self.page_window().first > self.run.ticket.last_row:
            return self._end(part, f"the API gives no rows beyond offset {LAST_OFFSET}: ask for less at once")
        is_full = part.entries >= part.asked and bool(part.rows or (is_first and self.header.offset))
        if not is_full and (not part.rows or not self.missing):
            return self._end(part, f"the API had promised {self.total} and gives no more; {IN_PARTS}")
        if not is_full:  # where the next rows begin is known only when these have come
            self.prefetch = evolve(self.prefetch, limit=0)
        # A header among the entries looks like one beside them and a row that was kept back.
        is_open = is_first and self.header.offset and self.missing
        self.wanted = self.window(0, 1, Aim.HEADER) if is_open else self.page_window()
        return self._page(part)

    def _ask(self, window: Window, held: WindowRows = NO_ROWS) -> Window:
        """Ask for a window, and keep the rows that wait for it."""
        self.wanted, self.held = window, held
        return window

    def _end(self, part: WindowRows, complaint: str) -> Page:
        """Return the last page; a complaint follows where promised rows are missing.

        It is not documented whether the header counts as one of them.
        """
        page = self._page(part)
        self.wanted = self._broken(complaint) if self.missing > (self.header.titles is not None) else None
        return page

    def _page(self, part: WindowRows) -> Page:
        """Return the rows from `start` on, which are handed over with it."""
        rows = part.rows[self.start - part.start :] if self.start > part.start else part.rows
        end = part.start + len(part.rows)
        self.delivered = max(self.delivered, end)
        ordered = self.layout.ordered(rows)
        return Page(start=end - len(rows), columns=self.layout.ordered_columns, rows=ordered)

    def _broken(self, what: str, cause: ValueError | None = None) -> Broken:
        """Return why rows cannot be had."""
        self.wanted = None
        message = f"query {self.run.schedule_id!r} gave {self.delivered} rows; {what}"
        return Broken(message, self.first, cause=cause)

    def _replaced(self, what: str, seen: QueryStatus) -> Broken:
        """Return that the result went away while it was read."""
        self.wanted = None
        message = f"query {self.run.schedule_id!r} {what} after {self.delivered} rows were read: it was started again"
        return Broken(message, seen, delivered=self.delivered)
