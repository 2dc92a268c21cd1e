"""The four operations of the API, without HTTP."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

import attrs

from .answers import Body, Reply, View, page_links
from .behaviour import SUCCESS, Plan, override_plan
from .formats import FORMATS, dump_json, get_format, limit_window, offset_window
from .problems import ServiceError, bad_request
from .runs import QueryRequest, Run
from .selection import select, split_names
from .state import State
from .validation import (
    HISTORY,
    QUERY,
    RESULTS,
    STATUS,
    Members,
    as_object,
    check,
    decode_json,
    get_integer,
    parse_parameters,
)

APP_ID = "api"
DAY, MAX_LOOKBACK = timedelta(days=1), timedelta(days=90)
RELATIVE_TIMES: Mapping[str, Callable[[datetime], datetime]] = {
    "now": lambda now: now,
    "today": lambda now: now.replace(hour=0, minute=0, second=0, microsecond=0),
    "yesterday": lambda now: RELATIVE_TIMES["today"](now) - DAY,
}


@attrs.frozen(kw_only=True)
class Call:
    """A request whose key has been accepted."""

    key: str
    request_id: str
    url: str
    """The URL without its query."""
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


Operation = Callable[[State, Call], Awaitable[Reply]]


async def start(state: State, call: Call) -> Reply:
    """Start a query or join its run, and answer when it ends or `sync_timeout` has passed."""
    output = get_format(call.path["format"])
    request = QueryRequest(call.key, call.path["format"], as_object(decode_json(call.body)))
    check(request.query, QUERY, "ds_id")
    window = offset_window(request.query)
    run, joined = run_or_join(state, request)
    with waiting(state, run) if joined and request.timeout_seconds else nullcontext():
        await state.timeline.sleep_until(min(run.times.ends, state.timeline.now() + request.timeout_seconds))
    view = _view(state, call, run)
    accepted = 200 if run.ended(view.now) or state.behaviour.legacy_accepted else 202
    return attrs.evolve(view.reply(output, window), status=accepted)


async def status(state: State, call: Call) -> Reply:
    """Return the status of a query, with its rows in the default format once it has succeeded."""
    sent = parse_parameters(call.query)
    check(sent, STATUS, "schedule_id")
    window = offset_window(sent)
    view = _view(state, call, state.find_run(call.key, str(sent["schedule_id"])))
    if view.code != SUCCESS:
        return view.reply()
    # Only the convention `row` counts the header as a row.
    header = state.behaviour.header == "row" and view.run.request.has_titles
    return view.reply(window=window, paginate=page_links(call.url, sent, window, len(view.run.result.rows) + header))


async def results(state: State, call: Call) -> Reply:
    """Return the rows in the format of the start; raise ServiceError unless the query succeeded and is kept."""
    sent = parse_parameters(call.query)
    check(sent, RESULTS, "schedule_id")
    run = state.find_kept(call.key, str(sent["schedule_id"]))
    if run is None or run.code(state.timeline.now()) != SUCCESS:
        raise ServiceError("QUERY_RESULTS_UNAVAILABLE")
    return _view(state, call, run).reply(FORMATS[run.request.format], limit_window(sent))


def _view(state: State, call: Call, run: Run) -> View:
    return View(state=state, run=run, now=state.timeline.now(), request_id=call.request_id)


def run_or_join(state: State, request: QueryRequest) -> tuple[Run, bool]:
    """Return the run of a query, and whether it already existed."""
    now = state.timeline.now()
    known = state.find_kept(request.key, request.schedule_id)
    # It is documented that an id has one run at a time, but not what a start does after that run has ended.
    # Here the same query gets the kept result; another query, or one that failed, runs again.
    is_same = known is not None and (known.outcome, known.request.identity) == (SUCCESS, request.identity)
    if known and (is_same or not known.ended(now)):
        return known, True
    _check_daily_limit(state, request, now)
    run = _new_run(state, request, now)
    state.runs[request.key, request.schedule_id] = run
    state.run_log.append(run)
    state.runs_started += 1
    if not state.behaviour.history_omits or state.runs_started % state.behaviour.history_omits:
        state.listed.append(run)
    return run, False


@contextmanager
def waiting(state: State, run: Run) -> Iterator[None]:
    """Count a request that waits for the run of another one; raise ServiceError if too many wait."""
    if state.waiting[run] >= state.behaviour.waiting_duplicates:
        headers = {"Retry-After": "1"}
        raise ServiceError("TOO_MANY_REQUESTS", "Too many requests wait for this query.", headers=headers)
    state.waiting[run] += 1
    try:
        yield
    finally:
        state.waiting[run] -= 1


def _check_daily_limit(state: State, request: QueryRequest, now: float) -> None:
    most = state.behaviour.per_day
    if most is None:
        return
    today = [run.request for run in state.run_log if run.times.arrives > now - DAY.total_seconds()]
    if sum((other.key, other.ds_id) == (request.key, request.ds_id) for other in today) >= most:
        raise ServiceError("LICENSE_DAILY_QUERY_LIMIT_EXCEEDED")


def _new_run(state: State, request: QueryRequest, now: float) -> Run:
    source = state.source(request)
    today, reorder = state.today(source), state.behaviour.reorder_columns
    limit = state.behaviour.default_max_rows
    query = request.query if limit is None else {"max_rows": limit, **request.query}
    selection = select(source, query, today=today, reorder=reorder)
    default = state.plan if isinstance(state.plan, Plan) else state.plan(request.query)
    plan = override_plan(default, request.settings.get("emulator"))
    return Run(request=request, selection=selection, plan=plan, times=state.licence.admit(plan, now))


@attrs.frozen
class Search:
    """Which runs the history lists."""

    key: str
    ds_ids: tuple[str, ...]
    codes: tuple[str, ...]
    since: datetime
    until: datetime

    def matches(self, run: Run, code: str, arrived: datetime) -> bool:
        """Return whether the history lists a run."""
        return (
            run.request.key == self.key
            and self.since <= arrived <= self.until
            and (not self.ds_ids or run.request.ds_id in self.ds_ids)
            and (not self.codes or code in self.codes)
        )


async def history(state: State, call: Call) -> Reply:
    """Return the runs of a key that match the request, the latest first."""
    sent = parse_parameters(call.query)
    check(sent, HISTORY)
    now = state.timeline.now()
    search, known = _search(call.key, sent, state.datetime_at(now)), now - state.behaviour.history_lag
    found = [
        run
        for run in reversed(state.listed)
        if run.times.arrives <= known and search.matches(run, run.code(known), state.datetime_at(run.times.arrives))
    ]
    offset, limit = get_integer(sent, "offset") or 0, get_integer(sent, "limit") or 100
    meta: Body = {
        "request_id": call.request_id,
        "filter": {"since": _isoformat(search.since), "until": _isoformat(search.until)},
        "paginate": {"offset": offset, "limit": limit, "total": len(found)},
    }
    entries = [_entry(state, run, known) for run in found[offset : offset + limit]]
    return Reply(200, [dump_json({"meta": meta, "data": entries})])


def _search(key: str, sent: Members, now: datetime) -> Search:
    since = _parse_time(sent, "since", now) or now - DAY
    return Search(
        key=key,
        ds_ids=tuple(split_names(sent.get("ds_ids"))),
        codes=tuple(split_names(sent.get("status_codes"))),
        since=max(since, now - MAX_LOOKBACK),
        until=_parse_time(sent, "until", now) or now,
    )


def _parse_time(sent: Members, name: str, now: datetime) -> datetime | None:
    text = sent.get(name)
    if text is None:
        return None
    if text in RELATIVE_TIMES:
        return RELATIVE_TIMES[str(text)](now)
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise bad_request(f"{name} is not a date or time.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _isoformat(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _entry(state: State, run: Run, now: float) -> Body:
    code = run.code(now)
    entry: Body = {
        "@type": "query_history",
        "schedule_time": _isoformat(state.datetime_at(run.times.arrives)),
        "schedule_id": run.request.schedule_id,
        "status_code": code,
        "app_id": APP_ID,
        "ds_id": run.request.ds_id,
    }
    if code not in {SUCCESS, "FAILURE"}:
        return entry
    rows = len(run.result.rows) if code == SUCCESS else 0
    return entry | {"row_count": rows, "execution_seconds": round(run.times.ends - run.times.begins, 3)}
