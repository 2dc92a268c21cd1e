"""Which of many queries to poll next, under one budget. Pure decisions; times are readings of one monotonic clock.

The API runs a few queries of a licence at a time, first in, first out. Where it shows such a queue, only its head is
polled: nothing else can have ended. Without a queue, all queries share the budget, each by the square root of its age,
which minimises the sum of all lateness when the chance of ending falls with the age.
"""

import math
from collections import deque
from collections.abc import Sequence
from itertools import takewhile

from attrs import define, field

from .._models import Workflow
from .polling import NEVER, Deadline
from .run import Run

QUEUED = frozenset({"SCHEDULED", "QUEUED"})
QUEUED_AGE = 25.0  # seconds; the age that counts for a query that has not begun to run
SHORT_GAP = 5.0  # seconds; a query is never polled sooner than its own gap where that is shorter
MOST_SHARES = 3.0  # a longer gap of its own is cut to so many of its shares
TAIL_GAP = 20.0  # seconds between polls of the queries behind the head, in case they do not end in order
HOUR = 3_600.0
BUDGET = 3_500  # polls in an hour; the rest is for starts and pages
MOST_RATE = 16.0  # polls in a second
SHORTEST_HORIZON = 60.0  # seconds over which the rest of the budget may be spent


@define(eq=False)
class Job:
    """One of many queries, in the order in which they were started."""

    run: Run
    deadline: Deadline = NEVER
    polled: float = -math.inf  # when it was last polled, or its start answered
    sent: float = -math.inf  # when its last poll was sent
    is_busy: bool = False  # whether its start or a poll is under way

    @property
    def is_queued(self) -> bool:
        """Whether it is known not to run yet."""
        return self.run.status is not None and self.run.status.code in QUEUED

    def weighted_age(self, now: float) -> float:
        """Return the age that decides its share of the budget."""
        return QUEUED_AGE if self.is_queued else max(1.0, self.run.timing.age_of_phase(now))

    def due(self, share: float) -> float:
        """Return when to poll it: after its share of seconds, or later where its own gap says so.

        In a queue its own gap does not count, because the time that it has waited does not say when its turn comes.
        """
        timing = self.run.timing
        own = -math.inf if self.is_queued else min(timing.due, self.polled + max(SHORT_GAP, MOST_SHARES * share))
        return self.clipped(max(self.polled + share, own))

    def clipped(self, due: float) -> float:
        """Return when to poll it: in time for its deadline, not after that, and never sooner than the server allows."""
        last = self.deadline.last_poll
        return math.inf if self.sent >= last else max(min(due, last), self.run.timing.not_before)

    def has_timed_out(self, now: float) -> bool:
        """Return whether its time is over; a deadline that is now leaves it one poll."""
        if self.is_busy or not self.deadline.is_over(now):
            return False
        return not self.deadline.is_now or self.polled > -math.inf or self.run.timing.not_before > now


@define
class Scheduler:
    """The queries that have not ended, and what is known of all of them."""

    floor: float = 1.0  # seconds between two polls of a query, at least
    jobs: list[Job] = field(factory=list)
    workflow: Workflow | None = None
    polls: deque[float] = field(factory=deque)  # when the polls of the last hour were sent
    began: float | None = None  # when it was first planned
    ended: int = 0

    def begin(self, job: Job, now: float) -> None:
        """Record that a poll is sent."""
        job.is_busy, job.polled, job.sent = True, now, now
        self.polls.append(now)

    def record(self, job: Job) -> None:
        """Record what a start or a poll has shown; a query that is settled leaves."""
        job.is_busy = False
        status = job.run.status
        if status is not None and status.workflow is not None:
            self.workflow = status.workflow
        if job.run.is_settled:
            self.jobs.remove(job)
            self.ended += 1

    def next_deadline(self, now: float) -> float:
        """Return when the time of an idle query is over next. Queries are in the order of their deadlines."""
        return next((job.deadline.at for job in self.jobs if job.deadline.at > now and not job.is_busy), math.inf)

    def timed_out(self, now: float) -> list[Job]:
        """Return the queries whose time is over."""
        return [job for job in takewhile(lambda job: job.deadline.is_over(now), self.jobs) if job.has_timed_out(now)]

    def plan(self, now: float) -> list[tuple[float, Job]]:
        """Return when each idle query is to be polled, the earliest first."""
        if self.began is None:
            self.began = now
        if self.workflow is None or not self.workflow.scheduled:
            mean_age = sum(job.run.timing.age(now) for job in self.jobs) / max(1, len(self.jobs))
            plan = self.shared(self.jobs, mean_age, now)
        else:
            head = max(1, self.workflow.running)
            plan = [*self.shared(self.jobs[:head], self.outlook(now), now), *tail(self.jobs[head:])]
        return sorted(plan, key=lambda each: each[0])

    def outlook(self, now: float) -> float:
        """Return how long a queue will last at the rate so far."""
        elapsed = now - (self.began or 0.0)
        return min(HOUR, len(self.jobs) * elapsed / self.ended if self.ended else HOUR)

    def shared(self, jobs: Sequence[Job], horizon: float, now: float) -> list[tuple[float, Job]]:
        """Return when to poll each of some queries, all together no faster than the budget lasts."""
        roots = {job: math.sqrt(job.weighted_age(now)) for job in jobs}
        seconds = sum(1 / root for root in roots.values()) / self.rate(horizon, now)
        return [(job.due(max(self.floor, seconds * root)), job) for job, root in roots.items() if not job.is_busy]

    def rate(self, horizon: float, now: float) -> float:
        """Return how many polls in a second the budget allows when the rest of it is spent over a time."""
        while self.polls and self.polls[0] < now - HOUR:
            self.polls.popleft()
        return min(MOST_RATE, max(1, BUDGET - len(self.polls)) / max(SHORTEST_HORIZON, horizon))


def tail(jobs: Sequence[Job]) -> list[tuple[float, Job]]:
    """Return when to poll one of the queries behind the head: the one that was polled longest ago."""
    idle = [job for job in jobs if not job.is_busy]
    if not idle:
        return []
    job = min(idle, key=lambda each: each.polled)
    last = max(each.polled for each in jobs)
    return [(job.clipped(last + TAIL_GAP), job)]
