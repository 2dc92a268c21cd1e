"""Fleets in simulated time: how late their ends are seen, what that costs, and what is lost."""

import math
from collections.abc import Iterator
from random import Random
from statistics import mean
from typing import Any

from attrs import define, field, frozen
from supermetrics_query import Limiter, PollPolicy
from supermetrics_query._core.limits import BaseLimiter
from supermetrics_query._flows.many import run_many
from supermetrics_query._flows.sources import Source, requests_from

from tools.simulation.driver import SimulatedDriver, context
from tools.simulation.licence import HOUR, Durations, History, Licence, log_normal, numbered, run_of, uniform

UNIFORM, LOG_NORMAL = "uniform", "log-normal"
DURATIONS: dict[str, Durations] = {UNIFORM: uniform(5.0, 1_800.0), LOG_NORMAL: log_normal(20.0)}
HISTORIES = {
    "there": History(),
    "lags": History(lag=60.0),
    "absent": History(refusal=404),
}
# How many run at once where there is a queue, so that it takes a few hours at most.
SLOTS = {UNIFORM: {300: 15, 2_000: 100, 10_000: 500}, LOG_NORMAL: {300: 5, 2_000: 20, 10_000: 20}}


@frozen(kw_only=True)
class Fleet:
    """What is simulated."""

    count: int
    durations: str = LOG_NORMAL
    slots: int | None = None  # how many run at once; None runs all and shows no queue
    history: History = field(factory=History)
    in_flight: int | None = None
    limiter: BaseLimiter = field(factory=Limiter)
    poll: PollPolicy = field(factory=PollPolicy)


@define
class Seen:
    """What a simulated fleet was like."""

    late: list[float]  # seconds from the end of each query until it was handed over
    lost: int  # results that were not handed over
    hours: float
    licence: Licence
    events: list[Any]

    @property
    def mean(self) -> float:
        """The mean lateness in seconds."""
        return mean(self.late)

    @property
    def worst(self) -> float:
        """The worst lateness in seconds."""
        return max(self.late)

    @property
    def beside(self) -> float:
        """How many requests there were in an hour, or in less, beside one start and one page for each query."""
        return (self.licence.requests.total() - 2 * len(self.late)) / max(1.0, self.hours)


def simulated(fleet: Fleet, seed: int = 1) -> Seen:
    """Run a fleet as fast as it may be started."""
    random = Random(seed)  # noqa: S311
    licence = Licence(random, fleet.slots, DURATIONS[fleet.durations], fleet.history)
    driver, events = SimulatedDriver(licence, keeps=False), list[Any]()
    options = context(random.random, limiter=fleet.limiter, poll=fleet.poll, on_event=events.append)
    requests = requests_from(numbered(number) for number in range(fleet.count))
    late, lost = [], 0
    for run in driver.iterate(run_many(options, Source(requests, run_of, fleet.in_flight or fleet.count, math.inf))):
        lost += run.error is not None or run.abandoned is not None
        late.append(driver.time - licence.jobs[run.schedule_id].ended)
    return Seen(late, lost, driver.time / HOUR, licence, events)


def fleets(count: int, history: str) -> Iterator[tuple[str, str, Seen]]:
    """Yield the durations, the queue and the outcome of the four fleets of a size."""
    for durations in (UNIFORM, LOG_NORMAL):
        for slots in (None, SLOTS[durations][count]):
            fleet = Fleet(count=count, durations=durations, slots=slots, history=HISTORIES[history])
            yield durations, "no" if slots is None else f"{slots:,} run", simulated(fleet)


def main() -> None:
    """Print the table of docs/performance.md."""
    print("| Queries | Durations | Queue | History | Mean lateness | Worst lateness | Requests an hour beside | Lost |")
    print("|---|---|---|---|---|---|---|---|")
    for count in SLOTS[UNIFORM]:
        for history in HISTORIES:
            for durations, queue, seen in fleets(count, history):
                figures = f"{seen.mean:,.1f} s | {seen.worst:,.0f} s | {seen.beside:,.0f} | {seen.lost}"
                print(f"| {count:,} | {durations} | {queue} | {history} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
