"""Which run a start leads to: a new one, or one that exists already."""

from collections.abc import Iterator
from contextlib import contextmanager

from .behaviour import SUCCESS, Plan, planned
from .problems import ServiceError
from .runs import Order, Run
from .selection import select
from .state import World

DAY = 86_400.0


def run_or_join(world: World, order: Order) -> tuple[Run, bool]:
    """Return the run of a query, and whether it was there before."""
    now = world.timeline.now()
    known = world.kept(order.key, order.schedule_id)
    # That only one run of an id exists at a time is documented; what becomes of the id after its run has
    # ended is not. Here the same query gets the kept result; another one, or one that failed, runs again.
    same = known is not None and (known.outcome, known.order.identity) == (SUCCESS, order.identity)
    if known and (same or not known.ended(now)):
        return known, True
    _refuse_if_too_many(world, order, now)
    run = _new_run(world, order, now)
    world.runs[order.key, order.schedule_id] = run
    world.log.append(run)
    return run, False


@contextmanager
def waiting(world: World, run: Run) -> Iterator[None]:
    """Count a request that waits for the run of another one; only so many may."""
    if world.waiting[run] >= world.behaviour.waiting_duplicates:
        headers = {"Retry-After": "1"}
        raise ServiceError("TOO_MANY_REQUESTS", "Too many requests wait for this query.", headers=headers)
    world.waiting[run] += 1
    try:
        yield
    finally:
        world.waiting[run] -= 1


def _refuse_if_too_many(world: World, order: Order, now: float) -> None:
    most = world.behaviour.per_day
    if most is None:
        return
    today = [run.order for run in world.log if run.times.arrives > now - DAY]
    if sum((other.key, other.ds_id) == (order.key, order.ds_id) for other in today) >= most:
        raise ServiceError("LICENSE_DAILY_QUERY_LIMIT_EXCEEDED")


def _new_run(world: World, order: Order, now: float) -> Run:
    source = world.source(order)
    today, reorder = world.today(source), world.behaviour.reorder_columns
    selection = select(source, order.query, today=today, reorder=reorder)
    default = world.plan if isinstance(world.plan, Plan) else world.plan(order.query)
    plan = planned(default, order.settings.get("emulator"))
    return Run(order=order, selection=selection, plan=plan, times=world.licence.admit(plan, now))
