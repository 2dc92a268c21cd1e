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
    """An answer has arrived, whatever it says."""

    operation: str
    """Which operation of the contract was called, such as `get_query_status`."""
    status: int
    """The HTTP status."""
    seconds: float
    """How long the answer took."""


@exported
class RetryScheduled(Struct, frozen=True, kw_only=True):
    """A request failed and is sent again."""

    error: ApiError | TransportError
    """Why the request failed."""
    pause: float
    """After how many seconds it is sent again."""
    tries: int
    """How many attempts have failed so far."""


@exported
class Polled(Struct, frozen=True, kw_only=True):
    """A poll has returned a status."""

    schedule_id: str
    """The id of the query."""
    status: QueryStatus
    """What the poll has shown."""
    changed: bool
    """Whether code or progress differs from the poll before."""


@exported
class PollFailed(Struct, frozen=True, kw_only=True):
    """A poll has failed, and another one follows."""

    schedule_id: str
    """The id of the query."""
    error: ApiError | TransportError
    """Why the poll has failed."""
    pause: float
    """After how many seconds the next one follows."""


@exported
class WaitFinished(Struct, frozen=True, kw_only=True):
    """A query has ended during a wait."""

    schedule_id: str
    """The id of the query."""
    code: str | None
    """The last status code seen."""
    age: float
    """For how many seconds the query was known."""


@exported
class StartSent(Struct, frozen=True, kw_only=True):
    """A query is about to be started."""

    schedule_id: str
    """The id of the query."""
    token: str
    """What any process can continue with, whatever happens to this one."""


@exported
class QueryResumed(Struct, frozen=True, kw_only=True):
    """A named query has been started before and is not started again."""

    schedule_id: str
    """The id of the query."""
    token: str
    """What any process can continue with, whatever happens to this one."""


@exported
class RowLimitReached(Struct, frozen=True, kw_only=True):
    """A result was read that ends at a limit which nobody asked for: more rows may be missing."""

    schedule_id: str
    """The id of the query."""
    limit: int
    """How many rows there are."""

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
    """Why the shared limiter does not answer."""


@exported
class LimiterRestored(Struct, frozen=True, kw_only=True):
    """The shared limiter answers again."""


@exported
class HistoryDoubted(Struct, frozen=True, kw_only=True):
    """The history proved wrong or was refused: for some time, queries are polled as if there were none."""

    reason: str
    """What was wrong."""
    pause: float
    """For how many seconds it is doubted."""


@exported
class HistoryRestored(Struct, frozen=True, kw_only=True):
    """The history that was doubted is believed again."""


@exported
class InFlightLowered(Struct, frozen=True, kw_only=True):
    """The limits of the key leave room for fewer queries at a time than were wanted: others start later."""

    wanted: int
    """How many were to be in flight."""
    in_flight: int
    """How many there is room for."""


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
    | HistoryDoubted
    | HistoryRestored
    | InFlightLowered
)
"""What `on_event` is called with."""
OnEvent: TypeAlias = Callable[[Event], object]
"""What takes events. What it raises is logged and breaks nothing."""


LEVELS = {
    RetryScheduled: logging.WARNING,
    PollFailed: logging.WARNING,
    RowLimitReached: logging.WARNING,
    LimiterUnavailable: logging.WARNING,
    LimiterRestored: logging.INFO,
    HistoryDoubted: logging.WARNING,
    HistoryRestored: logging.INFO,
    InFlightLowered: logging.WARNING,
    StartSent: logging.INFO,
    QueryResumed: logging.INFO,
    WaitFinished: logging.INFO,
}


def log_events(event: Event) -> None:
    """Write an event to the logger `supermetrics_query`: failures as warnings, starts and ends as info, else debug.

    Args:
        event: What has happened; the record has it as `event`.
    """
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
