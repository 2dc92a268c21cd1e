"""What the service sends: the state of a run, its rows, and errors."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from urllib.parse import quote

import attrs
from starlette.responses import Response, StreamingResponse

from .behaviour import SUCCESS
from .formats import DEFAULT_FORM, EVERYTHING, JSON, Form, Page, Window, dumped, page
from .problems import BODIES, MEDIA_TYPES, Family, Report, ServiceError, status_of
from .runs import Order, Run
from .selection import Selection, names
from .state import World

LONGEST = 500  # characters; a longer link cannot be sent
Links = dict[str, str | None]
NONE: Links = {"prev": None, "next": None}


def links(address: str, sent: Mapping[str, object], shown: Window, total: int) -> Links:
    """Return the links of a page of so many rows; a request without a last row has none."""
    if shown.stop is None:
        return NONE
    size = shown.stop - shown.start
    before, after = max(shown.start - size, 0), shown.stop

    def link(start: int) -> str | None:
        moved = {**sent, "offset_start": start, "offset_end": start + size - 1}
        found = f"{address}?json={quote(json.dumps(moved, separators=(',', ':')))}"
        return found if len(found) <= LONGEST else None

    return {"prev": link(before) if shown.start else None, "next": link(after) if after < total else None}


Body = dict[str, object]
AS_REQUESTED: Body = {
    "compare_type": "none",
    "compare_show": "perc_change",
    "compare_start_date": None,
    "compare_end_date": None,
    "cache_minutes": None,
}


@attrs.frozen
class Reply:
    """An answer that is not an error, in pieces that are made when they are sent."""

    status: int
    pieces: Iterable[bytes]
    media_type: str = JSON
    rows: int = 0


@attrs.frozen(kw_only=True)
class View:
    """A run as it is at one moment."""

    world: World
    run: Run
    now: float
    request_id: str

    @property
    def code(self) -> str:
        """The status code."""
        return self.run.code(self.now)

    def reply(self, form: Form = DEFAULT_FORM, shown: Window = EVERYTHING, paginate: Links = NONE) -> Reply:
        """Answer with the rows if there are any, else with the state; with an error if the plan wants it."""
        self._refuse_failed()
        if self.code != SUCCESS:
            return Reply(200, [dumped({"meta": self._state(), "data": []})])
        rows = self._page(form, shown if form.has_pages else EVERYTHING)
        meta = self._state() | _details(self.run) | {"paginate": paginate}
        return Reply(200, form.write(meta, rows), form.media_type, len(rows.rows))

    def _page(self, form: Form, shown: Window) -> Page:
        titled = form.has_titles and self.run.order.has_titles
        return page(self.run.result, shown, self.world.behaviour.header if titled else None)

    def _refuse_failed(self) -> None:
        plan = self.run.plan
        if self.run.ended(self.now) and self.code != SUCCESS and plan.error:
            status = plan.error_status or status_of(plan.error)
            raise ServiceError(plan.error, "The query failed.", status)

    def _state(self) -> Body:
        ready, total = self.run.progress(self.now)
        waiting, running = self.world.licence.workload(self.now)
        return {
            "request_id": self.request_id,
            "schedule_id": self.run.order.schedule_id,
            "status_code": self.code,
            "progress": {"queries_ready": ready, "queries_total": total},
            "workflow": {"tasks_scheduled": min(waiting, 1000), "tasks_running": min(running, 1000)},
        }


def _details(run: Run) -> Body:
    rows = len(run.result.rows)
    return {
        "query": _query(run.order, run.selection),
        "result": {
            "total_columns": len(run.result.columns) if rows else 0,
            "total_rows": rows,  # whether a header row counts is not documented; here it does not
            "run_seconds": round(run.times.ends - run.times.begins, 3),
            "data_sampled": False,
            "cache_used": False,
            "cache_time": None,
        },
    }


def _query(order: Order, selection: Selection) -> Body:
    defaults = {name: order.query.get(name, default) for name, default in AS_REQUESTED.items()}
    days = selection.days
    return defaults | {
        "start_date": days.first and days.first.isoformat(),
        "end_date": days.last and days.last.isoformat(),
        "ds_accounts": list(selection.accounts[:100]),
        "ds_segments": names(order.query.get("ds_segments"))[:1000],
        "fields": _fields(selection),
        "settings": order.settings or [],  # the API writes an empty object as an empty list
    }


def _fields(selection: Selection) -> list[Body]:
    return [
        {
            "id": column.id,
            "field_id": column.id,
            "field_name": column.name,
            "field_type": "met" if column.is_metric else "dim",
            "field_split": "row",
            "data_type": column.data_type,
            "data_column": selection.delivered.index(column),
            "visible": True,
        }
        for column in selection.requested
    ]


WHOLE = 20_000  # rows; longer answers are sent while they are being made
COMMON = {"Access-Control-Allow-Origin": "*"}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Supermetrics API"'}


def request_id() -> str:
    """Return a name for a request, as long as those of the API are."""
    return secrets.token_urlsafe(24)


def answered(reply: Reply, headers: Mapping[str, str]) -> Response:
    """Return an answer that is not an error."""
    sent = {**COMMON, **headers, "Content-Type": reply.media_type}
    if reply.rows <= WHOLE:
        return Response(b"".join(reply.pieces), reply.status, sent)
    return StreamingResponse(_unhurried(reply.pieces), reply.status, sent)


def failed(error: ServiceError, family: Family, address: str, headers: Mapping[str, str]) -> Response:
    """Return an error."""
    report = Report(error, request_id(), address)
    # Errors of status 500 and above are documented without the headers that tell the allowance.
    allowance = headers if error.status < 500 else {}
    challenge = CHALLENGE if error.status == 401 else {}
    sent = {**COMMON, **allowance, **challenge, **error.headers}
    return Response(dumped(BODIES[family](report)), error.status, {**sent, "Content-Type": MEDIA_TYPES[family]})


async def _unhurried(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)  # others are served as well
