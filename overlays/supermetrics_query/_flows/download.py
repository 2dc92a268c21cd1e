"""Reading a result as bytes, in the format its query was started with."""

from functools import partial

from attrs import evolve
from supermetrics_query_api.models import OutputFormat

from .._contract import requests
from .._contract.messages import Answer, decode
from .._contract.problems import error_of, unreadable
from .._core.context import ClientContext
from .._core.effects import Flow
from .._core.polling import DEFAULT_WAIT, NEVER
from .._core.retrying import CallError, is_outcome, is_worth_polling_again
from .._core.run import Run
from .._results.sinks import KEPT_HEAD, Sink
from ..errors import ApiError, NotFoundError
from .poll import failed, raise_if_bad, refresh, wait
from .request import call, retried

NOT_JSON = frozenset({OutputFormat.CSV, OutputFormat.TSV, OutputFormat.NDJSON, OutputFormat.PARQUET, OutputFormat.HTML})


def download(context: ClientContext, run: Run, sink: Sink) -> Flow[int]:
    """Write a result to a sink and return its size; wait for the query first where it has not ended."""
    yield from wait(context, run, DEFAULT_WAIT, None)
    request = requests.get_query_results(run.schedule_id, sink.write)

    def once() -> Flow[None]:
        sink.begin()
        yield from call(context, request, partial(received, run, sink), NEVER)

    def is_worth_it(error: CallError) -> bool:
        return sink.failure is None and is_worth_polling_again(error) and sink.can_begin_again

    try:
        yield from retried(context, once, is_worth_it, NEVER)
        return sink.finish()
    except ApiError as error:
        if error is not sink.failure and is_outcome(error):
            raise failed(run, error) from error
        if error is not sink.failure and isinstance(error, NotFoundError):
            yield from refresh(context, run)  # raises another error where the query has expired, which looks the same
            raise_if_bad(run)
        raise
    finally:
        sink.discard()


def received(run: Run, sink: Sink, answer: Answer) -> None:
    """Raise unless the answer was rows that arrived whole and could be written."""
    if sink.failure is not None:
        raise sink.failure
    if not answer.is_success:
        raise error_of(answer)
    whole = evolve(answer, body=sink.head)
    if answer.flaw:
        raise unreadable(whole, answer.flaw)
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    if is_json and (run.ticket.format in NOT_JSON or is_error(sink)):
        raise error_of(whole)


def is_error(sink: Sink) -> bool:
    """Return whether a short JSON body is an error that was sent with 200."""
    if sink.size > KEPT_HEAD:
        return False
    try:
        body = decode(sink.head)
    except ValueError:
        return False
    return isinstance(body, dict) and bool(body.get("error"))
