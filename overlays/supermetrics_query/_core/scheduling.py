"""Which of many queries to poll next, under one budget. Pure decisions; times are readings of one monotonic clock.

First come the queries that the history reports as ended, then those that must be polled now: for the last time before
their deadline, or because their result could be lost. The others take turns, each by the square root of its age, which
minimises the sum of all lateness when the chance of ending falls with the age.

The API runs a few queries of a licence at a time, first in, first out. Where it shows such a queue, only its head takes
turns, and one of the others every now and then, in case they do not end in order.

No step goes over all queries: each waits in a heap, and is judged again when its entry comes up.
"""

import math
from collections import Counter, OrderedDict, deque
from itertools import takewhile

from attrs import define, field

from .jobs import SHORT_GAP, Agenda, Job
from .pacing import Pace

MOST_CYCLES = 3.0  # a gap of its own is cut to the time in which all take so many turns
TAIL_GAP = 20.0  # seconds between polls of the queries behind the head
RECHECK = 5.0  # seconds until the budget is judged again when it leaves nothing
RELY = 300.0  # seconds for which the history and the queue together are relied on


@define
class Scheduler:
    """The queries that have not ended, and what is known of all of them."""

    floor: float = 1.0  # seconds between two polls of a query, at least
    pace: Pace = field(factory=Pace)
    jobs: OrderedDict[int, Job] = field(factory=OrderedDict)
    names: dict[str, list[Job]] = field(factory=dict)  # by the ids under which they run
    identities: Counter[str] = field(factory=Counter)
    front: float = math.inf  # how many may run
    taking_turns: int = 0  # how many are not behind the front
    busy: int = 0
    clock: float = 0.0  # of turns: the number of the turn that was taken last
    turned: float = -math.inf  # when that was
    tailed: float = -math.inf  # when one behind the front was polled
    hinted: deque[Job] = field(factory=deque)
    unseen: deque[int] = field(factory=deque)  # the numbers of those that were started elsewhere and never polled
    turns: Agenda = field(factory=Agenda)
    rests: Agenda = field(factory=Agenda)  # until they may take turns
    last_polls: Agenda = field(factory=Agenda)  # by deadline
    musts: Agenda = field(factory=Agenda)
    births: Agenda = field(factory=Agenda)
    behind: Agenda = field(factory=Agenda)  # by the order of their start
    tail: OrderedDict[int, Job] = field(factory=OrderedDict)  # the same, first the one that was polled longest ago

    def add(self, job: Job, now: float) -> None:
        """Take a query whose start is under way, or which was started elsewhere."""
        if self.pace.began is None:
            self.pace.began = now
        job.added = now
        self.jobs[job.number] = job
        self.identities[job.run.identity] += 1
        self.enter(job)
        self.musts.put(job.must, job)
        self.births.put(job.began(now), job)
        self.busy += job.is_busy

    def begin(self, job: Job, now: float) -> None:
        """Record that a poll is sent."""
        job.is_busy, job.is_hinted, job.polled, job.sent = True, False, now, now
        job.entry = 0
        self.busy += 1

    def record(self, job: Job, now: float) -> None:
        """Record what a start or a poll has shown; a query that is settled leaves."""
        self.busy -= job.is_busy
        job.is_busy = False
        if job.name != job.run.schedule_id:  # a named query that was started before
            self.withdraw(job)
            self.enter(job)
            self.births.put(job.began(now), job)
        status = job.run.status
        if status is not None and status.workflow is not None:
            self.front = max(1, status.workflow.running) if status.workflow.scheduled else math.inf
        if job.run.is_settled:
            self.leave(job)
        else:
            self.place(job, now)
        self.fill_front(now)

    def leave(self, job: Job) -> None:
        """Forget a query."""
        del self.jobs[job.number]
        self.tail.pop(job.number, None)
        self.withdraw(job)
        self.identities[job.run.identity] -= 1
        if not self.identities[job.run.identity]:
            del self.identities[job.run.identity]
        self.taking_turns -= not job.is_behind
        self.pace.ended += 1

    def enter(self, job: Job) -> None:
        """Let the history name a query by the id under which it runs."""
        job.name = job.run.schedule_id
        self.names.setdefault(job.name, []).append(job)

    def withdraw(self, job: Job) -> None:
        """Let the history name it no more."""
        namesakes = self.names[job.name]
        namesakes.remove(job)
        if not namesakes:
            del self.names[job.name]

    def place(self, job: Job, now: float) -> None:
        """Let a query wait for its turn, or behind the front."""
        if job.deadline.at < math.inf and not job.had_its_last_poll:
            self.last_polls.put(job.deadline.at - job.deadline.spread, job)
        if not job.is_behind:
            job.turn = self.clock + job.weight(now)
            self.rest(job, now)
        elif self.taking_turns < self.front or not may_wait(job):
            self.advance(job, now)
        elif job.number in self.tail:
            self.tail.move_to_end(job.number)
        else:
            self.fall_behind(job)

    def advance(self, job: Job, now: float) -> None:
        """Let a query that was behind the front take turns."""
        self.tail.pop(job.number, None)
        job.is_behind, job.turn = False, self.clock + (1.0 if job.polled == now else 0.0)
        self.taking_turns += 1
        if job.polled == -math.inf:
            self.unseen.append(job.number)
        if not job.is_busy:
            self.rest(job, now)

    def fall_behind(self, job: Job) -> None:
        """Let a query wait behind the front."""
        job.is_behind, job.entry = True, 0
        self.behind.put(job.number, job)
        self.tail[job.number] = job

    def fill_front(self, now: float) -> None:
        """Let those that have waited longest take turns, as many as may run."""
        while self.taking_turns < self.front and self.tail:
            _, _, number = self.behind.take()
            if number in self.tail:
                self.advance(self.tail[number], now)

    def rest(self, job: Job, now: float) -> None:
        """Let a query wait until it may be polled again."""
        rate = self.pace.rate(len(self.jobs), now)
        longest = max(SHORT_GAP, MOST_CYCLES * self.taking_turns / rate) if 0 < rate < math.inf else math.inf
        job.entry = next(self.rests.serials)
        self.rests.put(job.earliest(self.floor, longest), job, job.entry)

    def hint(self, name: str, now: float) -> None:
        """Let a query be polled at once that has ended, as the history says."""
        for job in self.names.get(name, ()):
            if not job.is_hinted and not job.is_busy and now >= job.deaf_until:
                job.is_hinted = True
                self.hinted.append(job)

    @property
    def span(self) -> int:
        """How many queries came since the first that has not ended."""
        return next(reversed(self.jobs)) - next(iter(self.jobs)) + 1 if self.jobs else 0

    def oldest(self, now: float) -> float:
        """Return when the oldest query began, at the earliest."""
        while self.births.entries and self.births.entries[0][2] not in self.jobs:
            self.births.take()
        return min(now, self.births.first)

    def next_urgent(self, now: float) -> Job | None:
        """Return who is polled now whatever else waits, None where nobody is."""
        return self.next_hinted(now) or self.next_last(now) or self.next_must(now)

    def next_hinted(self, now: float) -> Job | None:
        """Return one that has ended, as the history says."""
        while self.hinted:
            job = self.hinted.popleft()
            if not job.is_hinted or job.number not in self.jobs:
                continue
            if job.run.timing.not_before <= now and not job.had_its_last_poll:
                return job
            job.is_hinted = False
        return None

    def next_last(self, now: float) -> Job | None:
        """Return one that is polled for the last time before its deadline."""
        while self.last_poll() <= now:
            job = self.jobs[self.last_polls.take()[2]]
            if job.is_busy or job.had_its_last_poll:
                continue
            if job.run.timing.not_before <= now:
                return job
            self.musts.put(job.run.timing.not_before, job)
        return None

    def last_poll(self) -> float:
        """Return when a query is polled for the last time next; answers that take longer make it sooner."""
        while self.last_polls.entries:
            job = self.jobs.get(self.last_polls.entries[0][2])
            if job is not None:
                return job.deadline.last_poll
            self.last_polls.take()
        return math.inf

    def next_must(self, now: float) -> Job | None:
        """Return one that is polled whatever else waits."""
        for _, _, number in self.musts.take_until(now):
            job = self.jobs.get(number)
            if job is None or job.had_its_last_poll:
                continue
            at = self.must_be_polled(job, now)
            self.musts.put(max(at, now + RECHECK), job)
            if at <= now:
                return job
        return None

    def must_be_polled(self, job: Job, now: float) -> float:
        """Return when to poll a query or to ask again, whatever else waits.

        One that has not begun, as both the history and the queue say, may wait as long as both are relied on.
        """
        if job.is_busy:
            return now + RECHECK
        if self.pace.watch_gap is not None and job.is_behind:
            return now + RELY
        return max(now if job.deadline.last_poll <= now else job.must, job.run.timing.not_before)

    def next_turn(self, now: float) -> Job | None:
        """Return the one whose turn it is."""
        for _, serial, number in self.rests.take_until(now):
            if job := self.known(number, serial):
                self.turns.put(job.turn, job, serial)
        if now >= self.next_tail():
            self.tailed = now
            return next((job for job in self.tail.values() if not job.is_busy and not job.had_its_last_poll), None)
        return self.next_unseen(now) or (self.take_turn(now) if now >= self.turned + self.pause(now) else None)

    def next_unseen(self, now: float) -> Job | None:
        """Return one that was never polled, which waits for no turn unless the history or a queue says that it runs."""
        while self.unseen and self.pace.watch_gap is None and self.pace.budget.left > len(self.jobs):
            job = self.jobs.get(self.unseen.popleft())
            if job is None or job.is_busy or job.polled > -math.inf:
                continue
            if self.taking_turns <= self.front and job.run.timing.not_before <= now:
                return job
        return None

    def take_turn(self, now: float) -> Job | None:
        """Return the first that may run; those that may not fall behind the front."""
        for turn, serial, number in self.turns.take_until(math.inf):
            job = self.known(number, serial)
            if job is None or job.had_its_last_poll:
                continue
            if self.taking_turns <= self.front or not may_wait(job):
                self.clock, self.turned = max(self.clock, turn), now
                return job
            self.taking_turns -= 1
            self.fall_behind(job)
        return None

    def known(self, number: int, serial: int) -> Job | None:
        """Return the query of an entry that still holds."""
        job = self.jobs.get(number)
        return job if job is not None and job.entry == serial else None

    def next_tail(self) -> float:
        """Return when to poll one of those behind the front."""
        if not self.tail or self.pace.watch_gap is not None or self.pace.budget.left <= len(self.jobs):
            return math.inf
        return self.tailed + TAIL_GAP

    def next_urgency(self, now: float) -> float:
        """Return when somebody is to be polled whatever else waits."""
        return now if self.hinted else min(self.last_poll(), self.musts.first)

    def next_time(self, now: float) -> float:
        """Return when the next turn comes, or when to ask again."""
        turn = min(self.turned + self.pause(now), now + RECHECK) if self.turns.entries else math.inf
        return min(self.rests.first, turn, self.next_tail())

    def pause(self, now: float) -> float:
        """Return how many seconds there are between two turns."""
        return self.pace.pause(len(self.jobs), now)

    def next_deadline(self, now: float) -> float:
        """Return when the time of an idle query is over next. Queries are in the order of their deadlines."""
        return next(
            (job.deadline.at for job in self.jobs.values() if job.deadline.at > now and not job.is_busy), math.inf
        )

    def timed_out(self, now: float) -> list[Job]:
        """Return the queries whose time is over."""
        over = takewhile(lambda job: job.deadline.is_over(now), self.jobs.values())
        return [job for job in over if job.has_timed_out(now)]


def may_wait(job: Job) -> bool:
    """Return whether a query may be one that does not run yet."""
    return job.is_queued or job.run.status is None
