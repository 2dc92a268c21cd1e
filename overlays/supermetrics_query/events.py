"""What happens while a query is started, waited for and read, as frozen values for `on_event`.

`log_events` writes them to `logging`; any other tool takes a function of one argument.
"""

import inspect
import logging
import warnings
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import asdict

from ._models import QueryStatus, exported
from .errors import ApiError, RowLimitWarning, TransportError

LOGGER = logging.getLogger("supermetrics_query")


@exported
class RequestDone(Struct, frozen=True, kw_only=True):
    """An answer has arrived, whatever it says, after `seconds`."""

    operation: str
    status: int
    seconds: float


@exported
class RetryScheduled(Struct, frozen=True, kw_only=True):
    """A request failed and is sent again after `pause` seconds; `tries` have failed so far."""

    error: ApiError | TransportError
    pause: float
    tries: int


@exported
class Polled(Struct, frozen=True, kw_only=True):
    """A poll has returned a status; `changed` says whether its code or progress differs from the one before."""

    schedule_id: str
    status: QueryStatus
    changed: bool


@exported
class PollFailed(Struct, frozen=True, kw_only=True):
    """A poll has failed; the next one follows after `pause` seconds."""

    schedule_id: str
    error: ApiError | TransportError
    pause: float


@exported
class WaitFinished(Struct, frozen=True, kw_only=True):
    """A query has ended during a wait; `code` is the last one seen, `age` how many seconds the query was known."""

    schedule_id: str
    code: str | None
    age: float


@exported
class StartSent(Struct, frozen=True, kw_only=True):
    """A query is about to be started; any process can continue with `token`, whatever happens to this one."""

    schedule_id: str
    token: str


@exported
class QueryResumed(Struct, frozen=True, kw_only=True):
    """A named query has been started before and is not started again; any process can continue with `token`."""

    schedule_id: str
    token: str


@exported
class RowLimitReached(Struct, frozen=True, kw_only=True):
    """A result was read that has exactly `limit` rows, and nobody asked for that number: more may be missing."""

    schedule_id: str
    limit: int

    @property
    def message(self) -> str:
        """What happened, and what to do."""
        return (
            f"query {self.schedule_id!r} has exactly {self.limit} rows, a limit that nobody is known to have set: "
            "more may be missing. Split it by accounts or dates; "
            f"max_rows={self.limit} in the query says that you want no more"
        )


@exported
class LimiterUnavailable(Struct, frozen=True, kw_only=True):
    """The shared limiter does not answer; this process continues alone with a share of the limits."""

    error: str


@exported
class LimiterRestored(Struct, frozen=True, kw_only=True):
    """The shared limiter answers again."""


Event: TypeAlias = (
    RequestDone
    | RetryScheduled
    | Polled
    | PollFailed
    | WaitFinished
    | StartSent
    | QueryResumed
    | RowLimitReached
    | LimiterUnavailable
    | LimiterRestored
)
OnEvent: TypeAlias = Callable[[Event], object]


LEVELS = {
    RetryScheduled: logging.WARNING,
    PollFailed: logging.WARNING,
    RowLimitReached: logging.WARNING,
    LimiterUnavailable: logging.WARNING,
    LimiterRestored: logging.INFO,
    StartSent: logging.INFO,
    QueryResumed: logging.INFO,
    WaitFinished: logging.INFO,
}


def log_events(event: Event) -> None:
    """Write an event to the logger `supermetrics_query`: failures as warnings, starts and ends as info, else debug."""
    level = LEVELS.get(type(event), logging.DEBUG)
    LOGGER.log(level, "%s %s", type(event).__name__, described(event), extra={"event": event})


def described(event: Event) -> str:
    """Return the members of an event on one line, a status by its code."""
    members = asdict(event)
    shown = {name: value.code if isinstance(value, QueryStatus) else value for name, value in members.items()}
    return " ".join(f"{name}={value}" for name, value in shown.items())


def guarded(on_event: OnEvent | None) -> OnEvent | None:
    """Return a callback whose errors are logged and do not break a wait."""
    if on_event is None:
        return None

    def call(event: Event) -> None:
        try:
            on_event(event)
        except Exception:
            LOGGER.exception("on_event failed for %s", type(event).__name__)

    return call


def warn(event: RowLimitReached) -> None:
    """Issue the Python warning, which needs nobody to listen."""
    warnings.warn(event.message, RowLimitWarning, stacklevel=1 + own_frames())


def own_frames() -> int:
    """Return how many frames of this package stand between this function and the code of the user."""
    package, frame, count = __name__.partition(".")[0], inspect.currentframe(), -1
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == package:
        frame, count = frame.f_back, count + 1
    return count
