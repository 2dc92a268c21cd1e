"""The options of the service, and the plan by which one query runs."""

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
    """The life of a query, in seconds of the service; its codes may be any, also unknown ones."""

    scheduled_seconds: float = 0.2
    queued_seconds: float = 0.3
    """The least: a full queue makes it longer."""
    run_seconds: float = 1.5
    parts: int = 4
    """How many queries the service makes of it: `queries_total` starts at half of them and grows."""
    running_code: str = "RUNNING"
    outcome: str = SUCCESS
    error: str = ""
    """The code of an error that is sent instead of the status when the outcome is not SUCCESS."""
    error_status: int = 0
    """The HTTP status of that error, 200 included; 0 stands for the documented one."""

    def __attrs_post_init__(self) -> None:
        """Refuse what makes no sense."""
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

Planner = Callable[[Mapping[str, object]], Plan]
"""Chooses a plan by the members of the query."""


def override_plan(default: Plan, overrides: object) -> Plan:
    """Return the default plan, changed by what the query itself asks for under `settings.emulator`."""
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
SourceMaker = Callable[[Mapping[str, object]], Source]
"""Makes a data source for one query."""


@attrs.frozen(kw_only=True, eq=False)
class Behaviour:
    """How the service behaves; times are seconds of its own clock."""

    key: str = "fake_key_of_the_emulator"
    clock: Clock = attrs.field(factory=MonotonicClock)
    speed: float = attrs.field(default=1.0, validator=gt(0))
    """How many seconds of the service pass in one of the clock."""
    plan: Plan | Planner = attrs.field(factory=Plan)
    """How queries behave that do not ask for something else under `settings.emulator`."""
    sources: Mapping[str, Source | SourceMaker] = attrs.field(factory=dict)
    """Data sources by their ids, besides `WEATHER` and `NUMBERS`."""
    today: date | None = None
    """What relative dates count from; without it, the last day of the data source."""
    faults: Sequence[Fault | str] = ()
    """What goes wrong from the beginning, see `supermetrics_query.emulator.faults`."""

    errors: Family = "envelope"
    not_found_status: Literal[400, 404] = 404
    legacy_accepted: bool = False
    """Answer 200 instead of 202 to the start of a query that has not ended."""
    header: HeaderRow = "row"
    """Row 0 of the result, or besides the rows: on every page, or on the first only."""
    reorder_columns: bool = True
    """Deliver dimensions before metrics, each by name, in whatever order they were asked for."""

    concurrency: int = attrs.field(default=1000, validator=ge(1))
    """How many queries the licence runs at a time."""
    waiting_duplicates: int = 10
    """How many requests may wait for a run that another one has started."""
    per_second: int | None = attrs.field(default=None, validator=optional(ge(1)))
    per_hour: int | None = attrs.field(default=None, validator=optional(ge(1)))
    per_day: int | None = None
    """How many queries a day a data source allows."""
    result_seconds: float = 3600.0
    """How long the status and the rows of a query are kept after its end."""
