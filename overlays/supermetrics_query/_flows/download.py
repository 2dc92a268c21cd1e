"""Reading a result as bytes, in the format its query was started with."""

from functools import partial

from attrs import evolve

from .._contract import requests
from .._contract.messages import Answer
from .._contract.problems import error_of, unreadable
from .._contract.results import ResultBody, an_object, expected_format, flaw_of
from .._contract.status import check_identity, status_of
from .._core.completeness import limit_seen
from .._core.context import ClientContext
from .._core.effects import Flow, now
from .._core.polling import DEFAULT_WAIT, NEVER
from .._core.retrying import CALL_ERRORS, CallError, is_outcome, is_worth_polling_again
from .._core.run import Run
from .._models import SUCCESS, QueryStatus
from .._results.rows import data_of, total_of
from .._results.sinks import Sink
from ..errors import NotFoundError, QueryError
from .completeness import report_limit
from .poll import failed, raise_if_bad, refresh, remember, wait
from .request import call, retried


def download(context: ClientContext, run: Run, sink: Sink) -> Flow[int]:
    """Write a result to a sink and return its size; wait for the query first where it has not ended.

    A replica that lags, or a query that was started again, may say so in place of the result: the wait then goes on.
    """
    status: QueryStatus | None = None
    end = (yield from now()) + DEFAULT_WAIT
    try:
        for _ in range(context.poll.max_errors):
            yield from wait(context, run, max(0.0, end - (yield from now())), None)
            status = yield from fetch_result(context, run, sink)
            if status is None:
                return (yield from finish(context, run, sink))
            remember(context, run, status, (yield from now()))
            raise_if_bad(run)
        raise QueryError(f"query {run.schedule_id!r} has succeeded, and in place of its result comes {status}")
    finally:
        sink.discard()


def finish(context: ClientContext, run: Run, sink: Sink) -> Flow[int]:
    """Return the size of a result that has arrived whole, and report where it ends at a limit.

    Its rows are not counted: what the poll that found success has shown must do.
    """
    size = sink.finish()
    limit = limit_seen(run, run.status, context.page_size) if run.status else None
    yield from report_limit(context, run, limit)
    return size


def fetch_result(context: ClientContext, run: Run, sink: Sink) -> Flow[QueryStatus | None]:
    """Write a result to a sink, or return the status that came in its place; retry where that fails."""

    def once() -> Flow[QueryStatus | None]:
        sink.begin()
        body = ResultBody()

        def write(chunk: bytes) -> bool:
            body.feed(chunk)
            return sink.write(chunk)

        request = requests.get_query_results(run.schedule_id, write)
        return call(context, request, partial(received, run, sink, body), NEVER)

    def is_worth_it(error: CallError) -> bool:
        return sink.failure is None and is_worth_polling_again(error) and sink.can_begin_again

    try:
        return (yield from retried(context, once, is_worth_it, NEVER))
    except CALL_ERRORS as error:
        if error is sink.failure:
            raise
        return (yield from state_behind(context, run, error))


def state_behind(context: ClientContext, run: Run, error: CallError) -> Flow[QueryStatus]:
    """Return the status of a query whose result was refused because it has not ended; raise any other error.

    A result that is not there looks the same, whether the query runs, is no longer kept, or belongs to another key.
    """
    if is_outcome(error):
        raise failed(run, error) from error
    if not isinstance(error, NotFoundError):
        raise error
    status = yield from refresh(context, run)
    if status.is_success:
        raise error
    return status


def received(run: Run, sink: Sink, body: ResultBody, answer: Answer) -> QueryStatus | None:
    """Return None for a result that has arrived whole, else the status in its place; raise where it is neither."""
    if sink.failure is not None:
        raise sink.failure
    if not answer.is_success:
        raise error_of(answer)
    whole = evolve(answer, body=bytes(answer.mask(body.head)))
    if answer.flaw:
        raise unreadable(whole, answer.flaw)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/problem+json" or an_object(body.document()).get("error"):
        raise error_of(whole)
    status = status_inside(run, body, whole)
    if status is None:
        check_result(run, body, whole, media_type)
    return status


def status_inside(run: Run, body: ResultBody, whole: Answer) -> QueryStatus | None:
    """Return the status that came in place of a result; raise where it is about another query."""
    meta = body.meta()
    check_identity(whole, meta.get("schedule_id"), run.schedule_id)
    code = meta.get("status_code")
    return None if not isinstance(code, str) or code in {"", SUCCESS} else status_of(whole, run.schedule_id)


def check_result(run: Run, body: ResultBody, whole: Answer, media_type: str) -> None:
    """Raise where a body cannot be the result."""
    if whole.status != 200:
        raise unreadable(whole, "only 200 brings a result")
    format = expected_format(run.ticket.format, media_type, is_known=run.request is not None)
    if not body.size and run.status and has_rows(run.status):
        raise unreadable(whole, "it is empty, and the query has rows")
    if flaw := flaw_of(body, format, media_type):
        raise unreadable(whole, flaw)


def has_rows(status: QueryStatus) -> bool:
    """Return whether the query has rows, as far as its status says."""
    total = total_of(status.response)
    return bool(data_of(status.response)) if total is None else total > 0
