"""What can go wrong, as exceptions that say what happened and what to do.

SupermetricsQueryError
├─ ConfigurationError (ValueError) ── ScheduleIdInUseError
├─ TransportError ── LimitExceededError
├─ ApiError
│   ├─ BadRequestError · AuthenticationError · PermissionDeniedError · UnprocessableError
│   ├─ NotFoundError ── StatusNotFoundError
│   ├─ RateLimitError ── QuotaExceededError
│   └─ ServerError · UnreadableResponseError
├─ QueryError
│   └─ QueryFailedError · QueryStoppedError · ResultExpiredError
└─ WaitTimeoutError (TimeoutError)

Each is plain data: it pickles together with its cause, and never holds a key.
"""

from typing import Any, ClassVar, TypeVar, dataclass_transform

from attrs import define, field
from supermetrics_query_api.models import ProblemDetails

from ._masking import masked
from ._models import Attempt, BaseQuery, QueryStatus, RateLimit, exported

E = TypeVar("E", bound=type[Exception])


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
def plain_data(kind: E) -> E:
    """Return an exception with typed members; attrs alone would put every member into `args`."""
    decorate = define(auto_exc=False, slots=False, eq=False, repr=False, str=False, kw_only=True)
    return decorate(kind)


@exported
@plain_data
class SupermetricsQueryError(Exception):
    """The root of all errors of this package."""

    message: str = field(kw_only=False)
    """What happened, and what to do."""
    schedule_id: str | None = None
    """The id of the query, where one is involved."""
    token: str | None = None
    """What any process can continue with, by `client.attach(error.token)`, where a query is involved."""

    def __init_subclass__(cls) -> None:
        """Let pickles and tracebacks name the errors of this module by their public path."""
        if cls.__module__ == __name__:
            exported(cls)

    def __attrs_post_init__(self) -> None:
        """Hold the message alone as the argument, as exceptions do."""
        self.args = (self.message,)

    def __str__(self) -> str:
        """Return the message."""
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the members and the cause, unless the cause is of another package and may not pickle."""
        cause = self.__cause__ if isinstance(self.__cause__, SupermetricsQueryError) else None
        return rebuilt, (type(self), self.picklable(), cause)

    def picklable(self) -> dict[str, Any]:
        """Return the members that survive pickling."""
        return dict(self.__dict__)


@exported
class RowLimitWarning(UserWarning):
    """A result ends at a limit that nobody asked for: rows may be missing."""


def rebuilt(
    kind: type[SupermetricsQueryError], members: dict[str, Any], cause: SupermetricsQueryError | None
) -> SupermetricsQueryError:
    """Make a pickled exception again."""
    error = kind.__new__(kind)
    error.__dict__.update(members)
    error.args = (error.message,)
    error.__cause__ = cause
    return error


class ConfigurationError(SupermetricsQueryError, ValueError):
    """An argument or option cannot be used; nothing was sent."""

    def __attrs_post_init__(self) -> None:
        """Show no key, wherever in what the caller gave it stands."""
        self.message = masked(self.message)
        super().__attrs_post_init__()


@plain_data
class ScheduleIdInUseError(ConfigurationError):
    """A query with the chosen `schedule_id` has ended and is kept, so nothing was started."""

    status: QueryStatus | None = None
    """The status of the query that has ended."""


@plain_data
class TransportError(SupermetricsQueryError):
    """There is no usable answer."""

    sent: bool
    """Whether the server may have acted on the request."""
    attempts: tuple[Attempt, ...] = ()
    """The earlier attempts."""


@plain_data
class LimitExceededError(TransportError):
    """Nothing was sent, because the limits of the key allow nothing in time."""

    retry_after: float
    """In how many seconds the limits allow a request."""


@plain_data
class ApiError(SupermetricsQueryError):
    """The API answered with an error. Branch on `code`, and show `problem`."""

    hint: ClassVar[str] = ""
    """What the message advises."""

    status: int
    """The HTTP status."""
    problem: ProblemDetails
    """The error as RFC 9457 describes it, whatever the body was."""
    method: str
    """The HTTP method of the request."""
    url: str
    """The URL of the request, without its query."""
    body: bytes
    """The body of the answer, at most 64 KiB of it."""
    code: str | None = None
    """The error code of the API, where it sent one."""
    request_id: str | None = None
    """The id by which the support of the API finds the request."""
    retry_after: float | None = None
    """How many seconds the API asks to wait."""
    rate_limit: RateLimit | None = None
    """How many requests the key had left."""
    attempts: tuple[Attempt, ...] = ()
    """The earlier attempts."""


class BadRequestError(ApiError):
    """400: a parameter is missing or not valid."""


class AuthenticationError(ApiError):
    """401: the key is missing, not valid or no longer valid."""

    hint = "check the API key (SUPERMETRICS_API_KEY)"


class PermissionDeniedError(ApiError):
    """403: the key, its licence or the login of the data source does not allow this."""


class NotFoundError(ApiError):
    """404: nothing was found under this address or id."""


class StatusNotFoundError(NotFoundError):
    """The status of a query has expired, never existed, or belongs to another key."""


class UnprocessableError(ApiError):
    """422: the request is well formed and cannot be carried out."""


class RateLimitError(ApiError):
    """429: too many requests for now."""

    hint = "slow down, or share one client between everything that uses the key"


class QuotaExceededError(RateLimitError):
    """The queries of the day or the rows of the month are used up; trying again does not help."""

    hint = "the quota is used up: wait until it is renewed, or have it raised"


class ServerError(ApiError):
    """5xx: the API or a gateway before it failed."""


class UnreadableResponseError(ApiError):
    """The answer cannot be read: not JSON, cut short, too long, or of another shape."""


@plain_data
class QueryError(SupermetricsQueryError):
    """The query itself failed, was stopped or expired, or its rows cannot be read."""

    status: QueryStatus | None = None
    """The last status seen."""


class QueryFailedError(QueryError):
    """The query failed; `__cause__` is the error of the API, where it gave one."""


class QueryStoppedError(QueryError):
    """The query was stopped before it ended."""


@plain_data
class ResultExpiredError(QueryError):
    """The API no longer keeps the status and the rows."""

    delivered: int = 0
    """How many rows were yielded before, which is the `start` to continue from."""


@plain_data
class WaitTimeoutError(SupermetricsQueryError, TimeoutError):
    """The wait has timed out and the query continues."""

    query: BaseQuery | None = None
    """The handle, which can be waited for again; None after pickling."""
    status: QueryStatus | None = None
    """The last status seen."""
    queries: tuple[BaseQuery, ...] = ()
    """After `as_completed`, the queries that continue; empty after pickling."""
    tokens: tuple[str, ...] = ()
    """After `as_completed`, the tokens of those queries."""

    def picklable(self) -> dict[str, Any]:
        """Return the members without the handles, which hold connections."""
        return super().picklable() | {"query": None, "queries": ()}
