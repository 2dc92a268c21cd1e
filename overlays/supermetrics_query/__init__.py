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
    from supermetrics_query_api.models import AccountFilter as AccountFilter
    from supermetrics_query_api.models import DataQuery as DataQuery
    from supermetrics_query_api.models import FieldSelection as FieldSelection
    from supermetrics_query_api.models import HistoryEntry as HistoryEntry
    from supermetrics_query_api.models import OutputFormat as OutputFormat
    from supermetrics_query_api.models import ProblemDetails as ProblemDetails
    from supermetrics_query_api.models import QuerySettings as QuerySettings
    from supermetrics_query_api.models import StatusCode as StatusCode

    from ._client.client import AsyncQueryClient as AsyncQueryClient
    from ._client.client import QueryClient as QueryClient
    from ._client.combined import AsyncCombined as AsyncCombined
    from ._client.combined import Combined as Combined
    from ._client.combined import combine as combine
    from ._client.pools import AsyncQueryPool as AsyncQueryPool
    from ._client.pools import QueryPool as QueryPool
    from ._client.query import AsyncQuery as AsyncQuery
    from ._client.query import Query as Query
    from ._client.reading import query_from_file as query_from_file
    from ._contract.meaning import query_from_dict as query_from_dict
    from ._contract.messages import Lane as Lane
    from ._contract.pasted import ApiKeyWarning as ApiKeyWarning
    from ._contract.pasted import PastedQuery as PastedQuery
    from ._contract.pasted import query_from_url as query_from_url
    from ._contract.splitting import PartQuery as PartQuery
    from ._contract.splitting import split as split
    from ._core.limits import Allowance as Allowance
    from ._core.limits import BaseLimiter as BaseLimiter
    from ._core.limits import Limiter as Limiter
    from ._core.limits import NoLimiter as NoLimiter
    from ._core.limits import Permit as Permit
    from ._core.polling import DEFAULT_WAIT as DEFAULT_WAIT
    from ._core.polling import PollPolicy as PollPolicy
    from ._core.retrying import RetryPolicy as RetryPolicy
    from ._io.redis_limiter import RedisLimiter as RedisLimiter
    from ._models import Attempt as Attempt
    from ._models import BaseQuery as BaseQuery
    from ._models import Column as Column
    from ._models import Page as Page
    from ._models import Part as Part
    from ._models import Progress as Progress
    from ._models import QueryStatus as QueryStatus
    from ._models import RateLimit as RateLimit
    from ._models import Workflow as Workflow
    from ._results.files import whole_file as whole_file
    from ._version import __version__ as __version__
    from .errors import ApiError as ApiError
    from .errors import AuthenticationError as AuthenticationError
    from .errors import BadRequestError as BadRequestError
    from .errors import ConfigurationError as ConfigurationError
    from .errors import LimitExceededError as LimitExceededError
    from .errors import NotFoundError as NotFoundError
    from .errors import PermissionDeniedError as PermissionDeniedError
    from .errors import QueryError as QueryError
    from .errors import QueryFailedError as QueryFailedError
    from .errors import QueryStoppedError as QueryStoppedError
    from .errors import QuotaExceededError as QuotaExceededError
    from .errors import RateLimitError as RateLimitError
    from .errors import ResultExpiredError as ResultExpiredError
    from .errors import RowLimitWarning as RowLimitWarning
    from .errors import ScheduleIdInUseError as ScheduleIdInUseError
    from .errors import ServerError as ServerError
    from .errors import StatusNotFoundError as StatusNotFoundError
    from .errors import SupermetricsQueryError as SupermetricsQueryError
    from .errors import TransportError as TransportError
    from .errors import UnprocessableError as UnprocessableError
    from .errors import UnreadableResponseError as UnreadableResponseError
    from .errors import WaitTimeoutError as WaitTimeoutError
    from .events import HistoryDoubted as HistoryDoubted
    from .events import HistoryRestored as HistoryRestored
    from .events import InFlightLowered as InFlightLowered
    from .events import LimiterRestored as LimiterRestored
    from .events import LimiterUnavailable as LimiterUnavailable
    from .events import Polled as Polled
    from .events import PollFailed as PollFailed
    from .events import QueryResumed as QueryResumed
    from .events import RequestDone as RequestDone
    from .events import RetryScheduled as RetryScheduled
    from .events import RowLimitReached as RowLimitReached
    from .events import StartSent as StartSent
    from .events import WaitFinished as WaitFinished
    from .events import log_events as log_events

# Where each name lives.
HOMES = {
    "supermetrics_query_api.models": (
        *("AccountFilter", "DataQuery", "FieldSelection", "HistoryEntry", "OutputFormat", "ProblemDetails"),
        *("QuerySettings", "StatusCode"),
    ),
    "._client.client": ("AsyncQueryClient", "QueryClient"),
    "._client.combined": ("AsyncCombined", "Combined", "combine"),
    "._client.pools": ("AsyncQueryPool", "QueryPool"),
    "._client.query": ("AsyncQuery", "Query"),
    "._client.reading": ("query_from_file",),
    "._contract.meaning": ("query_from_dict",),
    "._contract.messages": ("Lane",),
    "._contract.pasted": ("ApiKeyWarning", "PastedQuery", "query_from_url"),
    "._contract.splitting": ("PartQuery", "split"),
    "._core.limits": ("Allowance", "BaseLimiter", "Limiter", "NoLimiter", "Permit"),
    "._core.polling": ("DEFAULT_WAIT", "PollPolicy"),
    "._core.retrying": ("RetryPolicy",),
    "._io.redis_limiter": ("RedisLimiter",),
    "._models": ("Attempt", "BaseQuery", "Column", "Page", "Part", "Progress", "QueryStatus", "RateLimit", "Workflow"),
    "._results.files": ("whole_file",),
    "._version": ("__version__",),
    ".errors": (
        *("ApiError", "AuthenticationError", "BadRequestError", "ConfigurationError", "LimitExceededError"),
        *("NotFoundError", "PermissionDeniedError", "QueryError", "QueryFailedError", "QueryStoppedError"),
        *("QuotaExceededError", "RateLimitError", "ResultExpiredError", "RowLimitWarning", "ScheduleIdInUseError"),
        *("ServerError", "StatusNotFoundError", "SupermetricsQueryError", "TransportError", "UnprocessableError"),
        *("UnreadableResponseError", "WaitTimeoutError"),
    ),
    ".events": (
        *("HistoryDoubted", "HistoryRestored", "InFlightLowered", "LimiterRestored", "LimiterUnavailable"),
        *("PollFailed", "Polled", "QueryResumed", "RequestDone", "RetryScheduled", "RowLimitReached", "StartSent"),
        *("WaitFinished", "log_events"),
    ),
}
HOME_OF = {name: module for module, names in HOMES.items() for name in names}

__all__ = [*sorted(HOME_OF)]

if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used (PEP 562)."""
        if name not in HOME_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(HOME_OF[name], __name__), name)
        return value


def __dir__() -> list[str]:
    """Return the names that can be imported."""
    return __all__
