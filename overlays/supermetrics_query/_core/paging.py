"""Which window of a result to ask for next, and what its answer means. Nothing here asks: `_flows.pages` does.

Windows advance by position, so nothing is lost or doubled whether the server counts the header as a row or not. The
poll that found success already holds page one. A page with fewer entries than were asked for is the last one, unless
`total_rows` promises more: then reading goes on where the rows ended, and a promise that is not kept is an error.
"""

from collections.abc import Sequence
from typing import TypeAlias, assert_never

from attrs import Factory, define, evolve, field, frozen

from .._contract.validation import LAST_OFFSET
from .._models import Page, QueryStatus
from .._results.windows import LAST_WINDOW, NO_PART, Aim, Fingerprint, Part, Result, Window

AT_MOST = 5  # pages under way where answers are slow: as many as a key may ask for in a quarter of a second
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
    seconds: tuple[float, ...] = ()  # which the last two answers took
    pages: int = 0  # that have come

    @property
    def is_off(self) -> bool:
        """Whether no page is ever under way."""
        return self.limit == 0

    def after(self, seconds: float) -> "Prefetch":
        """Return what holds after one more page."""
        return evolve(self, seconds=(*self.seconds[-1:], seconds), pages=self.pages + 1)

    def most(self, promised: int | None) -> int:
        """Return how many pages to have under way: as many as are promised, else more from page to page.

        Any of them cost time and memory where the answers come faster than they can be read.
        """
        wanted = (AT_MOST if min(self.seconds) > SLOW else 0) if self.limit is None else self.limit
        return min(wanted, self.pages if promised is None else max(1, promised))


@define
class Cursor:
    """One pass over a result: give it the poll that found success, then the answer for each window that it returns."""

    result: Result
    page_size: int
    prefetch: Prefetch
    start: int = 0  # rows before this one are left out
    wanted: Window | None = Factory(lambda self: self.result.window(0, self.page_size, Aim.FIRST), takes_self=True)
    position: int = 0  # the number of the next row
    header_offset: int = 0  # how many offsets the header takes
    fingerprint: Fingerprint | None = None  # of the page before
    trusts_offsets: bool = False  # whether pages may look alike, as the last offset has shown
    held: Part = NO_PART  # rows that wait for the answer to a probe

    def next_window(self) -> Window | None:
        """Return what to ask for next, None at the end."""
        return self.wanted

    def windows_ahead(self) -> Sequence[Window]:
        """Return the windows that are worth having under way, the next one first."""
        if self.wanted is None:
            return ()
        pages = None if self.result.total is None else -(-self.result.missing(self.position) // self.page_size)
        windows = map(self._page_window, range(self.prefetch.most(pages)))
        return [window for window in windows if window.first <= self.result.last_row]

    def receive(self, seen: QueryStatus | None) -> Step:
        """Return the page that an answer completes, the window to probe before that, or why there are no more rows.

        `seen` is None where a window that may fail has failed, which proves nothing.
        """
        window, held, self.held = self.wanted, self.held, NO_PART
        if window is None:
            raise ValueError("this reading has ended")
        if seen is None:
            return self._accept(held)
        difference = None if window.may_fail else self.result.difference(seen)
        if difference is not None:
            return self._replaced(difference, seen)
        if window.aim in {Aim.FIRST, Aim.NEXT}:
            self.prefetch = self.prefetch.after(seen.seconds)
        try:
            part = self.result.part(seen, window, self.position)
        except ValueError as problem:
            return self._broken(f"the next one cannot be read: {problem}", problem.with_traceback(None))
        return self._judge(window.aim, part, held)

    def _judge(self, aim: Aim, part: Part, held: Part) -> Step:
        """Return what follows from the rows that came for a window."""
        match aim:
            case Aim.FIRST:
                self.header_offset = int(self.result.has_header and part.entries <= part.asked)
                return self._accept(part)
            case Aim.NEXT:
                return self._probe(self._page_window(0, Aim.AGAIN)) if self._is_alike(part) else self._accept(part)
            case Aim.AGAIN:
                return self._probe(LAST_WINDOW, part) if self._is_alike(part) else self._accept(part)
            case Aim.LAST_OFFSET:
                self.trusts_offsets = part.rows[:1] != held.rows[:1]
                same = "the API gives the same rows again, whichever are asked for: use download()"
                return self._accept(held) if self.trusts_offsets else self._broken(same)
            case Aim.HEADER:
                self.header_offset = int(not part.rows)
                return self._go_on(held)
            case _:
                assert_never(aim)

    def _is_alike(self, part: Part) -> bool:
        """Tell whether these rows may be those of the page before."""
        return not self.trusts_offsets and bool(part.rows) and part.fingerprint == self.fingerprint

    def _accept(self, part: Part) -> Step:
        """Count rows as read, and decide whether more may follow."""
        is_first, result = self.fingerprint is None, self.result
        self.position, self.fingerprint = part.end, part.fingerprint
        if self._page_window(0).first > result.last_row:
            return self._end(part, f"the API gives no rows beyond offset {LAST_OFFSET}: use download()")
        if part.is_full and (part.rows or is_first):
            return self._go_on(part)
        if not part.rows or not result.missing(self.position):
            return self._end(part, f"the API had promised {result.total} and gives no more: start the query again")
        self.prefetch = evolve(self.prefetch, limit=0)  # where the next rows begin is known only when these have come
        if is_first and result.has_header:
            return self._probe(result.window(0, 1, Aim.HEADER), part)
        return self._go_on(part)

    def _probe(self, window: Window, held: Part = NO_PART) -> Window:
        """Ask for a window before anything else, and keep the rows that wait for it."""
        self.wanted, self.held = window, held
        return window

    def _go_on(self, part: Part) -> Page:
        """Return a page that others may follow."""
        self.position = max(self.position, self.start)
        self.wanted = self._page_window(0)
        return self._page(part)

    def _end(self, part: Part, complaint: str) -> Page | Broken:
        """Return the last page, or the complaint where promised rows are missing."""
        if not self.result.may_end(self.position):
            return self._broken(complaint)
        self.wanted = None
        return self._page(part)

    def _page(self, part: Part) -> Page:
        """Return the rows from `start` on."""
        rows = part.since(self.start)
        return Page(start=part.end - len(rows), columns=self.result.layout.columns, rows=rows)

    def _page_window(self, number: int, aim: Aim = Aim.NEXT) -> Window:
        """Return the window of the next page, or of one so many pages after it."""
        offset = self.header_offset + self.position + number * self.page_size
        return self.result.window(offset, self.page_size, aim)

    def _broken(self, what: str, cause: ValueError | None = None) -> Broken:
        """Return why rows cannot be had."""
        self.wanted, status = None, self.result.status
        return Broken(f"query {status.schedule_id!r} gave {self.position} rows; {what}", status, cause=cause)

    def _replaced(self, what: str, seen: QueryStatus) -> Broken:
        """Return that the result went away while it was read."""
        self.wanted = None
        message = f"query {seen.schedule_id!r} {what} after {self.position} rows had been read: it was started again"
        return Broken(message, seen, delivered=self.position)
