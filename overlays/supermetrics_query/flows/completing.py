"""Many queries, handed over as they end, whichever way; a query is never lost on the way."""

import math
from collections.abc import Iterable

from attrs import define, field

from .._core.context import Settings
from .._core.effects import Flow, Give, now
from .._core.polling import Deadline
from .._core.run import Run
from .._core.scheduling import Fleet, Member
from ..errors import SupermetricsQueryError, WaitTimeoutError
from .waiting import Wait
from .weaving import Weave

LOOKS_AT_ONCE = 8


@define
class Watching:
    """A fleet whose queries are looked at; those that have ended wait to be handed over."""

    settings: Settings
    fleet: Fleet
    weave: Weave = field(factory=Weave)
    waits: dict[Member, Wait] = field(factory=dict)
    ended: list[Run] = field(factory=list)
    looking: int = 0

    def add(self, run: Run, deadline: Deadline) -> Member:
        """Take a query into the fleet, also one that was given up before."""
        run.given_up = None
        member = Member(run)
        self.fleet.members.append(member)
        self.waits[member] = Wait(self.settings, run, deadline)
        return member

    def send_looks(self, moment: float) -> float:
        """Begin the looks that are due, and return when the next one is; the last one falls on the deadline."""
        plan = [(self.in_time(due, member), member) for due, member in self.fleet.plan(moment)]
        for due, member in sorted(plan, key=lambda each: each[0]):
            if due > moment:
                return due
            if self.looking >= LOOKS_AT_ONCE:
                return math.inf  # an answer comes first
            self.looking += 1
            self.fleet.looks_at(member, moment)
            self.weave.add(self.look(member))
        return math.inf

    def in_time(self, due: float, member: Member) -> float:
        """Return when to look at a query: not after its deadline, unless that look has been."""
        end = self.waits[member].deadline.at
        return due if member.looked >= end else min(due, end)

    def look(self, member: Member) -> Flow[None]:
        """Look at a query once; one that cannot be looked at any more has ended for the caller."""
        wait = self.waits[member]
        try:
            yield from wait.look()
            wait.check_code((yield from now()))
        except SupermetricsQueryError as error:
            member.run.give_up(error)
        self.looking -= 1
        self.fleet.saw(member)
        if member.run.is_over:
            yield from wait.finish()
        if member.run.is_left:
            self.leave(member)

    def leave(self, member: Member) -> None:
        """Hand a query over."""
        self.fleet.left(member)
        del self.waits[member]
        self.ended.append(member.run)

    def give(self) -> Flow[None]:
        """Give what has ended."""
        while self.ended:
            yield Give(self.ended.pop(0).handle)


def as_completed(settings: Settings, runs: Iterable[Run], timeout: float) -> Flow[None]:
    """Give queries as they end; raise WaitTimeoutError when some go on at the end of the wait."""
    deadline = Deadline((yield from now()) + timeout)
    watching = Watching(settings, Fleet(settings.poll.floor))
    for run in runs:
        member = watching.add(run, deadline)
        if run.is_over:
            watching.leave(member)
    try:
        while watching.fleet.members or watching.ended:
            yield from watching.give()
            yield from watching.weave.advance()
            moment = yield from now()
            if is_late(watching, deadline, moment) and not watching.ended:
                raise unfinished(watching)
            due = watching.send_looks(moment)
            if not watching.ended and watching.fleet.members:
                yield from watching.weave.pause(due if deadline.is_over(moment) else min(due, deadline.at))
    finally:
        watching.weave.close()


def is_late(watching: Watching, deadline: Deadline, moment: float) -> bool:
    """Tell whether the wait is over: when its time is, and every query has been looked at."""
    members = watching.fleet.members
    is_over = deadline.is_over(moment) and bool(members) and not watching.looking
    return is_over and all(member.looked > -math.inf for member in members)


def unfinished(watching: Watching) -> WaitTimeoutError:
    """Return the error for queries that go on."""
    runs = [member.run for member in watching.fleet.members]
    first = runs[0]
    return WaitTimeoutError(
        f"unfinished at the end of the wait: {len(runs)}, the first of them query {first.schedule_id!r}; "
        "go on with client.as_completed(error.queries), or in another process with error.tokens",
        queries=tuple(run.handle for run in runs if run.handle is not None),
        tokens=tuple(run.token for run in runs),
    )
