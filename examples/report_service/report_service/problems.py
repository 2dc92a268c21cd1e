"""Map exceptions to HTTP statuses and problem details."""

import math

from fastapi import Request
from fastapi.responses import JSONResponse
from supermetrics_query import (
    ApiError,
    BadRequestError,
    ConfigurationError,
    QueryFailedError,
    QueryStoppedError,
    QuotaExceededError,
    RateLimitError,
    ResultExpiredError,
    StatusNotFoundError,
    SupermetricsQueryError,
    TransportError,
    UnprocessableError,
)

# The first row that fits decides, so that special kinds stand before general ones. Whatever else the API refuses, for
# instance our key, is the fault of this service and nothing that its caller can mend.
STATUSES: tuple[tuple[type[SupermetricsQueryError], int, str], ...] = (
    (ConfigurationError, 400, "The request is not valid"),
    (BadRequestError, 400, "The data source refuses the request"),
    (UnprocessableError, 422, "The data source cannot carry out the request"),
    (ResultExpiredError, 410, "The report has expired; start it again"),
    (StatusNotFoundError, 404, "There is no such report"),
    (QueryFailedError, 502, "The report has failed"),
    (QueryStoppedError, 502, "The report was stopped"),
    (QuotaExceededError, 503, "No more reports on this source today"),
    (RateLimitError, 503, "Too many reports for now"),
    (TransportError, 504, "The data source does not answer"),
    (ApiError, 502, "The data source has failed"),
)


async def answer(_request: Request, error: Exception) -> JSONResponse:
    """Return an exception as a problem details response."""
    status, title = described(error)
    problem: dict[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": str(error)}
    if isinstance(error, SupermetricsQueryError) and error.token:
        problem["token"] = error.token
    pause = error.retry_after if isinstance(error, ApiError) else None
    headers = {} if pause is None else {"Retry-After": str(math.ceil(pause))}
    return JSONResponse(problem, status, headers, media_type="application/problem+json")


def described(error: Exception) -> tuple[int, str]:
    """Return the HTTP status and the title for an error."""
    return next(((status, title) for kind, status, title in STATUSES if isinstance(error, kind)), (500, "Error"))
