"""From an answer to the exception it means. Lenient by design: nothing in a body can make this module fail."""

from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urljoin

from supermetrics_query_api import models
from supermetrics_query_api.types import UNSET

from .effects import Answer
from .errors import ApiError, UnreadableResponseError
from .headers import rate_limit, retry_after
from .reports import Report, report_of
from .verdicts import judge

KEPT_BODY = 64 * 1024
BLANK_TYPE = "about:blank"

Kind = TypeVar("Kind", bound=ApiError)


def error_of(answer: Answer) -> ApiError:
    """Return what an answer that is not a success means."""
    report = report_of(answer)
    problem = problem_details(report, answer)
    verdict = judge(report.code, str(problem.type_), answer.status)
    return build(verdict.kind, report, problem, answer)


def unreadable(answer: Answer, why: str) -> UnreadableResponseError:
    """Return the error for an answer that says success and cannot be read."""
    report = Report(title="The answer cannot be read", detail=answer.flaw or why)
    return build(UnreadableResponseError, report, problem_details(report, answer), answer)


def build(kind: type[Kind], report: Report, problem: "models.ProblemDetails", answer: Answer) -> Kind:
    """Fill an exception with all that is known."""
    request_id = report.request_id or answer.headers.get("x-request-id")
    delay = retry_after(answer)
    facts = [f"HTTP {answer.status}", report.code, request_id and f"request id {request_id}"]
    advice = [
        "" if delay is None else f"retry after {delay:g} s",
        "redirects are not followed, check base_url" if 300 <= answer.status < 400 else kind.hint,
    ]
    said = ": ".join(text for text in (problem.title, problem.detail) if text)
    return kind(
        "; ".join([f"{said} ({', '.join(filter(None, facts))})", *filter(None, advice)]),
        status=answer.status,
        code=report.code,
        problem=problem,
        request_id=request_id,
        retry_after=delay,
        rate_limit=rate_limit(answer.headers),
        method=answer.method,
        url=answer.url,
        body=bytes(answer.body[:KEPT_BODY]),
    )


def problem_details(report: Report, answer: Answer) -> "models.ProblemDetails":
    """Say it as RFC 9457: the HTTP status wins, `type` is resolved against the URL, extensions are kept."""
    problem = models.ProblemDetails(
        type_=resolved(report.type, answer.url),
        title=report.title or phrase(answer.status),
        status=answer.status,
        detail=report.detail or UNSET,
        instance=report.instance or UNSET,
    )
    problem.additional_properties = dict(report.extensions)
    return problem


def resolved(reference: str | None, url: str) -> str:
    """Resolve a problem type, which may be relative to the URL of the request."""
    try:
        return urljoin(url, reference) if reference and reference != BLANK_TYPE else BLANK_TYPE
    except ValueError:
        return BLANK_TYPE


def phrase(status: int) -> str:
    """Name a status, also one that nobody has registered."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unregistered status"
