"""Cells and rows, and rows computed on demand, so that a million of them need no memory."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import overload

import attrs

Cell = str | int | float | None
Row = tuple[Cell, ...]
Rank = tuple[bool, float, str]


def rank(cell: Cell) -> Rank:
    """Return the key by which the cells of a column are sorted; null comes first."""
    if isinstance(cell, str):
        return True, 0.0, cell
    return cell is not None, cell or 0.0, ""


@attrs.frozen(eq=False)
class LazyRows(Sequence[Row]):
    """A sequence of `size` rows; `make` computes the rows of a range."""

    size: int
    make: Callable[[range], Sequence[Row]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.size

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        """Return one row, or the rows of a slice."""
        if isinstance(index, slice):
            return self.make(range(self.size)[index])
        place = range(self.size)[index]
        return self.make(range(place, place + 1))[0]

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows, computed in batches."""
        for batch in batches(self):
            yield from batch


def batches(rows: Sequence[Row], size: int = 5000) -> Iterator[Sequence[Row]]:
    """Yield the rows in batches of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def within(rows: Sequence[Row], start: int, stop: int | None) -> Sequence[Row]:
    """Return the rows from `start` to `stop` without computing them."""
    place = range(len(rows))[start:stop]
    return LazyRows(len(place), lambda part: rows[place.start + part.start : place.start + part.stop])


def projected(rows: Sequence[Row], places: Sequence[int]) -> Sequence[Row]:
    """Return the rows with only the cells at these places."""
    pick: Callable[[Row], Row] = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
    return LazyRows(len(rows), lambda part: list(map(pick, rows[part.start : part.stop])))
