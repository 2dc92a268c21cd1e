"""Whether a request that failed is sent again, and when. Pure decisions; an error that is not named here is final."""

from collections.abc import Callable
from typing import TypeAlias

from attrs import field, frozen

from .._contract.codes import Verdict, judge
from .._contract.validation import checked_whole, seconds, within
from .._models import exported
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


@exported
@frozen(kw_only=True)
class RetryPolicy:
    """How often to send a request, and how long to wait in between. Durations are seconds or a timedelta.

    Pauses grow with full jitter, and are never shorter than Retry-After.
    """

    attempts: int = field(default=5, validator=within(checked_whole, 1))
    """How often a request is sent at most; 1 never retries."""
    base: float = field(default=0.5, converter=seconds)
    """The longest first pause."""
    cap: float = field(default=20.0, converter=seconds)
    """The longest of the later pauses."""
    retry_after_ceiling: float = field(default=120.0, converter=seconds)
    """A Retry-After above this is not waited for: the error is raised and says how long."""


@frozen
class Failure:
    """A request that failed; `count` is how many have failed in a row, at least 1."""

    error: CallError
    count: int


def verdict_of(error: ApiError) -> Verdict:
    """Return what an error means."""
    return judge(error.code, str(error.problem.type_), error.status)


def is_transient(error: CallError) -> bool:
    """Return whether the same request may succeed soon."""
    if isinstance(error, TransportError | UnreadableResponseError):
        return True
    return verdict_of(error).transient


def ends_query(error: CallError) -> bool:
    """Return whether this is the error of the query itself, when a poll brings it."""
    return isinstance(error, ApiError) and verdict_of(error).ends_query


def is_outcome(error: CallError) -> bool:
    """Return whether this is how the query ended, whichever request brings it."""
    return isinstance(error, ApiError) and verdict_of(error).is_outcome


def is_worth_polling_again(error: CallError) -> bool:
    """Return whether another poll may succeed: polls are free, so a 5xx that is not listed is worth one."""
    return is_transient(error) or (isinstance(error, ServerError) and not ends_query(error))


def leaves_doubt(error: CallError) -> bool:
    """Return whether the server may have acted on a request although its answer did not arrive."""
    if isinstance(error, TransportError):
        return error.sent
    return isinstance(error, ServerError | UnreadableResponseError) and is_transient(error)


def is_refused_for_rate(error: CallError) -> bool:
    """Return whether a refusal only says to come back later: polls that meet it are not counted as failed."""
    return isinstance(error, LimitExceededError) or (isinstance(error, ApiError) and verdict_of(error).is_patient)


def is_conflict(error: CallError) -> bool:
    """Return whether a start was refused because its id is in use."""
    return isinstance(error, ApiError) and verdict_of(error).is_conflict


def requested_pause(error: CallError) -> float:
    """Return how long the server or the limiter asks us to wait, 0 where neither does."""
    return (error.retry_after or 0.0) if isinstance(error, ApiError | LimitExceededError) else 0.0


def backoff(policy: RetryPolicy, error: CallError, failures: int, draw: Callable[[], float]) -> float:
    """Return the pause after so many failures in a row: full jitter, never sooner than the server says."""
    base = policy.base * (THROTTLED_FACTOR if isinstance(error, RateLimitError) else 1.0)
    longest = min(policy.cap, base * 2.0 ** min(failures - 1, 30))
    return max(requested_pause(error), longest * draw())


def is_worth_waiting(policy: RetryPolicy, error: CallError, failures: int) -> bool:
    """Return whether attempts are left and Retry-After is not beyond the ceiling."""
    return failures < policy.attempts and requested_pause(error) <= policy.retry_after_ceiling
