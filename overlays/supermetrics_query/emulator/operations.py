"""The operations of the API: from what was sent to what is answered, without any HTTP."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext

import attrs

from .answers import Reply, View
from .behaviour import SUCCESS
from .formats import FORMS, form
from .links import links
from .pages import slice_of, window
from .problems import ServiceError
from .runs import Order, Run
from .starting import run_or_join, waiting
from .state import World
from .validation import QUERY, RESULTS, STATUS, an_object, check, decoded, parameters


@attrs.frozen(kw_only=True)
class Call:
    """A request that has passed the door."""

    key: str
    request_id: str
    address: str
    """The URL without its query."""
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


Operation = Callable[[World, Call], Awaitable[Reply]]


async def start(world: World, call: Call) -> Reply:
    """Start a query, and wait for its end as long as `sync_timeout` says."""
    written = form(call.path["format"])
    order = Order(call.key, call.path["format"], an_object(decoded(call.body)))
    check(order.query, QUERY, "ds_id")
    shown = window(order.query)
    run, joined = run_or_join(world, order)
    with waiting(world, run) if joined and order.patience else nullcontext():
        await world.timeline.sleep_until(min(run.times.ends, world.timeline.now() + order.patience))
    view = _view(world, call, run)
    accepted = 200 if run.ended(view.now) or world.behaviour.legacy_accepted else 202
    return attrs.evolve(view.reply(written, shown), status=accepted)


async def look(world: World, call: Call) -> Reply:
    """Tell how far a query is, and give its rows in the default form."""
    sent = parameters(call.query)
    check(sent, STATUS, "schedule_id")
    shown = window(sent)
    view = _view(world, call, world.find(call.key, str(sent["schedule_id"])))
    if view.code != SUCCESS:
        return view.reply()
    # Under the other conventions the header has no place of its own.
    header = world.behaviour.header == "row" and view.run.order.has_titles
    return view.reply(shown=shown, paginate=links(call.address, sent, shown, len(view.run.result.rows) + header))


async def results(world: World, call: Call) -> Reply:
    """Give the rows in the form in which the query was started; all but a kept success is not there."""
    sent = parameters(call.query)
    check(sent, RESULTS, "schedule_id")
    run = world.kept(call.key, str(sent["schedule_id"]))
    if run is None or run.code(world.timeline.now()) != SUCCESS:
        raise ServiceError("QUERY_RESULTS_UNAVAILABLE")
    return _view(world, call, run).reply(FORMS[run.order.form], slice_of(sent))


def _view(world: World, call: Call, run: Run) -> View:
    return View(world=world, run=run, now=world.timeline.now(), request_id=call.request_id)
