"""Everything about the service that can be chosen; facts on which the sources disagree are choices."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Literal

import attrs
from attrs.validators import ge, gt, optional

from .clock import Clock, MonotonicClock
from .faults import Fault
from .plans import Plan, Planner
from .problems import Family
from .sources import Source

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
