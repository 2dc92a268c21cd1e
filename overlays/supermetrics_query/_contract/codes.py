"""What each error code means for a call and for the query behind it. Pure tables.

Codes come first, then the problem type, then the HTTP status: codes without a status of their own arrive with 500, and
a quota arrives with 429.
"""

import re
from collections.abc import Mapping
from typing import TypeAlias

from attrs import frozen

from ..errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
    StatusNotFoundError,
    UnprocessableError,
)

Kind: TypeAlias = type[ApiError]


@frozen
class Verdict:
    """The exception for a code, and what it says of the future.

    `transient`: the same request may succeed soon. `ends_query`: the query has ended, when a poll brings it.
    `is_outcome`: the query ran and failed, whichever request brings it. `is_patient`: a refusal for the rate, which
    only says to come later. `is_conflict`: the id of a start is in use.
    """

    kind: Kind
    transient: bool = False
    ends_query: bool = False
    is_outcome: bool = False
    is_patient: bool = False
    is_conflict: bool = False


QUERY_ENDED = {"ends_query": True, "is_outcome": True}

# Every code that is known, by what it means.
CODES: Mapping[Verdict, str] = {
    Verdict(AuthenticationError): """
        ACCESS_TOKEN_INVALID API_KEY_INVALID API_KEY_REQUIRED INVALID_ACCESS_TOKEN UNAUTHORIZED""",
    Verdict(PermissionDeniedError): """
        ACCESS_DENIED ACCESS_DENIED_IP ACCESS_DENIED_PERMISSIONS API_KEY_DISABLED FORBIDDEN PERMISSION_ERROR""",
    Verdict(PermissionDeniedError, ends_query=True): """
        LICENSE_ACCESS_DATA_SOURCE LICENSE_ACCOUNT_LIMIT_EXCEEDED LICENSE_EXPIRED LICENSE_HISTORICAL_RANGE_EXCEEDED
        LICENSE_NOT_FOUND LICENSE_QUERIES_SUSPENDED LICENSE_ROW_LIMIT_EXCEEDED""",
    Verdict(PermissionDeniedError, **QUERY_ENDED): "QUERY_AUTH_UNAVAILABLE",
    Verdict(QuotaExceededError): "API_ROW_QUOTA_EXCEEDED LICENSE_DAILY_QUERY_LIMIT_EXCEEDED",
    Verdict(BadRequestError, ends_query=True): """
        ACCOUNT_FILTER_INVALID ACCOUNT_FILTER_PATTERN_INVALID ACCOUNT_ID_INVALID ACCOUNT_REQUIRED ACCOUNTS_INVALID
        COMPARE_END_DATE_INVALID COMPARE_END_DATE_REQUIRED""",
    Verdict(BadRequestError): "BAD_REQUEST INVALID_PARAMETER",
    Verdict(NotFoundError): "NOT_FOUND QUERY_RESULTS_UNAVAILABLE",
    Verdict(StatusNotFoundError): "STATUS_NOT_FOUND",
    Verdict(ApiError): "DUPLICATION_FAILED",
    Verdict(ApiError, is_conflict=True): "CONFLICT_ERROR",
    Verdict(UnprocessableError): "UNPROCESSABLE_ENTITY UNPROCESSABLE_CONTENT",
    Verdict(RateLimitError, transient=True, is_patient=True): "TOO_MANY_REQUESTS RATE_LIMIT_EXCEEDED",
    Verdict(ServerError, transient=True): "INTERNAL_SERVER_ERROR SERVICE_UNAVAILABLE",
    Verdict(ServerError, **QUERY_ENDED): "QUERY_ERROR QUERY_ACCOUNT_UNAVAILABLE",
}
BY_CODE = {code: verdict for verdict, codes in CODES.items() for code in codes.split()}

PROBLEMS = "https://supermetrics.com/problems/"
BY_STATUS: dict[int, Kind] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    422: UnprocessableError,
    429: RateLimitError,
}
TRANSIENT_STATUSES = frozenset({408, 425, 429, 502, 503, 504})
WELL_FORMED_CODE = re.compile(r"[A-Z][A-Z0-9_]*")


def by_status(status: int, *, named: bool, typed: bool) -> Verdict:
    """Return what an HTTP status means; the error was `named` by a code of its own, or `typed` by a problem type.

    A 500 with a code nobody has listed is as likely a lasting failure of the query as a failing server. A 429 that
    nobody has listed may be a quota, which is not renewed soon.
    """
    kind = BY_STATUS.get(status, ServerError if status >= 500 else ApiError)
    failing_server = status >= 500 and not (status == 500 and named)
    return Verdict(
        kind,
        transient=status in TRANSIENT_STATUSES or failing_server,
        is_patient=status == 429 and not named and not typed,
        is_conflict=status == 409,
    )


def code_of(problem_type: str) -> str:
    """Return the error code that a problem type of the API names: `.../query-error` is QUERY_ERROR."""
    if not problem_type.startswith(PROBLEMS):
        return ""
    return problem_type.removeprefix(PROBLEMS).replace("-", "_").upper()


def judge(code: str | None, problem_type: str, status: int) -> Verdict:
    """Return what an error means: by its code, else by its problem type, else by its HTTP status.

    An error inside a 2xx has no status of its own, and those have 500 by the rules of the API.
    """
    type_code = code_of(problem_type)
    known = BY_CODE.get(code or "") or BY_CODE.get(type_code)
    if known:
        return known
    named = code is not None and WELL_FORMED_CODE.fullmatch(code) is not None
    return by_status(500 if status < 300 else status, named=named, typed=bool(type_code))
