"""Many queries, handed over as they end, whichever way; a query is never lost on the way."""

from __future__ import annotations

import math
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import TypeAlias

from attrs import define, field, frozen
from supermetrics_query_api.models import DataQuery

from .._core.context import Settings
from .._core.effects import Begin, Call, Flow, Give, collect, now
from .._core.polling import Deadline
from .._core.run import Run
from .._core.scheduling import Fleet, Member
from ..errors import ConfigurationError, SupermetricsQueryError, WaitTimeoutError
from .multiplex import Weave
from .poll import Wait
from .start import start

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


IN_FLIGHT = 100


@define
class Stream:
    """Requests on their way: pulled, started, looked at. `timeout` is for each query, in seconds."""

    watching: Watching
    pull: Pull
    make: Callable[[object], Run]
    in_flight: int
    timeout: float
    is_pulling: bool = False
    ended: Ended | None = None

    def flow(self) -> Flow[None]:
        """Give queries as they end; raise what the iterable of the caller has raised after the last of them."""
        try:
            while True:
                yield from self.watching.give()
                if self.is_over:
                    break
                yield from self.go_on()
        finally:
            self.watching.weave.close()
        if self.ended is not None and self.ended.error is not None:
            raise self.ended.error

    @property
    def is_over(self) -> bool:
        """Whether everything has been handed over."""
        return self.ended is not None and not self.watching.fleet.members

    def go_on(self) -> Flow[None]:
        """Pull, start and look as far as possible, and wait for what comes of it."""
        yield from self.watching.weave.advance()
        moment = yield from now()
        ends = self.expire(moment)
        if self.ended is None and not self.is_pulling and len(self.watching.fleet.members) < self.in_flight:
            self.is_pulling = True
            self.watching.weave.add(self.pull_one())
        due = self.watching.send_looks(moment)
        if not self.watching.ended and not self.is_over:
            yield from self.watching.weave.pause(min(due, ends))

    def expire(self, moment: float) -> float:
        """Hand over what has had its time and its last look, and return when the next one will have had its time."""
        while (first := self.first_idle()) is not None:
            member, wait = first
            if member.looked < wait.deadline.at:
                return max(moment, wait.deadline.at)
            member.run.give_up(wait.timeout())
            self.watching.leave(member)
        return math.inf

    def first_idle(self) -> tuple[Member, Wait] | None:
        """Return the query whose time is over first, of those that wait for nothing; they are in the order of start."""
        return next((each for each in self.watching.waits.items() if not each[0].is_busy), None)

    def pull_one(self) -> Flow[None]:
        """Take the next request and start it."""
        pending = yield Begin(Call(self.pull, None))
        request = yield from collect(pending)
        self.is_pulling = False
        if isinstance(request, Ended):
            self.ended = request
            return
        run = self.make(request)
        member = self.watching.add(run, Deadline((yield from now()) + self.timeout))
        if run.request is None:
            self.watching.leave(member)
            return
        member.is_busy = True
        self.watching.weave.add(self.start(member, run.request))

    def start(self, member: Member, request: DataQuery) -> Flow[None]:
        """Start a query; one that cannot be started has ended for the caller."""
        wait = self.watching.waits[member]
        try:
            yield from start(self.watching.settings, member.run, request, wait.deadline, held=0)
        except SupermetricsQueryError as error:
            member.run.give_up(error)
        member.looked = yield from now()
        self.watching.fleet.saw(member)
        if member.run.is_left:
            self.watching.leave(member)


def run_many(
    settings: Settings, pull: Pull, make: Callable[[object], Run], in_flight: int, timeout: float
) -> Flow[None]:
    """Give the queries of many requests as they end."""
    yield from Stream(Watching(settings, Fleet(settings.poll.floor)), pull, make, in_flight, timeout).flow()


Pull: TypeAlias = Callable[[object], object]


@frozen
class Ended:
    """There are no more requests; `error` is why, where the iterable of the caller has failed."""

    error: Exception | None = None


def pull_from(requests: Iterable[DataQuery] | AsyncIterable[DataQuery]) -> Pull:
    """Return a function that gives the next request, or Ended; of an async iterable it gives an awaitable."""
    if isinstance(requests, AsyncIterable):
        return pull_async(aiter(requests))
    # A generated model can be indexed, which is iterable enough for iter().
    if not isinstance(requests, Iterable):
        raise ConfigurationError(f"requests must be an iterable of DataQuery, not {requests!r:.200}")
    return pull_sync(iter(requests))


def pull_sync(requests: Iterator[DataQuery]) -> Pull:
    """Pull from an iterator."""

    def pull(_: object) -> object:
        try:
            return next(requests, Ended())
        except Exception as error:
            return Ended(error)

    return pull


def pull_async(requests: AsyncIterator[DataQuery]) -> Pull:
    """Pull from an async iterator."""

    async def pull(_: object) -> object:
        try:
            return await anext(requests, Ended())
        except Exception as error:
            return Ended(error)

    return pull
