"""The options of the service; facts on which the sources of the contract disagree are options."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal

import attrs
from attrs.validators import ge, gt, optional

from .clock import Clock, MonotonicClock
from .faults import Fault
from .problems import Family, bad_request
from .sources import Source
from .validation import Limit, either, integer, text

SUCCESS = "SUCCESS"
SECONDS = Limit(
    "a number of seconds",
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf,
)


@attrs.frozen(kw_only=True)
class Plan:
    """How one query runs and ends, in seconds of the service; codes may be unknown ones, too."""

    scheduled_seconds: float = 0.2
    """How long the query is scheduled."""
    queued_seconds: float = 0.3
    """The minimum; a full licence makes it longer."""
    run_seconds: float = 1.5
    """How long the query runs."""
    parts: int = 4
    """Into how many sub-queries the service splits it; `queries_total` starts at half of them and grows."""
    running_code: str = "RUNNING"
    """The status code while it runs."""
    outcome: str = SUCCESS
    """The status code with which it ends."""
    error: str = ""
    """The code of the error that is sent instead of the status if the outcome is not SUCCESS."""
    error_status: int = 0
    """The HTTP status of that error, which may be 200; 0 stands for the documented status."""

    def __attrs_post_init__(self) -> None:
        """Raise ValueError if a member is out of range."""
        for name, limit in LIMITS.items():
            value: object = getattr(self, name)
            if not limit.accepts(value):
                raise ValueError(f"{name} must be {limit.expected}, not {value!r}")


LIMITS: Mapping[str, Limit] = {
    "scheduled_seconds": SECONDS,
    "queued_seconds": SECONDS,
    "run_seconds": SECONDS,
    "parts": integer(1, 10_000),
    "running_code": text(100),
    "outcome": text(100),
    "error": text(100),
    "error_status": either(integer(0, 0), integer(200, 599)),
}
INSTANT = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0, parts=1)
"""The plan of queries that succeed at once."""

Planner = Callable[[Mapping[str, object]], Plan]
"""Returns the plan for a query, given its members."""


def override_plan(default: Plan, overrides: object) -> Plan:
    """Return the default plan, changed by the members that the query sets under `settings.emulator`."""
    if overrides is None:
        return default
    if not isinstance(overrides, Mapping):
        raise bad_request("settings.emulator must be an object.")
    if unknown := [name for name in overrides if name not in LIMITS]:
        raise bad_request(f"settings.emulator has no {unknown[0]!r}; it has {', '.join(LIMITS)}.")
    try:
        return attrs.evolve(default, **overrides)
    except ValueError as error:
        raise bad_request(f"settings.emulator: {error}.") from None


HeaderRow = Literal["row", "repeat", "first"]
"""Where the header of a result is."""
SourceMaker = Callable[[Mapping[str, object]], Source]
"""Returns the data source for a query, given its members."""


@attrs.frozen(kw_only=True, eq=False)
class Behaviour:
    """The options of the service; times are seconds of its own clock."""

    key: str = "fake_key_of_the_emulator"
    """The API key that is accepted."""
    clock: Clock = attrs.field(factory=MonotonicClock)
    """What the time of the service comes from, such as a `FakeClock`."""
    speed: float = attrs.field(default=1.0, validator=gt(0))
    """How many seconds of the service pass in one second of the clock."""
    plan: Plan | Planner = attrs.field(factory=Plan)
    """How queries run, unless they set something else under `settings.emulator`."""
    sources: Mapping[str, Source | SourceMaker] = attrs.field(factory=dict)
    """Data sources by id, in addition to `WEATHER` and `NUMBERS`."""
    today: date | None = None
    """The day from which relative dates count; without it, the last day of the data source."""
    faults: Sequence[Fault | str] = ()
    """Faults that are set from the beginning; see `supermetrics_query.emulator.faults`."""

    errors: Family = "envelope"
    """The form of error bodies: the envelope, RFC 9457, or a code as text."""
    not_found_status: Literal[400, 404] = 404
    """The HTTP status of the error STATUS_NOT_FOUND."""
    legacy_accepted: bool = False
    """Whether the start of a query that has not ended is answered with 200 instead of 202."""
    header: HeaderRow = "row"
    """Where the header is: row 0 of the result, repeated on every page, or on the first page only."""
    default_max_rows: int | None = attrs.field(default=None, validator=optional(ge(1)))
    """How many rows a query gets that does not say `max_rows`; users saw 1000, and no document states a limit."""
    reorder_columns: bool = True
    """Whether columns are sorted, dimensions before metrics and then by name, or keep the requested order."""

    concurrency: int = attrs.field(default=1000, validator=ge(1))
    """How many queries the licence runs at the same time."""
    waiting_duplicates: int = 10
    """How many requests may wait for a run that another request has started."""
    per_second: int | None = attrs.field(default=None, validator=optional(ge(1)))
    """How many requests each key may make in a second."""
    per_hour: int | None = attrs.field(default=None, validator=optional(ge(1)))
    """How many requests each key may make in an hour."""
    per_day: int | None = None
    """How many queries each key may run on a data source in 24 hours."""
    history_lag: float = attrs.field(default=0.0, validator=ge(0))
    """How many seconds later the history knows what happens to a run."""
    history_omits: int = attrs.field(default=0, validator=ge(0))
    """Which runs the history never lists: every second one, every third one and so on; with 0 it lists all."""
    result_seconds: float = 3600.0
    """How long the status and the rows of a query are kept after it has ended."""
