"""Which of many queries to poll next, under one budget. Pure decisions; times are readings of one monotonic clock.

The API runs a few queries of a licence at a time, first in, first out. Where it shows such a queue, only its head is
polled: news is possible nowhere else. Without one, all queries share the budget, each by the square root of its age,
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
MOST_SHARES = 3.0  # a query that wishes to be left alone longer than so many of its shares is polled all the same
TAIL_GAP = 20.0  # seconds between polls of all those further behind, in case they do not end in order
HOUR = 3_600.0
BUDGET = 3_500  # polls in an hour; the rest is for starts and pages
MOST_RATE = 16.0  # polls in a second
SHORTEST_HORIZON = 60.0  # seconds over which what is left may be spent


@define(eq=False)
class Job:
    """A query of a fleet, in the order in which they were started."""

    run: Run
    polled: float = -math.inf  # when it was last polled
    is_busy: bool = False  # whether a poll is under way, or its start is

    @property
    def waits_its_turn(self) -> bool:
        """Whether it is not known to run."""
        return self.run.status is not None and self.run.status.code in WAITING

    def weighed_age(self, moment: float) -> float:
        """Return the age that decides its share: how long it has run, or as if it had for a little while."""
        return TURN if self.waits_its_turn else max(1.0, self.run.age_of_phase(moment))

    def due(self, share: float) -> float:
        """Return when to poll it: after its share of seconds, or later where it wishes so, as if it were alone.

        A query in a queue wishes nothing, because the time that it has waited does not tell its turn.
        """
        wish = (
            -math.inf if self.waits_its_turn else min(self.run.due, self.polled + max(SHORT_WISH, MOST_SHARES * share))
        )
        return max(self.polled + share, wish, self.run.not_before)


@define
class Scheduler:
    """The queries that have not ended, and what is known of all of them."""

    floor: float = 1.0  # seconds between two polls of a query, at least
    jobs: list[Job] = field(factory=list)
    workflow: Workflow | None = None
    polls: deque[float] = field(factory=deque)  # the moments of the polls of the last hour
    began: float | None = None  # when it was first planned
    ended: int = 0

    def begin(self, job: Job, moment: float) -> None:
        """Note that a query is being polled."""
        job.is_busy, job.polled = True, moment
        self.polls.append(moment)

    def saw(self, job: Job) -> None:
        """Note what a poll has shown."""
        job.is_busy = False
        status = job.run.status
        if status is not None and status.workflow is not None:
            self.workflow = status.workflow

    def left(self, job: Job) -> None:
        """Note that a query has ended."""
        self.jobs.remove(job)
        self.ended += 1

    def plan(self, moment: float) -> list[tuple[float, Job]]:
        """Return when each query is to be polled."""
        if self.began is None:
            self.began = moment
        if self.workflow is None or not self.workflow.scheduled:
            mean_age = sum(job.run.age(moment) for job in self.jobs) / max(1, len(self.jobs))
            due = self.shared(self.jobs, mean_age, moment)
        else:
            head = max(1, self.workflow.running)
            due = [*self.shared(self.jobs[:head], self.outlook(moment), moment), *behind(self.jobs[head:])]
        return due

    def outlook(self, moment: float) -> float:
        """Return how long a queue will last if it goes on as it has."""
        elapsed = moment - (self.began or 0.0)
        return min(HOUR, len(self.jobs) * elapsed / self.ended if self.ended else HOUR)

    def shared(self, jobs: Sequence[Job], horizon: float, moment: float) -> list[tuple[float, Job]]:
        """Poll each query as it wants, but at all of them no faster than the budget lasts."""
        roots = {job: math.sqrt(job.weighed_age(moment)) for job in jobs}
        seconds = sum(1 / root for root in roots.values()) / self.rate(horizon, moment)
        return [(job.due(max(self.floor, seconds * root)), job) for job, root in roots.items() if not job.is_busy]

    def rate(self, horizon: float, moment: float) -> float:
        """Return how many polls in a second the budget allows when what is left of it is spent over a time."""
        while self.polls and self.polls[0] < moment - HOUR:
            self.polls.popleft()
        return min(MOST_RATE, max(1, BUDGET - len(self.polls)) / max(SHORTEST_HORIZON, horizon))


def behind(jobs: Sequence[Job]) -> list[tuple[float, Job]]:
    """Poll one of the queries behind the head now and then, the one that was polled longest ago."""
    idle = [job for job in jobs if not job.is_busy]
    if not idle:
        return []
    job = min(idle, key=lambda each: each.polled)
    last = max(each.polled for each in jobs)
    return [(max(last + TAIL_GAP, job.run.not_before), job)]
