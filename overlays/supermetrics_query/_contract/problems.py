"""From an answer to the exception it means. Lenient by design: nothing in a body can make this module fail.

An error body is written in one of three JSON families: problem details of RFC 9457, an envelope with `meta` and
`error`, or a bare `error` string. Gateways send text, HTML or nothing. Members of an unexpected type are ignored
(RFC 9457, section 3.1).
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urljoin

from attrs import evolve, frozen
from supermetrics_query_api import models
from supermetrics_query_api.types import UNSET

from ..errors import ApiError, UnreadableResponseError
from .codes import judge
from .messages import Answer, Json, decode, rate_limit, retry_after

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
    why = answer.mask((answer.flaw or why).encode()).decode()
    report = Report(title="The answer cannot be read", detail=why)
    return build(UnreadableResponseError, report, problem_details(report, answer), answer)


def build(kind: type[Kind], report: Report, problem: models.ProblemDetails, answer: Answer) -> Kind:
    """Return an exception with everything that is known."""
    request_id = report.request_id or answer.headers.get("x-request-id")
    delay = retry_after(answer)
    purpose = f" while {answer.purpose}" if answer.purpose else ""
    facts = [f"HTTP {answer.status}{purpose}", report.code, request_id and f"request id {request_id}"]
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
        schedule_id=report.schedule_id,
        retry_after=delay,
        rate_limit=rate_limit(answer.headers),
        method=answer.method,
        url=answer.url,
        body=bytes(answer.mask(answer.body[:KEPT_BODY])),
    )


def problem_details(report: Report, answer: Answer) -> models.ProblemDetails:
    """Return a report as RFC 9457: the HTTP status wins, `type` is resolved against the URL, extensions are kept."""
    problem = models.ProblemDetails(
        type_=resolved(report.type, answer.url),
        title=report.title or http.client.responses.get(answer.status, "Unregistered status"),
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


SHOWN_TEXT = 300
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
CODE_AND_TEXT = re.compile(r"([A-Z][A-Z0-9_]{2,99}): (.+)", re.DOTALL)
HTML_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)


@frozen
class Report:
    """What a body says about an error."""

    title: str | None = None
    detail: str | None = None
    code: str | None = None
    type: str | None = None
    instance: str | None = None
    request_id: str | None = None
    schedule_id: str | None = None
    extensions: Mapping[str, Json] = {}


def report_of(answer: Answer) -> Report:
    """Return what the body of an error says, without the key, however JSON has escaped it."""
    try:
        body = decode(answer.mask(json.dumps(decode(answer.body)).encode()))
    except (ValueError, RecursionError):  # JSON that can just be read may be nested too deeply to be written
        body = None
    return from_object(body) if isinstance(body, dict) else from_text(answer.body)


def from_object(body: Mapping[str, Json]) -> Report:
    """Return what an object of one of the three JSON families says."""
    error = body.get("error")
    used: tuple[str, ...]
    if isinstance(error, dict):
        report, used = from_envelope(error), ("error", "meta")
    elif isinstance(error, str):
        report, used = from_string(error, body), ("error", "message")
    else:
        report, used = from_problem(body), ("type", "title", "status", "detail", "instance")
    return evolve(
        report,
        request_id=identifier(body, "request_id"),
        schedule_id=identifier(body, "schedule_id"),
        extensions={name: value for name, value in body.items() if name not in used},
    )


def from_envelope(error: Mapping[str, Json]) -> Report:
    """Return what the envelope says that the API sends today."""
    return Report(code=text(error.get("code")), title=text(error.get("message")), detail=text(error.get("description")))


def from_string(error: str, body: Mapping[str, Json]) -> Report:
    """Return what an `error` says that is the code itself, or a sentence."""
    message = text(body.get("message")) or text(body.get("error_description"))
    if CODE.fullmatch(error):
        return Report(code=error, title=message)
    return Report(title=text(error), detail=message)


def from_problem(body: Mapping[str, Json]) -> Report:
    """Return what problem details say, or any object that carries a message."""
    return Report(
        code=text(body.get("code")),
        type=text(body.get("type")),
        title=text(body.get("title")) or text(body.get("message")),
        detail=text(body.get("detail")),
        instance=text(body.get("instance")),
    )


def identifier(body: Mapping[str, Json], name: str) -> str | None:
    """Return the id of the request or of the query, wherever the family keeps it."""
    meta = body.get("meta")
    return text((meta if isinstance(meta, dict) else body).get(name))


def from_text(body: bytes | bytearray) -> Report:
    """Return `CODE: text` in its parts, the title of an HTML page, or the beginning of any other text."""
    content = body[: 16 * SHOWN_TEXT].decode(errors="replace").strip()
    coded = CODE_AND_TEXT.fullmatch(content)
    if coded:
        return Report(code=coded[1], title=shortened(coded[2]))
    title = HTML_TITLE.search(content)
    return Report(detail=shortened(title[1] if title else content))


def shortened(content: str) -> str | None:
    """Return text on one line, cut where it gets long."""
    line = " ".join(content.split())
    return (line if len(line) <= SHOWN_TEXT else f"{line[:SHOWN_TEXT]}...") or None


def text(value: Json) -> str | None:
    """Return a member if it is text with something in it."""
    return value.strip() or None if isinstance(value, str) else None
