"""One of many queries: when it may and when it must be polled. Pure decisions; times are readings of one clock."""

import heapq
import math
from collections.abc import Iterator
from itertools import count

from attrs import define, field

from .polling import NEVER, Deadline
from .run import Run

QUEUED = frozenset({"SCHEDULED", "QUEUED"})
QUEUED_AGE = 25.0  # seconds; the age that counts for a query that has not begun to run
SHORT_GAP = 5.0  # seconds; where there is room, a query waits no longer than that for its next poll
KEPT = 2_700.0  # seconds after which a query is polled whatever else waits: its result is kept for an hour
LONGEST_LIFE = 6 * 3_600.0  # seconds that one started elsewhere may be old: it waits, runs for four hours, is kept
MOST_DEAF = 60.0  # seconds
FIRST_POLL = 600.0  # seconds until a query started elsewhere is polled, which may have ended long ago


@define(eq=False)
class Job:
    """One of many queries, in the order in which they were started."""

    run: Run
    deadline: Deadline = NEVER
    number: int = 0
    added: float = 0.0
    polled: float = -math.inf  # when it was last polled, or its start answered
    sent: float = -math.inf  # when its last poll was sent
    name: str = ""  # the id under which the history may name it
    is_busy: bool = False  # whether its start or a poll is under way
    is_behind: bool = True  # whether it waits behind the head of a queue
    is_hinted: bool = False  # whether the history says that it has ended
    false_hints: int = 0
    deaf_until: float = -math.inf  # until when hints are not heeded, because it had not ended
    turn: float = 0.0  # when its turn comes, in the time of `Scheduler.clock`
    entry: int = 0  # the latest of its entries in the agendas for turns and rests

    @property
    def is_queued(self) -> bool:
        """Whether it is known not to run yet."""
        return self.run.status is not None and self.run.status.code in QUEUED

    def began(self, now: float) -> float:
        """Return when it began, at the earliest."""
        timing = self.run.timing
        if self.is_busy:
            return now
        return now - LONGEST_LIFE if timing.started is None or timing.born is None else timing.born

    def was_misled(self, now: float) -> None:
        """Heed no hints for a while: a poll that one has led to found no end. Another run may have had the same id."""
        self.false_hints += 1
        self.deaf_until = now + min(2.0**self.false_hints, MOST_DEAF)

    @property
    def must(self) -> float:
        """When it is polled whatever else waits: its result could be lost later."""
        return (self.polled if self.polled > -math.inf else self.added + FIRST_POLL - KEPT) + KEPT

    def weight(self, now: float) -> float:
        """Return how long it waits for its turn, compared with others: the square root of its age."""
        return math.sqrt(QUEUED_AGE if self.is_queued else max(1.0, self.run.timing.age_of_phase(now)))

    def earliest(self, floor: float, longest: float) -> float:
        """Return when it may be polled: after its own gap, or after the longest where that is less.

        In a queue its own gap does not count, because the time that it has waited does not say when its turn comes.
        """
        timing = self.run.timing
        own = -math.inf if self.is_queued else min(timing.due, self.polled + longest)
        return max(self.polled + floor, own, timing.not_before)

    @property
    def had_its_last_poll(self) -> bool:
        """Whether its time is too short for another."""
        return self.sent >= self.deadline.last_poll

    def has_timed_out(self, now: float) -> bool:
        """Return whether its time is over; a deadline that is now leaves it one poll."""
        if self.is_busy or not self.deadline.is_over(now):
            return False
        return not self.deadline.is_now or self.polled > -math.inf or self.run.timing.not_before > now


@define
class Agenda:
    """Queries by their numbers, in the order of a time. An entry stays until it is taken, also when its query has left.

    It holds no query, so none that has left stays in memory.
    """

    entries: list[tuple[float, int, int]] = field(factory=list)
    serials: Iterator[int] = field(factory=lambda: count(1))

    @property
    def first(self) -> float:
        """The earliest time, infinity where there is no entry."""
        return self.entries[0][0] if self.entries else math.inf

    def put(self, at: float, job: Job, serial: int = 0) -> None:
        """Add an entry."""
        heapq.heappush(self.entries, (at, serial or next(self.serials), job.number))

    def take(self) -> tuple[float, int, int]:
        """Take the earliest entry: its time, its serial and the number of its query."""
        return heapq.heappop(self.entries)

    def take_until(self, until: float) -> Iterator[tuple[float, int, int]]:
        """Take the entries up to a time, one after the other."""
        while self.entries and self.first <= until:
            yield self.take()
