"""The list of the queries that a key has run."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import attrs

from .answers import Body, Reply
from .behaviour import SUCCESS
from .formats import dumped
from .operations import Call
from .problems import bad_request
from .runs import Run
from .selection import names
from .state import World
from .validation import HISTORY, Members, check, number, parameters

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
