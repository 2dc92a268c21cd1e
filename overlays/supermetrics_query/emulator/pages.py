"""Which rows stand on a page.

Windows are zero-based and inclusive. How the header row counts is known from contradicting observations only.
"""

from collections.abc import Sequence

import attrs

from .behaviour import HeaderRow
from .problems import bad_request
from .rows import Row, within
from .selection import Result
from .sources import Column
from .validation import Members, number


@attrs.frozen
class Window:
    """The rows from `start` up to but not including `stop`; without `stop` all that follow."""

    start: int = 0
    stop: int | None = None


EVERYTHING = Window()


@attrs.frozen(eq=False)
class Page:
    """Some rows, and whether the titles of the columns stand above them."""

    columns: tuple[Column, ...]
    has_titles: bool
    rows: Sequence[Row]

    @property
    def titles(self) -> list[Row]:
        """The header row, if there is one."""
        return [tuple(column.name for column in self.columns)] if self.has_titles else []


def window(sent: Members) -> Window:
    """Return the window between two offsets."""
    start, end = number(sent, "offset_start") or 0, number(sent, "offset_end")
    if end is not None and end < start:
        raise bad_request("offset_end must not be less than offset_start.")
    return Window(start, None if end is None else end + 1)


def slice_of(sent: Members) -> Window:
    """Return the window of so many rows after an offset."""
    start, limit = number(sent, "offset") or 0, number(sent, "limit")
    return Window(start, None if limit is None else start + limit)


def page(result: Result, shown: Window, header: HeaderRow | None) -> Page:
    """Return the rows of a window; an empty result has no header either."""
    if not result.rows or header is None:
        return Page(result.columns, has_titles=False, rows=within(result.rows, shown.start, shown.stop))
    start, stop, first = shown.start, shown.stop, shown.start == 0
    if header == "row":  # every row stands one place further down
        start, stop = max(start - 1, 0), None if stop is None else max(stop - 1, 0)
    titled = first or header == "repeat"
    return Page(result.columns, has_titles=titled, rows=within(result.rows, start, stop))
