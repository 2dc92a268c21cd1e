"""What the service remembers: keys, data sources, runs, rate limits and the request log."""

import math
from collections import Counter, deque
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import attrs

from .behaviour import Behaviour, Plan, Planner, SourceMaker
from .clock import Timeline
from .faults import PATHS, Fault, FaultQueue, parse_fault
from .problems import ServiceError, bad_request
from .runs import Licence, QueryRequest, Run
from .sources import Source, numbers, weather

SECOND, HOUR = 1.0, 3600.0
UNLIMITED_PER_HOUR = 10_000  # what the headers say when requests per hour are not limited
MAX_LOGGED = 100_000  # entries in each of the two logs


@attrs.frozen(kw_only=True)
class SeenRequest:
    """A request as it arrived, without the key, so that it can be printed."""

    at: float
    """When it arrived, in seconds of the service."""
    method: str
    """The HTTP method."""
    path: str
    """The path below the base, for instance `/query/status`."""
    params: Mapping[str, object]
    """The query parameters, or the members of the parameter `json`."""
    json: object
    """The decoded body; None if there was none or it was not JSON."""
    headers: Mapping[str, str]
    """The headers, by names in lower case."""

    @property
    def operation(self) -> str:
        """One of `start`, `status`, `results`, `history`; empty for any other path."""
        return next((name for name, path in PATHS.items() if is_below(self.path, path)), "")

    @property
    def schedule_id(self) -> str | None:
        """The schedule id that was sent, or None."""
        sent = self.json if isinstance(self.json, Mapping) else self.params
        found = sent.get("schedule_id")
        return found if isinstance(found, str) else None


def is_below(path: str, start: str) -> bool:
    """Return whether a path is that of an operation, or begins with it where a parameter follows."""
    return path.startswith(start) if start.endswith("/") else path == start


@attrs.define
class SlidingWindow:
    """Counts the requests of the last `period` seconds."""

    period: float
    limit: int | None
    _times: deque[float] = attrs.field(factory=deque, init=False)

    def count(self, now: float) -> int:
        """Return the number of requests in the period that ends now."""
        while self._times and self._times[0] <= now - self.period:
            self._times.popleft()
        return len(self._times)

    def wait(self, now: float) -> float:
        """Return how many seconds remain until the next request is allowed."""
        if self.limit is None or self.count(now) < self.limit:
            return 0.0
        return self._times[0] + self.period - now

    def add(self, now: float) -> None:
        """Count one request."""
        if self.limit is not None:
            self._times.append(now)


@attrs.define
class RateLimiter:
    """The limits of one key: requests per second and per hour."""

    per_second: int | None
    per_hour: int | None
    _second: SlidingWindow = attrs.field(init=False)
    _hour: SlidingWindow = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Create the windows."""
        self._second, self._hour = SlidingWindow(SECOND, self.per_second), SlidingWindow(HOUR, self.per_hour)

    def acquire(self, now: float, speed: float) -> None:
        """Count a request; raise ServiceError with Retry-After, in seconds of the client, if there were too many."""
        wait = max(self._second.wait(now), self._hour.wait(now))
        if wait > 0:
            headers = {"Retry-After": str(max(math.ceil(wait / speed), 1))}
            raise ServiceError("TOO_MANY_REQUESTS", headers=headers)
        self._second.add(now)
        self._hour.add(now)

    def headers(self, now: float) -> dict[str, str]:
        """Return the headers that report the limit per hour."""
        limit = self.per_hour or UNLIMITED_PER_HOUR
        remaining = limit - self._hour.count(now)
        return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining)}


@attrs.define(eq=False)
class State:
    """Everything that the service remembers."""

    behaviour: Behaviour
    timeline: Timeline = attrs.field(init=False)
    started_at: datetime = attrs.field(init=False, factory=lambda: datetime.now(UTC))
    sources: dict[str, Source | SourceMaker] = attrs.field(init=False)
    faults: FaultQueue = attrs.field(init=False, factory=FaultQueue)
    plan: Plan | Planner = attrs.field(init=False)
    keys: set[str] = attrs.field(init=False)
    licence: Licence = attrs.field(init=False)
    rate_limiters: dict[str, RateLimiter] = attrs.field(init=False)
    runs: dict[tuple[str, str], Run] = attrs.field(init=False)
    run_log: deque[Run] = attrs.field(init=False)
    runs_started: int = attrs.field(init=False)
    listed: deque[Run] = attrs.field(init=False)
    """The runs that the history knows."""
    waiting: Counter[Run] = attrs.field(init=False)
    request_log: deque[SeenRequest] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Start the clock and load the data sources."""
        self.timeline = Timeline(self.behaviour.clock, self.behaviour.speed)
        self.sources = {"WEATHER": weather(), "NUMBERS": numbers, **self.behaviour.sources}
        self.reset()

    def reset(self) -> None:
        """Forget everything but the time and the data sources."""
        self.plan = self.behaviour.plan
        self.keys = {self.behaviour.key}
        self.licence = Licence(self.behaviour.concurrency)
        self.rate_limiters, self.runs, self.waiting = {}, {}, Counter()
        self.run_log, self.request_log = deque(maxlen=MAX_LOGGED), deque(maxlen=MAX_LOGGED)
        self.listed, self.runs_started = deque(maxlen=MAX_LOGGED), 0
        self.faults.clear()
        for fault in self.behaviour.faults:
            self.add_fault(fault)

    def add_fault(self, fault: Fault | str) -> None:
        """Add a fault, which may be written as a specification."""
        self.faults.add(parse_fault(fault) if isinstance(fault, str) else fault)

    def datetime_at(self, moment: float) -> datetime:
        """Return the date and time at which the service has this age."""
        return self.started_at + timedelta(seconds=moment)

    def today(self, source: Source) -> date:
        """Return the day from which relative dates of a data source count."""
        return self.behaviour.today or source.last_day or self.datetime_at(self.timeline.now()).date()

    def rate_limiter(self, key: str) -> RateLimiter:
        """Return the rate limiter of a key."""
        if key not in self.rate_limiters:
            self.rate_limiters[key] = RateLimiter(self.behaviour.per_second, self.behaviour.per_hour)
        return self.rate_limiters[key]

    def source(self, request: QueryRequest) -> Source:
        """Return the data source of a query; raise ServiceError if it is not known."""
        found = self.sources.get(request.ds_id)
        if found is None:
            known = ", ".join(self.sources)
            raise bad_request(f"The data source {request.ds_id} is not known; there are {known}.")
        return found if isinstance(found, Source) else found(request.query)

    def find_kept(self, key: str, schedule_id: str) -> Run | None:
        """Return the run that a key started under an id, or None if it is unknown or no longer kept."""
        run = self.runs.get((key, schedule_id))
        if run and self.timeline.now() < run.times.ends + self.behaviour.result_seconds:
            return run
        return None

    def find_run(self, key: str, schedule_id: str) -> Run:
        """Return the run that a key started under an id; raise ServiceError if there is none."""
        run = self.find_kept(key, schedule_id)
        if run is None:
            raise ServiceError("STATUS_NOT_FOUND", status=self.behaviour.not_found_status)
        return run
