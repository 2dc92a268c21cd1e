"""Looks at later windows, sent before their rows are needed: in order, and never more than a few."""

from collections import deque

from attrs import define, field

from .._contract.messages import Lane
from .._core.context import Settings
from .._core.effects import Flow, Pending, begin
from .._core.run import Run
from .looking import look_to_send
from .slots import wait_for_slot


@define
class Ahead:
    """The looks under way, each with the offset at which its window begins."""

    settings: Settings
    run: Run
    under_way: deque[tuple[int, Pending]] = field(factory=deque)

    def fill(self, position: int, most: int) -> Flow[None]:
        """Send looks until `most` are under way, the first one at a position in the result, as far as limits allow."""
        size = self.settings.page_size
        while len(self.under_way) < most:
            first, last = self.run.window(position + size * len(self.under_way), size)
            if first > self.run.last_row or (yield from wait_for_slot(self.settings, Lane.PAGE)).wait:
                return
            pending = yield from begin(look_to_send(self.settings, self.run, first, last))
            self.under_way.append((first, pending))

    def take(self, first: int) -> Pending | None:
        """Return the look at a window if it is the next one under way; drop them all if another is."""
        if self.under_way and self.under_way[0][0] == first:
            return self.under_way.popleft()[1]
        self.drop()
        return None

    def drop(self) -> None:
        """Give up what is under way."""
        while self.under_way:
            self.under_way.pop()[1].cancel()
