"""The windows that a result is read by, what came for one, and what the result promises."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import TypeAlias

from attrs import frozen

from .._contract.validation import LAST_OFFSET
from .._models import QueryStatus, Row
from .rows import Layout, data_of, field_ids, total_of

Fingerprint: TypeAlias = tuple[int, Sequence[Row]]


class Aim(Enum):
    """What a window is asked for."""

    FIRST = auto()  # page one, which the poll that found success holds
    NEXT = auto()  # the rows that follow
    AGAIN = auto()  # the same rows once more, because they look like those of the page before
    LAST_OFFSET = auto()  # whether even the last offset brings these rows, as from a server that ignores offsets
    HEADER = auto()  # whether the header takes an offset of its own


@frozen
class Window:
    """The offsets to ask for, both included."""

    first: int
    last: int
    aim: Aim = Aim.NEXT

    @property
    def size(self) -> int:
        """How many entries there can be."""
        return self.last - self.first + 1

    @property
    def may_fail(self) -> bool:
        """Whether reading goes on without an answer."""
        return self.aim is Aim.LAST_OFFSET


LAST_WINDOW = Window(LAST_OFFSET, LAST_OFFSET, Aim.LAST_OFFSET)


@frozen
class Part:
    """What came for a window. `entries` counts the header too, `asked` is how many there could have been."""

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
    def fingerprint(self) -> Fingerprint:
        """What tells it from another part; to keep all of its rows would hold two pages in memory."""
        return len(self.rows), (*self.rows[:1], *self.rows[-1:])

    def since(self, start: int) -> Sequence[Row]:
        """Return the rows from one of the result on."""
        return self.rows[start - self.start :] if start > self.start else self.rows


NO_PART = Part(0, (), 0, 0)


@frozen
class Result:
    """A result as the poll that found it shows it, and the part of it that the query asks for."""

    status: QueryStatus
    layout: Layout
    first_row: int = 0
    last_row: int = LAST_OFFSET

    @property
    def has_header(self) -> bool:
        """Whether its first entry is no row."""
        return self.layout.header is not None

    @property
    def total(self) -> int | None:
        """How many rows the API promises for the whole result, where that is what the query asks for."""
        return total_of(self.status.response) if (self.first_row, self.last_row) == (0, LAST_OFFSET) else None

    def missing(self, position: int) -> int:
        """Return how many of the promised rows come after this position."""
        return 0 if self.total is None else max(0, self.total - position)

    def may_end(self, position: int) -> bool:
        """Tell whether all promised rows have come; it is not documented whether the header counts as one."""
        return self.missing(position) <= self.has_header

    def window(self, offset: int, size: int, aim: Aim = Aim.NEXT) -> Window:
        """Return the window that begins so many offsets into the result."""
        first = self.first_row + offset
        return Window(first, min(first + size - 1, self.last_row), aim)

    def part(self, seen: QueryStatus, window: Window, start: int) -> Part:
        """Return the rows of an answer, the first of which is number `start`; raise ValueError for a row too long."""
        data = data_of(seen.response)
        return Part(start, self.layout.rows(data), len(data), window.size)

    def difference(self, seen: QueryStatus) -> str | None:
        """Return what shows that an answer belongs to another result, or to none."""
        if not seen.is_success:
            return f"became {seen.code}"
        ids = field_ids(seen.response)
        if ids and ids != field_ids(self.status.response):
            return f"has other columns ({', '.join(ids.values())})"
        return None
