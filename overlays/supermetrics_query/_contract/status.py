"""What an answer says about a query. `meta.status_code` decides where the query stands, never the HTTP status."""

from collections.abc import Mapping

from supermetrics_query_api.models import OutputFormat, QueryMeta, QueryProgress, QueryResponse, QueryWorkflow

from .._models import SUCCESS, Progress, QueryStatus, Workflow
from ..errors import ApiError, QueryError, QueryFailedError, QueryStoppedError
from .messages import Answer, decode, rate_limit
from .problems import unreadable
from .responses import model_of

# How a query can end, and what that raises. Every other code means "not yet", for a time.
ENDINGS: Mapping[str, type[QueryError] | None] = {
    SUCCESS: None,
    "FAILURE": QueryFailedError,
    "STOPPED": QueryStoppedError,
    "PROCESS_EXITED": QueryFailedError,
}
MOST = 10**9  # of parts or tasks; more is no count, and would not even fit into a float


def status_of(answer: Answer, schedule_id: str) -> QueryStatus:
    """Return the status of a query; raise ApiError where the answer is none, or names another query."""
    try:
        response = model_of(answer, QueryResponse)
    except ApiError as error:
        check_identity(answer, error.schedule_id, schedule_id)
        raise
    meta = response.meta
    check_identity(answer, meta and meta.schedule_id, schedule_id)
    if not isinstance(meta, QueryMeta) or not isinstance(meta.status_code, str) or not meta.status_code:
        raise unreadable(answer, "it has no meta.status_code")
    return QueryStatus(
        schedule_id=schedule_id,
        code=meta.status_code,
        progress=progress_of(meta),
        workflow=workflow_of(meta),
        request_id=meta.request_id if isinstance(meta.request_id, str) else None,
        rate_limit=rate_limit(answer.headers),
        seconds=answer.seconds,
        response=response,
    )


def check_identity(answer: Answer, named: object, schedule_id: str) -> None:
    """Raise UnreadableResponseError where an answer names another query; one that names none is taken as it is."""
    if isinstance(named, str) and named and named != schedule_id:
        raise unreadable(answer, f"it is about the query {named!r}, and {schedule_id!r} was asked for") from None


def holds_rows(answer: Answer, format: str) -> bool:
    """Return whether the answer to a start is rows without a status, which formats other than JSON can have."""
    is_page = answer.headers.get("content-type", "").startswith("text/html") and format != OutputFormat.HTML
    if format == OutputFormat.JSON or is_page or answer.flaw or not answer.is_success:
        return False
    try:
        body = decode(answer.body)
    except ValueError:
        return True
    return not (isinstance(body, dict) and (body.get("error") or isinstance(body.get("meta"), dict)))


def progress_of(meta: QueryMeta) -> Progress | None:
    """Return the progress, None where it makes no sense."""
    seen = meta.progress
    if not isinstance(seen, QueryProgress):
        return None
    ready, total = count(seen.queries_ready), count(seen.queries_total)
    return None if ready is None or total is None else Progress(ready, total)


def workflow_of(meta: QueryMeta) -> Workflow | None:
    """Return the queue of the licence, None where it makes no sense."""
    seen = meta.workflow
    if not isinstance(seen, QueryWorkflow):
        return None
    scheduled, running = count(seen.tasks_scheduled), count(seen.tasks_running)
    return None if scheduled is None or running is None else Workflow(scheduled, running)


def count(value: object) -> int | None:
    """Return a member that is a count, else None; the generated models let other types pass."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST else None
