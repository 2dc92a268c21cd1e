"""Which entry of an answer is the header, and which is a row that looks like it.

No document says whether the header takes an offset of its own, and whether later pages repeat it. Where an answer
leaves that open, a window decides whose answer would hold one entry more.
"""

from attrs import evolve, frozen

from .._models import Row
from .windows import LAST_WINDOW, Aim, Window, WindowRows


@frozen
class Header:
    """What is known of the header of a result, None for `titles` where it has none."""

    titles: Row | None
    offset: int = 0  # how many offsets it takes
    is_repeated: bool | None = None  # whether later pages begin with it, None while that is open

    def begins(self, part: WindowRows) -> bool:
        """Return whether the first entry looks like the header."""
        return bool(part.rows) and part.rows[0] == self.titles

    def stripped(self, part: WindowRows) -> WindowRows:
        """Return a part without what looks like the header."""
        return evolve(part, rows=part.rows[1:]) if self.begins(part) else part

    def after_page_one(self, part: WindowRows) -> "Header":
        """Return what page one shows: a header beside its rows takes no offset."""
        return evolve(self, offset=int(self.titles is not None and part.entries <= part.asked))

    def after_offset_zero(self, part: WindowRows) -> "Header":
        """Return what the window of the first offset shows: a row there leaves no offset to the header."""
        return evolve(self, offset=int(not self.stripped(part).rows))

    def after_later_page(self, part: WindowRows) -> "Header | None":
        """Return what a later page shows, None where that is open."""
        if self.is_repeated is not None or not self.begins(part):
            return self
        return evolve(self, is_repeated=True) if part.entries > part.asked else None

    def probe(self, held: WindowRows, first: int) -> Window:
        """Return the window that tells whether a page from the offset `first` on begins with the header.

        A window of one row brings two entries where headers are repeated, and one beyond the end brings one.
        """
        is_alone = held.entries == 1
        first = LAST_WINDOW.first if is_alone else first
        return Window(first, first + is_alone, Aim.REPEATED)

    def after_probe(self, part: WindowRows, held: WindowRows) -> "Header | None":
        """Return what the answer to the probe shows, None where it holds more than the window has."""
        there = int(held.entries > 1)  # rows that the window is known to hold
        is_repeated = self.begins(part) and part.entries > there
        return None if is_repeated and part.entries > there + 1 else evolve(self, is_repeated=is_repeated)
