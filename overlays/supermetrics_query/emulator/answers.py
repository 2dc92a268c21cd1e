"""What the service sends: the status of a run, its rows with links to other pages, and errors."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from urllib.parse import quote

import attrs
from starlette.responses import Response, StreamingResponse

from .behaviour import SUCCESS
from .formats import ALL_ROWS, DEFAULT_FORMAT, JSON, Format, Page, Window, dump_json, page_of
from .problems import BODIES, MEDIA_TYPES, Family, Report, ServiceError, status_of
from .runs import QueryRequest, Run
from .selection import Selection, split_names
from .state import State

MAX_LINK_LENGTH = 500  # the longest link that the contract allows
Links = dict[str, str | None]
NO_LINKS: Links = {"prev": None, "next": None}
Body = dict[str, object]
AS_REQUESTED: Body = {
    "compare_type": "none",
    "compare_show": "perc_change",
    "compare_start_date": None,
    "compare_end_date": None,
    "cache_minutes": None,
}
MAX_BUFFERED_ROWS = 20_000  # rows; longer answers are streamed
COMMON = {"Access-Control-Allow-Origin": "*"}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Supermetrics API"'}


def page_links(url: str, sent: Mapping[str, object], window: Window, total: int) -> Links:
    """Return the links to the neighbouring pages, which repeat the request with other offsets."""
    if window.stop is None:
        return NO_LINKS
    size = window.stop - window.start
    before, after = max(window.start - size, 0), window.stop

    def link(start: int) -> str | None:
        moved = {**sent, "offset_start": start, "offset_end": start + size - 1}
        link_url = f"{url}?json={quote(json.dumps(moved, separators=(',', ':')))}"
        return link_url if len(link_url) <= MAX_LINK_LENGTH else None

    return {"prev": link(before) if window.start else None, "next": link(after) if after < total else None}


@attrs.frozen
class Reply:
    """An answer that is not an error; its pieces are computed when they are sent."""

    status: int
    pieces: Iterable[bytes]
    media_type: str = JSON
    rows: int = 0


@attrs.frozen(kw_only=True)
class View:
    """A run at one moment."""

    state: State
    run: Run
    now: float
    request_id: str

    @property
    def code(self) -> str:
        """The status code of the run."""
        return self.run.code(self.now)

    def reply(self, format: Format = DEFAULT_FORMAT, window: Window = ALL_ROWS, paginate: Links = NO_LINKS) -> Reply:
        """Return the rows once the run has succeeded, and its status before; raise ServiceError if the plan says so."""
        self._raise_planned_error()
        if self.code != SUCCESS:
            return Reply(200, [dump_json({"meta": self._meta(), "data": []})])
        rows = self._page(format, window if format.has_pages else ALL_ROWS)
        meta = self._meta() | _details(self.run) | {"paginate": paginate}
        return Reply(200, format.write(meta, rows), format.media_type, len(rows.rows))

    def _page(self, format: Format, window: Window) -> Page:
        titled = format.has_titles and self.run.request.has_titles
        return page_of(self.run.result, window, self.state.behaviour.header if titled else None)

    def _raise_planned_error(self) -> None:
        plan = self.run.plan
        if self.run.ended(self.now) and self.code != SUCCESS and plan.error:
            status = plan.error_status or status_of(plan.error)
            raise ServiceError(plan.error, "The query failed.", status)

    def _meta(self) -> Body:
        ready, total = self.run.progress(self.now)
        waiting, running = self.state.licence.workload(self.now)
        return {
            "request_id": self.request_id,
            "schedule_id": self.run.request.schedule_id,
            "status_code": self.code,
            "progress": {"queries_ready": ready, "queries_total": total},
            "workflow": {"tasks_scheduled": min(waiting, 1000), "tasks_running": min(running, 1000)},
        }


def _details(run: Run) -> Body:
    rows = len(run.result.rows)
    return {
        "query": _query(run.request, run.selection),
        "result": {
            "total_columns": len(run.result.columns) if rows else 0,
            "total_rows": rows,  # the documentation leaves open whether the header counts; here it does not
            "run_seconds": round(run.times.ends - run.times.begins, 3),
            "data_sampled": False,
            "cache_used": False,
            "cache_time": None,
        },
    }


def _query(request: QueryRequest, selection: Selection) -> Body:
    defaults = {name: request.query.get(name, default) for name, default in AS_REQUESTED.items()}
    dates = selection.date_range
    return defaults | {
        "start_date": dates.first and dates.first.isoformat(),
        "end_date": dates.last and dates.last.isoformat(),
        "ds_accounts": list(selection.accounts[:100]),
        "ds_segments": split_names(request.query.get("ds_segments"))[:1000],
        "fields": _fields(selection),
        "settings": request.settings or [],  # the API writes an empty object as an empty list
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


def new_request_id() -> str:
    """Return a random request id of the length that the API uses."""
    return secrets.token_urlsafe(24)


def reply_response(reply: Reply, headers: Mapping[str, str]) -> Response:
    """Return the HTTP response for a reply."""
    sent = {**COMMON, **headers, "Content-Type": reply.media_type}
    if reply.rows <= MAX_BUFFERED_ROWS:
        return Response(b"".join(reply.pieces), reply.status, sent)
    return StreamingResponse(_streamed(reply.pieces), reply.status, sent)


def error_response(error: ServiceError, family: Family, url: str, headers: Mapping[str, str]) -> Response:
    """Return the HTTP response for an error, in the chosen family."""
    report = Report(error, new_request_id(), url)
    # Errors with status 500 and above are documented without rate limit headers.
    rate_limit = headers if error.status < 500 else {}
    challenge = CHALLENGE if error.status == 401 else {}
    sent = {**COMMON, **rate_limit, **challenge, **error.headers}
    return Response(dump_json(BODIES[family](report)), error.status, {**sent, "Content-Type": MEDIA_TYPES[family]})


async def _streamed(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)  # lets other requests proceed
