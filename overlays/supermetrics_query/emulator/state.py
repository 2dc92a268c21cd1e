"""What the service remembers: keys, data sources, runs, rate limits and the request log."""

import math
from collections import Counter, deque
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import attrs

from .behaviour import Behaviour, Plan, Planner, SourceMaker
from .clock import Timeline
from .faults import Fault, FaultQueue, parsed
from .problems import ServiceError, bad_request
from .runs import Licence, Order, Run
from .sources import Source, numbers, weather

START = "/query/data/"
READS: Mapping[str, str] = {
    "/query/status": "status",
    "/query/results": "results",
    "/query/history": "history",
}


@attrs.frozen(kw_only=True)
class SeenRequest:
    """A request as it came in; the key is left out, so that it can be printed."""

    at: float
    """When, in seconds of the service."""
    method: str
    path: str
    """Below the base, for instance `/query/status`."""
    params: Mapping[str, object]
    """The query parameters; a `json` parameter is taken apart."""
    json: object
    """The body, decoded; None when there was none or it was not JSON."""
    headers: Mapping[str, str]

    @property
    def operation(self) -> str:
        """One of `start`, `status`, `results`, `history`, or nothing."""
        return "start" if self.path.startswith(START) else READS.get(self.path, "")

    @property
    def schedule_id(self) -> str | None:
        """The id that was asked for or chosen, if any."""
        sent = self.json if isinstance(self.json, Mapping) else self.params
        found = sent.get("schedule_id")
        return found if isinstance(found, str) else None


SECOND, HOUR = 1.0, 3600.0
GENEROUS = 10_000  # requests; what the headers promise when the hour is not limited


@attrs.define
class Meter:
    """Counts the requests within any period of one length, so that no period holds more than are allowed."""

    period: float
    limit: int | None
    _moments: deque[float] = attrs.field(factory=deque, init=False)

    def count(self, now: float) -> int:
        """Return how many requests the period before a moment holds."""
        while self._moments and self._moments[0] <= now - self.period:
            self._moments.popleft()
        return len(self._moments)

    def wait(self, now: float) -> float:
        """Return how long the next request would have to wait."""
        if self.limit is None or self.count(now) < self.limit:
            return 0.0
        return self._moments[0] + self.period - now

    def add(self, now: float) -> None:
        """Count a request."""
        if self.limit is not None:
            self._moments.append(now)


@attrs.define
class Throttle:
    """The meters of one key."""

    per_second: int | None
    per_hour: int | None
    _second: Meter = attrs.field(init=False)
    _hour: Meter = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin to count."""
        self._second, self._hour = Meter(SECOND, self.per_second), Meter(HOUR, self.per_hour)

    def take(self, now: float, speed: float) -> None:
        """Let a request through, or say when to come back; clients live at the speed of the wall."""
        wait = max(self._second.wait(now), self._hour.wait(now))
        if wait > 0:
            headers = {"Retry-After": str(max(math.ceil(wait / speed), 1))}
            raise ServiceError("TOO_MANY_REQUESTS", headers=headers)
        self._second.add(now)
        self._hour.add(now)

    def headers(self, now: float) -> dict[str, str]:
        """Return what every answer says of the hour."""
        limit = self.per_hour or GENEROUS
        remaining = limit - self._hour.count(now)
        return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining)}


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
