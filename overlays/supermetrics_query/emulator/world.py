"""What the service knows: its keys, its data sources, every run of a query, and what it has seen."""

from collections import Counter, deque
from datetime import UTC, date, datetime, timedelta

import attrs

from .behaviour import Behaviour, SourceMaker
from .clock import Timeline
from .faults import Fault, FaultQueue, parsed
from .journal import SeenRequest
from .licence import Licence
from .orders import Order
from .plans import Plan, Planner
from .problems import ServiceError, bad_request
from .runs import Run
from .sources import Source, numbers, weather
from .throttle import Throttle

REMEMBERED = 100_000  # requests, and runs


@attrs.define(eq=False)
class World:
    """The memory of the service."""

    behaviour: Behaviour
    timeline: Timeline = attrs.field(init=False)
    born: datetime = attrs.field(init=False, factory=lambda: datetime.now(UTC))
    sources: dict[str, Source | SourceMaker] = attrs.field(init=False)
    faults: FaultQueue = attrs.field(init=False, factory=FaultQueue)
    plan: Plan | Planner = attrs.field(init=False)
    keys: set[str] = attrs.field(init=False)
    licence: Licence = attrs.field(init=False)
    throttles: dict[str, Throttle] = attrs.field(init=False)
    runs: dict[tuple[str, str], Run] = attrs.field(init=False)
    log: deque[Run] = attrs.field(init=False)
    waiting: Counter[Run] = attrs.field(init=False)
    journal: deque[SeenRequest] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin."""
        self.timeline = Timeline(self.behaviour.clock, self.behaviour.speed)
        self.sources = {"WEATHER": weather(), "NUMBERS": numbers, **self.behaviour.sources}
        self.reset()

    def reset(self) -> None:
        """Forget everything that has happened; time and data sources stay."""
        self.plan = self.behaviour.plan
        self.keys = {self.behaviour.key}
        self.licence = Licence(self.behaviour.concurrency)
        self.throttles, self.runs, self.waiting = {}, {}, Counter()
        self.log, self.journal = deque(maxlen=REMEMBERED), deque(maxlen=REMEMBERED)
        self.faults.clear()
        for fault in self.behaviour.faults:
            self.break_with(fault)

    def break_with(self, fault: Fault | str) -> None:
        """Let something go wrong."""
        self.faults.add(parsed(fault) if isinstance(fault, str) else fault)

    def wall(self, moment: float) -> datetime:
        """Return the date and time of a moment of the service."""
        return self.born + timedelta(seconds=moment)

    def today(self, source: Source) -> date:
        """Return the day from which relative dates count."""
        return self.behaviour.today or source.last_day or self.wall(self.timeline.now()).date()

    def throttle(self, key: str) -> Throttle:
        """Return what counts the requests of a key."""
        if key not in self.throttles:
            self.throttles[key] = Throttle(self.behaviour.per_second, self.behaviour.per_hour)
        return self.throttles[key]

    def source(self, order: Order) -> Source:
        """Return the data source of a query, or refuse it."""
        found = self.sources.get(order.ds_id)
        if found is None:
            known = ", ".join(self.sources)
            raise bad_request(f"The data source {order.ds_id} is not known; there are {known}.")
        return found if isinstance(found, Source) else found(order.query)

    def kept(self, key: str, schedule_id: str) -> Run | None:
        """Return the run that a key has started under an id, unless it ended too long ago."""
        run = self.runs.get((key, schedule_id))
        if run and self.timeline.now() < run.times.ends + self.behaviour.result_seconds:
            return run
        return None

    def find(self, key: str, schedule_id: str) -> Run:
        """Return the run of an id, or say that there is none."""
        run = self.kept(key, schedule_id)
        if run is None:
            raise ServiceError("STATUS_NOT_FOUND", status=self.behaviour.not_found_status)
        return run
