"""Whether the history is asked which queries have ended, how often, and how far it is believed. Pure decisions.

One request lists up to a thousand queries, so it replaces the polls of all that still run. It is a hint: the status
request confirms it, and some queries are polled although the history says nothing of them. Where such a poll finds an
end that the history should have known, the history is not believed for a while, by anything that uses the client.
"""

import math
from collections import deque
from datetime import UTC, datetime

from attrs import define, field, frozen

from .._contract.listing import ENDED_CODES, HISTORY_PAGE
from .budget import HOUR, POLLS_SHARE, Budget
from .run import Run

REPLACED_GAP = 12.0  # seconds between polls of a query that would content nobody; the history pays where it is longer
MOST_RATE = 16.0  # polls in a second that the API should not see more of, whoever allows them
STAYS = 3.0  # a history that pays is asked until there are so many times fewer queries
LEAST = 1  # query, which is better polled for as many requests

GAP = 3.5  # seconds between two requests for the history
SHARE = 0.36  # of the hour, that the history may use at most
AUDIT_GAP = 20.0  # seconds between polls of queries of which a history that is believed says nothing
LASTING = 0.8  # of what is left, that the history may use before more is free
CAUTION = 120.0  # seconds
DOUBTED_GAP = 60.0  # seconds between requests for a history that is not believed
LAG = 10.0  # seconds after the answer to a poll in which the history must know of the end that it showed
DOUBT, MOST_DOUBT = 900.0, 14_400.0  # seconds; doubled with each fall
MOST_FAILURES = 3  # requests in a row

SKEW = 60.0  # seconds by which clocks may differ
MOST_FOUND = 100  # ends that wait for the history to know them


@define
class Trust:
    """How far the history is believed; a client has one."""

    doubted_until: float = -math.inf
    falls: int = 0
    was_doubted: bool = False  # and has not proved right since
    is_useless: bool = False  # whether a doubted history is not even asked for hints

    def is_whole(self, now: float) -> bool:
        """Return whether it is believed."""
        return now >= self.doubted_until

    def fall(self, now: float, *, is_useless: bool) -> float:
        """Stop believing it, and return for how many seconds; 0 where it was doubted before, and is for longer now."""
        is_news = self.is_whole(now)
        self.falls += is_news
        pause = min(DOUBT * 2.0 ** min(self.falls - 1, 10), MOST_DOUBT)
        self.doubted_until = now + pause
        self.was_doubted, self.is_useless = True, is_useless
        return pause if is_news else 0.0


@frozen
class Found:
    """An end that a poll has found before the history knew of it."""

    began: float
    at: float


@define
class Watch:
    """What is asked of the history for one runner of many queries."""

    trust: Trust
    is_allowed: bool = True
    is_on: bool = False  # whether it pays
    is_asking: bool = False
    asked: float = -math.inf  # when the last request began
    pages: int = 1  # of the last answer
    span: int = 0  # how many queries were started since the oldest that has not ended, all of which it may list
    failures: int = 0  # in a row
    found: dict[str, Found] = field(factory=dict)
    spent: deque[float] = field(factory=deque)  # when requests were sent in the last hour that brought no end

    def decide(self, count: int, span: int, budget: Budget) -> None:
        """Decide whether it pays for so many queries: each of them alone would be polled too rarely."""
        self.span = span
        most = max(REPLACED_GAP * min(MOST_RATE, budget.left / HOUR) / (STAYS if self.is_on else 1.0), LEAST)
        self.is_on = self.is_allowed and count > most

    def is_believed(self, now: float) -> bool:
        """Return whether it decides who is polled."""
        return self.is_on and self.trust.is_whole(now)

    def due(self, count: int, budget: Budget, now: float) -> float:
        """Return when to ask, infinity where it does not pay."""
        if not self.is_on or self.is_asking:
            return math.inf
        if not self.trust.is_whole(now):
            return self.trust.doubted_until if self.trust.is_useless else self.asked + DOUBTED_GAP
        spare = LASTING * max(1.0, budget.left - count)
        return self.asked + max(gap(budget, self.pages), self.pages * self.unpaid(now) / spare)

    def unpaid(self, now: float) -> float:
        """Return for how many seconds nothing that was spent is free again, which is what is left must last for."""
        return self.spent[0] + HOUR - now if self.spent else HOUR

    def set_aside(self, budget: Budget, now: float) -> float:
        """Return how many requests starts must leave for learning who has ended."""
        cost = self.cost(budget, now)
        if math.isinf(cost):
            return 0.0
        return max(0.0, cost - len(self.spent), cost * (self.unpaid(now) + CAUTION) / HOUR)

    @property
    def is_failing(self) -> bool:
        """Whether so many requests in a row have failed that the history cannot be read."""
        return self.failures >= MOST_FAILURES

    def cost(self, budget: Budget, now: float) -> float:
        """Return how many requests an hour it takes to learn who has ended, beside those that bring the result."""
        if not self.is_on or not self.trust.is_whole(now):
            return POLLS_SHARE * budget.per_hour
        pages = max(self.pages, math.ceil(self.span / HISTORY_PAGE))
        return pages * HOUR / gap(budget, pages) + HOUR / AUDIT_GAP

    def since(self, oldest: float) -> float:
        """Return from when on the history is asked for: the oldest start, also of an end that it has to prove."""
        return min([oldest, *(found.began for found in self.found.values())]) - SKEW

    def note(self, run: Run, now: float) -> None:
        """Remember an end that a poll has found, for the history to prove that it knows."""
        if not self.is_on or run.status is None or run.status.code not in ENDED_CODES or run.timing.started is None:
            return
        if len(self.found) < MOST_FOUND:
            self.found[run.schedule_id] = Found(run.timing.born or now, now)

    def unknown(self, listed: frozenset[str], asked: float) -> list[str]:
        """Return the ends that a history asked for at a time should have listed; forget those that it lists."""
        for name in listed & self.found.keys():
            del self.found[name]
        late = [name for name, found in self.found.items() if found.at + LAG <= asked]
        for name in late:
            del self.found[name]
        return late


def gap(budget: Budget, pages: int) -> float:
    """Return how many seconds to wait between two requests for a history of so many pages."""
    return max(GAP, pages * HOUR / (SHARE * budget.per_hour))


def most_in_flight(budget: Budget, cost: float) -> float:
    """Return how many queries the limits allow in flight: each may need a start and a poll within an hour."""
    return math.inf if math.isinf(budget.per_hour) else max(1, int((budget.per_hour - cost) / 2))


def as_date(seconds: float) -> str:
    """Return seconds since the epoch as the history reads them."""
    return datetime.fromtimestamp(max(0.0, seconds), UTC).isoformat(timespec="seconds")
