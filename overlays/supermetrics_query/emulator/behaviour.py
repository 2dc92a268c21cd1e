"""Everything about the service that can be chosen; facts on which the sources disagree are choices."""

from collections.abc import Mapping
from typing import Literal

import attrs

from supermetrics_query.emulator.clock import Clock, MonotonicClock
from supermetrics_query.emulator.plans import Plan, Planner
from supermetrics_query.emulator.problems import Family
from supermetrics_query.emulator.sources import Source

HeaderRow = Literal["row", "repeat", "first"]


@attrs.frozen(kw_only=True, eq=False)
class Behaviour:
    """How the service behaves; times are seconds of its own clock."""

    key: str = "api_emulator"
    clock: Clock = attrs.field(factory=MonotonicClock)
    speed: float = 1.0
    """How many seconds of the service pass in one of the clock."""
    plan: Plan | Planner = attrs.field(factory=Plan)
    """How queries behave that do not ask for something else under `settings.emulator`."""
    sources: Mapping[str, Source] = attrs.field(factory=dict)
    """Data sources by their ids, besides `WEATHER`."""
    concurrency: int = 1000
    """How many queries the licence runs at a time."""
    errors: Family = "envelope"
    not_found_status: Literal[400, 404] = 404
    legacy_accepted: bool = False
    """Answer 200 instead of 202 to the start of a query that has not ended."""
    header: HeaderRow = "row"
    """Row 0 of the result, or besides the rows: on every page, or on the first only."""
    reorder_columns: bool = True
    result_seconds: float = 3600.0
    """How long the status and the rows of a query are kept after its end."""
    allowance: int = 5000
    """How many requests an hour the headers promise."""
