"""Windows of a result: what is asked for, and what came of it."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import TypeAlias

from attrs import frozen

from .._contract.validation import LAST_OFFSET
from .._models import Row


class Aim(Enum):
    """What a window is asked for."""

    FIRST = auto()  # page one, which the poll that found success holds
    TITLES = auto()  # the first offset of a result of which a part is read: what its header is, if it has one
    NEXT = auto()  # the rows that follow
    AGAIN = auto()  # the same rows once more, because they look like rows that came before
    LAST_OFFSET = auto()  # whether even the last offsets bring these rows, as from a server that ignores offsets
    HEADER = auto()  # whether the header takes an offset of its own
    REPEATED = auto()  # whether a later page begins with the header, or with a row that looks like it


@frozen
class Window:
    """The offsets to ask for, both included."""

    first: int
    last: int
    aim: Aim = Aim.NEXT


FIRST_OFFSET = Window(0, 0, Aim.TITLES)
LAST_WINDOW = Window(LAST_OFFSET - 1, LAST_OFFSET, Aim.LAST_OFFSET)  # with room for a row beside a header


@frozen
class WindowRows:
    """What came for a window. `entries` counts the header too, `asked` is how many there could have been."""

    start: int = 0  # how many rows of the result come before it
    rows: Sequence[Row] = ()
    entries: int = 0
    asked: int = 0

    @property
    def fingerprint(self) -> "Fingerprint":
        """What distinguishes it from another part; to keep all of its rows would hold two pages in memory."""
        return len(self.rows), (*self.rows[:1], *self.rows[-1:])

    def begins_as(self, other: "Fingerprint") -> bool:
        """Return whether it may begin with the rows of another part, as far as it goes."""
        count, edges = other
        is_same = bool(self.rows) and edges[:1] == (self.rows[0],)
        return is_same and (len(self.rows) < count or self.rows[count - 1] == edges[-1])


Fingerprint: TypeAlias = tuple[int, Sequence[Row]]
NO_ROWS = WindowRows()
