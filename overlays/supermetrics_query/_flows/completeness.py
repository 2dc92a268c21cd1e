"""Saying once, and loudly, that rows may be missing."""

from .._core.context import ClientContext
from .._core.effects import Call, Flow
from .._core.run import Run
from ..events import RowLimitReached, warn


def report_limit(context: ClientContext, run: Run, limit: int | None) -> Flow[None]:
    """Keep the limit at which the rows of a run end, and report it, unless that was done before."""
    if limit is None or limit == run.row_limit:
        return
    run.row_limit = limit
    event = RowLimitReached(schedule_id=run.schedule_id, limit=limit)
    yield from context.emit(event)
    yield Call(warn, event)
