"""Requests that are started as there is room, and handed over as they end."""

import math
from collections.abc import Callable

from attrs import define
from supermetrics_query_api.models import DataQuery

from .._core.context import Settings
from .._core.effects import Begin, Call, Flow, collect, now
from .._core.polling import Deadline
from .._core.run import Run
from .._core.scheduling import Fleet, Member
from ..errors import SupermetricsQueryError
from ..sources import Ended, Pull
from .completing import Watching
from .starting import start
from .waiting import Wait

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
