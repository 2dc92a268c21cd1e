"""Run asynchronous queries on the Supermetrics Data API and never lose one.

    from supermetrics_query import DataQuery, QueryClient

    with QueryClient() as client:
        query = client.run(DataQuery(ds_id="GAWA", fields=["date", "sessions"], date_range_type="last_month"))
        for row in query.rows():
            print(row)

Names are imported when they are first used: HTTP and the generated models cost more than a script may want to spend.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supermetrics_query_api.models import (
        AccountFilter,
        DataQuery,
        FieldSelection,
        HistoryEntry,
        OutputFormat,
        ProblemDetails,
        QuerySettings,
        StatusCode,
    )

    from ._client.client import AsyncQueryClient, QueryClient
    from ._client.query import AsyncQuery, Query
    from ._contract.messages import Lane
    from ._contract.requests import query_from_dict
    from ._core.limits import BaseLimiter, Limiter, NoLimiter, Permit
    from ._core.polling import DEFAULT_WAIT, PollPolicy
    from ._core.retrying import RetryPolicy
    from ._io.redis_limiter import RedisLimiter
    from ._models import Attempt, BaseQuery, Column, Page, Progress, QueryStatus, RateLimit, Workflow
    from ._version import __version__
    from .errors import (
        ApiError,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        LimitExceededError,
        NotFoundError,
        PermissionDeniedError,
        QueryError,
        QueryFailedError,
        QueryStoppedError,
        QuotaExceededError,
        RateLimitError,
        ResultExpiredError,
        ServerError,
        StatusNotFoundError,
        SupermetricsQueryError,
        TransportError,
        UnprocessableError,
        UnreadableResponseError,
        WaitTimeoutError,
    )
    from .events import (
        LimiterRestored,
        LimiterUnavailable,
        Polled,
        PollFailed,
        RequestDone,
        RetryScheduled,
        StartSent,
        WaitFinished,
        log_events,
    )

__all__ = [
    "AccountFilter",
    "ApiError",
    "AsyncQuery",
    "AsyncQueryClient",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "BaseLimiter",
    "BaseQuery",
    "Column",
    "ConfigurationError",
    "DEFAULT_WAIT",
    "DataQuery",
    "FieldSelection",
    "HistoryEntry",
    "Lane",
    "LimitExceededError",
    "Limiter",
    "LimiterRestored",
    "LimiterUnavailable",
    "NoLimiter",
    "NotFoundError",
    "OutputFormat",
    "Page",
    "PermissionDeniedError",
    "Permit",
    "PollFailed",
    "PollPolicy",
    "Polled",
    "ProblemDetails",
    "Progress",
    "Query",
    "QueryClient",
    "QueryError",
    "QueryFailedError",
    "QuerySettings",
    "QueryStatus",
    "QueryStoppedError",
    "QuotaExceededError",
    "RateLimit",
    "RateLimitError",
    "RedisLimiter",
    "RequestDone",
    "ResultExpiredError",
    "RetryPolicy",
    "RetryScheduled",
    "ServerError",
    "StartSent",
    "StatusCode",
    "StatusNotFoundError",
    "SupermetricsQueryError",
    "TransportError",
    "UnprocessableError",
    "UnreadableResponseError",
    "WaitFinished",
    "WaitTimeoutError",
    "Workflow",
    "__version__",
    "log_events",
    "query_from_dict",
]

# Where each name lives; what is not here lives in `errors`.
HOMES = {
    "supermetrics_query_api.models": (
        *("AccountFilter", "DataQuery", "FieldSelection", "HistoryEntry", "OutputFormat", "ProblemDetails"),
        *("QuerySettings", "StatusCode"),
    ),
    "._client.client": ("AsyncQueryClient", "QueryClient"),
    "._client.query": ("AsyncQuery", "Query"),
    "._contract.messages": ("Lane",),
    "._contract.requests": ("query_from_dict",),
    "._core.limits": ("BaseLimiter", "Limiter", "NoLimiter", "Permit"),
    "._core.polling": ("DEFAULT_WAIT", "PollPolicy"),
    "._core.retrying": ("RetryPolicy",),
    "._io.redis_limiter": ("RedisLimiter",),
    "._models": ("Attempt", "BaseQuery", "Column", "Page", "Progress", "QueryStatus", "RateLimit", "Workflow"),
    "._version": ("__version__",),
    ".events": (
        *("LimiterRestored", "LimiterUnavailable", "PollFailed", "Polled", "RequestDone", "RetryScheduled"),
        *("StartSent", "WaitFinished", "log_events"),
    ),
}
HOME_OF = {name: module for module, names in HOMES.items() for name in names}

if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(HOME_OF.get(name, ".errors"), __name__), name)
        return value


def __dir__() -> list[str]:
    """Return the names that can be imported."""
    return list(__all__)
