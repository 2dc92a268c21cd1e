"""The four operations of the API, without HTTP."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

import attrs

from .answers import Body, Reply, View, links
from .behaviour import SUCCESS, Plan, planned
from .formats import FORMS, dumped, form, slice_of, window
from .problems import ServiceError, bad_request
from .runs import Order, Run
from .selection import names, select
from .state import World
from .validation import HISTORY, QUERY, RESULTS, STATUS, Members, an_object, check, decoded, number, parameters


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


SECONDS_PER_DAY = 86_400.0


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
    today = [run.order for run in world.log if run.times.arrives > now - SECONDS_PER_DAY]
    if sum((other.key, other.ds_id) == (order.key, order.ds_id) for other in today) >= most:
        raise ServiceError("LICENSE_DAILY_QUERY_LIMIT_EXCEEDED")


def _new_run(world: World, order: Order, now: float) -> Run:
    source = world.source(order)
    today, reorder = world.today(source), world.behaviour.reorder_columns
    selection = select(source, order.query, today=today, reorder=reorder)
    default = world.plan if isinstance(world.plan, Plan) else world.plan(order.query)
    plan = planned(default, order.settings.get("emulator"))
    return Run(order=order, selection=selection, plan=plan, times=world.licence.admit(plan, now))


APP_ID = "api"
DAY, LONGEST = timedelta(days=1), timedelta(days=90)
WORDS: Mapping[str, Callable[[datetime], datetime]] = {
    "now": lambda now: now,
    "today": lambda now: now.replace(hour=0, minute=0, second=0, microsecond=0),
    "yesterday": lambda now: WORDS["today"](now) - DAY,
}


@attrs.frozen
class Search:
    """What to list."""

    key: str
    ds_ids: tuple[str, ...]
    codes: tuple[str, ...]
    since: datetime
    until: datetime

    def finds(self, run: Run, code: str, arrived: datetime) -> bool:
        """Tell whether a run is meant."""
        return (
            run.order.key == self.key
            and self.since <= arrived <= self.until
            and (not self.ds_ids or run.order.ds_id in self.ds_ids)
            and (not self.codes or code in self.codes)
        )


async def history(world: World, call: Call) -> Reply:
    """List the runs of a key, the latest first."""
    sent = parameters(call.query)
    check(sent, HISTORY)
    now = world.timeline.now()
    search = _search(call.key, sent, world.wall(now))
    found = [run for run in reversed(world.log) if search.finds(run, run.code(now), world.wall(run.times.arrives))]
    offset, limit = number(sent, "offset") or 0, number(sent, "limit") or 100
    meta: Body = {
        "request_id": call.request_id,
        "filter": {"since": _written(search.since), "until": _written(search.until)},
        "paginate": {"offset": offset, "limit": limit, "total": len(found)},
    }
    entries = [_entry(world, run, now) for run in found[offset : offset + limit]]
    return Reply(200, [dumped({"meta": meta, "data": entries})])


def _search(key: str, sent: Members, now: datetime) -> Search:
    since = _moment(sent, "since", now) or now - DAY
    return Search(
        key=key,
        ds_ids=tuple(names(sent.get("ds_ids"))),
        codes=tuple(names(sent.get("status_codes"))),
        since=max(since, now - LONGEST),
        until=_moment(sent, "until", now) or now,
    )


def _moment(sent: Members, name: str, now: datetime) -> datetime | None:
    text = sent.get(name)
    if text is None:
        return None
    if text in WORDS:
        return WORDS[str(text)](now)
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise bad_request(f"{name} is not a moment.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _entry(world: World, run: Run, now: float) -> Body:
    code = run.code(now)
    entry: Body = {
        "@type": "query_history",
        "schedule_time": _written(world.wall(run.times.arrives)),
        "schedule_id": run.order.schedule_id,
        "status_code": code,
        "app_id": APP_ID,
        "ds_id": run.order.ds_id,
    }
    if code not in {SUCCESS, "FAILURE"}:
        return entry
    rows = len(run.result.rows) if code == SUCCESS else 0
    return entry | {"row_count": rows, "execution_seconds": round(run.times.ends - run.times.begins, 3)}
