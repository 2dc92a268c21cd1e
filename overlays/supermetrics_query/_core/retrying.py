"""Whether a request that failed is tried again, and when. Pure decisions, positive ones: what is not named is final."""

from collections.abc import Callable
from typing import TypeAlias

from attrs import field, frozen
from attrs.validators import and_, ge, instance_of

from .._contract.codes import Verdict, judge
from .._contract.validation import seconds
from ..errors import (
    ApiError,
    LimitExceededError,
    RateLimitError,
    ServerError,
    TransportError,
    UnreadableResponseError,
)

CallError: TypeAlias = ApiError | TransportError
Predicate: TypeAlias = Callable[[CallError], bool]
CALL_ERRORS = (ApiError, TransportError)
THROTTLED_FACTOR = 4.0  # a refusal without Retry-After calls for more patience than a blip


@frozen(kw_only=True)
class RetryPolicy:
    """How often to try a request again, and after how long. Durations are seconds or a timedelta.

    Pauses grow from `base` to `cap` with full jitter and are never shorter than Retry-After. A Retry-After above
    `retry_after_ceiling` is not waited for: the error is raised and tells the time. `attempts=1` never tries again.
    """

    attempts: int = field(default=5, validator=and_(instance_of(int), ge(1)))
    base: float = field(default=0.5, converter=seconds)
    cap: float = field(default=20.0, converter=seconds)
    retry_after_ceiling: float = field(default=120.0, converter=seconds)


def verdict_of(error: ApiError) -> Verdict:
    """Return what an error means."""
    return judge(error.code, str(error.problem.type_), error.status)


def is_transient(error: CallError) -> bool:
    """Tell whether the same request may succeed soon."""
    if isinstance(error, TransportError | UnreadableResponseError):
        return True
    return verdict_of(error).transient


def ends_query(error: CallError) -> bool:
    """Tell whether a poll that brought this error brought the error of the query itself."""
    return isinstance(error, ApiError) and verdict_of(error).ends_query


def is_outcome(error: CallError) -> bool:
    """Tell whether this is how the query ended, whichever request brought it."""
    return isinstance(error, ApiError) and verdict_of(error).is_outcome


def is_worth_polling_again(error: CallError) -> bool:
    """Tell whether polling again is worth it: a poll costs nothing, so a 5xx that nobody has listed is one."""
    return is_transient(error) or (isinstance(error, ServerError) and not ends_query(error))


def leaves_doubt(error: CallError) -> bool:
    """Tell whether the server may have acted on a request although its answer did not arrive."""
    if isinstance(error, TransportError):
        return error.sent
    return isinstance(error, ServerError | UnreadableResponseError) and is_transient(error)


def asked_pause(error: CallError) -> float:
    """Return how long the server or the limiter wants us to wait, 0 where nothing is said."""
    return (error.retry_after or 0.0) if isinstance(error, ApiError | LimitExceededError) else 0.0


def backoff(policy: RetryPolicy, error: CallError, failures: int, draw: Callable[[], float]) -> float:
    """Return the pause after so many failures in a row: full jitter, never sooner than the server says."""
    base = policy.base * (THROTTLED_FACTOR if isinstance(error, RateLimitError) else 1.0)
    longest = min(policy.cap, base * 2.0 ** min(failures - 1, 30))
    return max(asked_pause(error), longest * draw())


def is_worth_waiting(policy: RetryPolicy, error: CallError, failures: int) -> bool:
    """Tell whether tries are left and the server does not ask for more patience than the caller has."""
    return failures < policy.attempts and asked_pause(error) <= policy.retry_after_ceiling
