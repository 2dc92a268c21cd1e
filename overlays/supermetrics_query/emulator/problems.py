"""The errors of the service, and the three families of bodies in which they are sent."""

import re
from collections.abc import Callable, Mapping
from typing import Literal

import attrs

Family = Literal["envelope", "problem", "string"]
"""Forms of error bodies: the envelope of today, RFC 9457, or the code as text."""
Body = dict[str, object]

DEFAULT_STATUS = 500  # of every code that is not in the table
STATUSES: Mapping[str, int] = {
    "ACCESS_DENIED": 403,
    "ACCESS_DENIED_IP": 403,
    "ACCESS_DENIED_PERMISSIONS": 403,
    "ACCESS_TOKEN_INVALID": 401,
    "ACCOUNTS_INVALID": 400,
    "ACCOUNT_FILTER_INVALID": 400,
    "ACCOUNT_FILTER_PATTERN_INVALID": 400,
    "ACCOUNT_ID_INVALID": 400,
    "ACCOUNT_REQUIRED": 400,
    "API_KEY_DISABLED": 403,
    "API_KEY_INVALID": 401,
    "API_KEY_REQUIRED": 401,
    "BAD_REQUEST": 400,
    "COMPARE_END_DATE_INVALID": 400,
    "COMPARE_END_DATE_REQUIRED": 400,
    "CONFLICT_ERROR": 409,
    "DUPLICATION_FAILED": 409,
    "FORBIDDEN": 403,
    "INVALID_ACCESS_TOKEN": 401,
    "INVALID_PARAMETER": 400,
    "LICENSE_ACCESS_DATA_SOURCE": 403,
    "LICENSE_ACCOUNT_LIMIT_EXCEEDED": 403,
    "LICENSE_DAILY_QUERY_LIMIT_EXCEEDED": 429,
    "LICENSE_EXPIRED": 403,
    "LICENSE_HISTORICAL_RANGE_EXCEEDED": 403,
    "LICENSE_QUERIES_SUSPENDED": 403,
    "LICENSE_ROW_LIMIT_EXCEEDED": 403,
    "NOT_FOUND": 404,
    "PERMISSION_ERROR": 403,
    "QUERY_AUTH_UNAVAILABLE": 403,
    "QUERY_RESULTS_UNAVAILABLE": 404,
    "RATE_LIMIT_EXCEEDED": 429,
    "SERVICE_UNAVAILABLE": 503,
    "STATUS_NOT_FOUND": 404,
    "TOO_MANY_REQUESTS": 429,
    "UNAUTHORIZED": 401,
    "UNPROCESSABLE_CONTENT": 422,
    "UNPROCESSABLE_ENTITY": 422,
}


def status_of(code: str) -> int:
    """Return the HTTP status that is documented for an error code."""
    return STATUSES.get(code, DEFAULT_STATUS)


@attrs.define
class ServiceError(Exception):
    """An error that the service sends as its answer."""

    code: str
    description: str = ""
    status: int = attrs.field(default=attrs.Factory(lambda self: status_of(self.code), takes_self=True))
    headers: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def message(self) -> str:
        """The code as a sentence."""
        return self.code.replace("_", " ").capitalize()


def bad_request(description: str) -> ServiceError:
    """Return the error for a request that breaks a documented rule."""
    return ServiceError("BAD_REQUEST", description)


@attrs.frozen
class Report:
    """An error with the request that caused it; `url` is the requested URL without its query."""

    error: ServiceError
    request_id: str
    url: str


def _envelope(report: Report) -> Body:
    error = report.error
    info = {"code": error.code, "message": error.message}
    if error.description:
        info["description"] = error.description[:2048]
    return {"meta": {"request_id": report.request_id}, "error": info}


def _problem(report: Report) -> Body:
    # The documented patterns of title and detail allow only these characters.
    error = report.error
    return {
        "type": "https://supermetrics.com/problems/" + error.code.lower().replace("_", "-"),
        "title": re.sub(r"[^A-Za-z0-9\s]", "", error.message),
        "status": error.status,
        "detail": re.sub(r"[^A-Za-z0-9\s.,\-]", "", error.description or error.message)[:1000],
        "instance": report.url[:255],
    }


def _string(report: Report) -> Body:
    return {"error": report.error.code, "message": report.error.description[:255] or report.error.message}


BODIES: Mapping[Family, Callable[[Report], Body]] = {
    "envelope": _envelope,
    "problem": _problem,
    "string": _string,
}
MEDIA_TYPES: Mapping[Family, str] = {
    "envelope": "application/json",
    "problem": "application/problem+json",
    "string": "application/json",
}
