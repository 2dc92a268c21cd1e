"""Which of many queries to look at next, under one budget. Pure decisions; times are readings of one monotonic clock.

The API runs a few queries of a licence at a time, first in, first out. Where it shows such a queue, only its head is
looked at: news is possible nowhere else. Without one, all queries share the budget, each by the square root of its age,
which makes the sum of all lateness smallest when the chance of ending falls with the age.
"""

import math
from collections import deque
from collections.abc import Sequence

from attrs import define, field

from .._models import Workflow
from .run import Run

WAITING = frozenset({"SCHEDULED", "QUEUED"})
TURN = 25.0  # the age, in seconds, at which a query counts that has not begun to run
SHORT_WISH = 5.0  # seconds for which a query may always wish to be left alone
MOST_SHARES = 3.0  # a query that wishes to be left alone longer than so many of its shares is looked at all the same
TAIL_GAP = 20.0  # seconds between looks at all those further behind, in case they do not end in order
HOUR = 3_600.0
BUDGET = 3_500  # looks in an hour; the rest is for starts and pages
MOST_RATE = 16.0  # looks in a second
SHORTEST_HORIZON = 60.0  # seconds over which what is left may be spent


@define(eq=False)
class Member:
    """A query of a fleet, in the order in which they were started."""

    run: Run
    looked: float = -math.inf  # when it was last looked at
    is_busy: bool = False  # whether a look is under way, or its start is

    @property
    def waits_its_turn(self) -> bool:
        """Whether it is not known to run."""
        return self.run.status is not None and self.run.status.code in WAITING

    def weighed_age(self, moment: float) -> float:
        """Return the age that decides its share: how long it has run, or as if it had for a little while."""
        return TURN if self.waits_its_turn else max(1.0, self.run.age_of_phase(moment))

    def due(self, share: float) -> float:
        """Return when to look at it: after its share of seconds, or later where it wishes so, as if it were alone.

        A query in a queue wishes nothing, because the time that it has waited does not tell its turn.
        """
        wish = (
            -math.inf if self.waits_its_turn else min(self.run.due, self.looked + max(SHORT_WISH, MOST_SHARES * share))
        )
        return max(self.looked + share, wish, self.run.not_before)


@define
class Fleet:
    """The queries that have not ended, and what is known of all of them."""

    floor: float = 1.0  # seconds between two looks at a query, at least
    members: list[Member] = field(factory=list)
    workflow: Workflow | None = None
    looks: deque[float] = field(factory=deque)  # the moments of the looks of the last hour
    began: float | None = None  # when it was first planned
    ended: int = 0

    def looks_at(self, member: Member, moment: float) -> None:
        """Note that a query is being looked at."""
        member.is_busy, member.looked = True, moment
        self.looks.append(moment)

    def saw(self, member: Member) -> None:
        """Note what a look has shown."""
        member.is_busy = False
        status = member.run.status
        if status is not None and status.workflow is not None:
            self.workflow = status.workflow

    def left(self, member: Member) -> None:
        """Note that a query has ended."""
        self.members.remove(member)
        self.ended += 1

    def plan(self, moment: float) -> list[tuple[float, Member]]:
        """Return when each query is to be looked at."""
        if self.began is None:
            self.began = moment
        if self.workflow is None or not self.workflow.scheduled:
            mean_age = sum(member.run.age(moment) for member in self.members) / max(1, len(self.members))
            due = self.shared(self.members, mean_age, moment)
        else:
            head = max(1, self.workflow.running)
            due = [*self.shared(self.members[:head], self.outlook(moment), moment), *behind(self.members[head:])]
        return due

    def outlook(self, moment: float) -> float:
        """Return how long a queue will last if it goes on as it has."""
        elapsed = moment - (self.began or 0.0)
        return min(HOUR, len(self.members) * elapsed / self.ended if self.ended else HOUR)

    def shared(self, members: Sequence[Member], horizon: float, moment: float) -> list[tuple[float, Member]]:
        """Look at each query as it wants, but at all of them no faster than the budget lasts."""
        roots = {member: math.sqrt(member.weighed_age(moment)) for member in members}
        seconds = sum(1 / root for root in roots.values()) / self.rate(horizon, moment)
        return [
            (member.due(max(self.floor, seconds * root)), member)
            for member, root in roots.items()
            if not member.is_busy
        ]

    def rate(self, horizon: float, moment: float) -> float:
        """Return how many looks in a second the budget allows when what is left of it is spent over a time."""
        while self.looks and self.looks[0] < moment - HOUR:
            self.looks.popleft()
        return min(MOST_RATE, max(1, BUDGET - len(self.looks)) / max(SHORTEST_HORIZON, horizon))


def behind(members: Sequence[Member]) -> list[tuple[float, Member]]:
    """Look at one of the queries behind the head now and then, the one that was looked at longest ago."""
    idle = [member for member in members if not member.is_busy]
    if not idle:
        return []
    member = min(idle, key=lambda each: each.looked)
    last = max(each.looked for each in members)
    return [(max(last + TAIL_GAP, member.run.not_before), member)]
