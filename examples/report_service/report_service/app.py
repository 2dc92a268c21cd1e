"""Three routes around one client. The token in the URL is the only state."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from supermetrics_query import AsyncQuery, AsyncQueryClient, DataQuery, SupermetricsQueryError, log_events

from .problems import answer

RETRY_AFTER = "5"  # seconds before the caller should request the rows again


class ReportRequest(BaseModel):
    """The report a caller requests."""

    source: str
    fields: list[str]
    date_range: str = "last_month"
    most_rows: int | None = None


class Report(BaseModel):
    """The state of a report. `ready` of `total` parts are done; both are None until the API reports them."""

    token: str
    state: str
    ready: int | None = None
    total: int | None = None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep one client, so that all requests share its connections and its limiter."""
    async with AsyncQueryClient(on_event=log_events) as client:
        app.state.client = client
        yield


def the_client(request: Request) -> AsyncQueryClient:
    """Return the shared client."""
    client: AsyncQueryClient = request.app.state.client
    return client


Client = Annotated[AsyncQueryClient, Depends(the_client)]
app = FastAPI(title="Reports", lifespan=lifespan)
app.add_exception_handler(SupermetricsQueryError, answer)


@app.post("/reports", status_code=202)
async def start(wanted: ReportRequest, client: Client, response: Response) -> Report:
    """Start a report."""
    request = DataQuery(ds_id=wanted.source, fields=list(wanted.fields), date_range_type=wanted.date_range)
    if wanted.most_rows is not None:
        request.max_rows = wanted.most_rows
    query = await client.start(request)
    response.headers["Location"] = f"/reports/{query.token}"
    return shown(query)


@app.get("/reports/{token}")
async def progress(token: str, client: Client) -> Report:
    """Poll once. This route returns a failed report as a state; the rows route raises its error."""
    query = client.attach(token)
    await query.refresh()
    return shown(query)


@app.get("/reports/{token}/rows")
async def rows(token: str, client: Client) -> Response:
    """Stream the rows as they arrive."""
    query = client.attach(token)
    status = await query.refresh()
    if not status.is_terminal:
        return Response("the report has not ended yet\n", 409, {"Retry-After": RETRY_AFTER}, "text/plain")
    if query.error is not None:
        raise query.error
    return StreamingResponse(lines(query), media_type="application/x-ndjson")


async def lines(query: AsyncQuery) -> AsyncIterator[str]:
    """Yield one line of JSON for each row."""
    async for row in query.rows():
        yield line(row)


def line(row: dict[str, Any]) -> str:
    """Return a row as one line of JSON."""
    return json.dumps(row, ensure_ascii=False) + "\n"


def shown(query: AsyncQuery) -> Report:
    """Return the state of a query as a report."""
    status = query.status
    parts = status.progress if status else None
    return Report(
        token=query.token,
        state=str(status.code) if status else "STARTED",
        ready=parts.ready if parts else None,
        total=parts.total if parts else None,
    )
