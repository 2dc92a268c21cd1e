"""What happens while a query is started, waited for and read, as frozen values for `on_event`.

`log_events` writes them to `logging`; any other tool takes a function of one argument.
"""

import logging
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import asdict

from ._models import QueryStatus
from .errors import ApiError, TransportError

LOGGER = logging.getLogger("supermetrics_query")


class RequestDone(Struct, frozen=True, kw_only=True):
    """An answer has come, whatever it says. `seconds` is how long it took."""

    operation: str
    status: int
    seconds: float


class RetryScheduled(Struct, frozen=True, kw_only=True):
    """A request that failed is sent again after `pause` seconds; `tries` have failed so far."""

    error: ApiError | TransportError
    pause: float
    tries: int


class Polled(Struct, frozen=True, kw_only=True):
    """A poll has shown where a query stands; `changed` tells whether its code or progress is another than before."""

    schedule_id: str
    status: QueryStatus
    changed: bool


class PollFailed(Struct, frozen=True, kw_only=True):
    """A poll has failed; the next one comes after `pause` seconds."""

    schedule_id: str
    error: ApiError | TransportError
    pause: float


class WaitFinished(Struct, frozen=True, kw_only=True):
    """A query has ended while somebody waited; `code` is the last one seen and `age` how long the query was known."""

    schedule_id: str
    code: str | None
    age: float


class StartSent(Struct, frozen=True, kw_only=True):
    """A query is about to be started; `token` goes on with it in any process, whatever becomes of this one."""

    schedule_id: str
    token: str


class LimiterUnavailable(Struct, frozen=True, kw_only=True):
    """The shared limiter does not answer; this process goes on alone with a part of the limits."""

    error: str


class LimiterRestored(Struct, frozen=True, kw_only=True):
    """The shared limiter answers again."""


Event: TypeAlias = (
    RequestDone | RetryScheduled | Polled | PollFailed | WaitFinished | StartSent | LimiterUnavailable | LimiterRestored
)
OnEvent: TypeAlias = Callable[[Event], object]


LEVELS = {
    RetryScheduled: logging.WARNING,
    PollFailed: logging.WARNING,
    LimiterUnavailable: logging.WARNING,
    LimiterRestored: logging.INFO,
    StartSent: logging.INFO,
    WaitFinished: logging.INFO,
}


def log_events(event: Event) -> None:
    """Write an event to the logger `supermetrics_query`: what failed as a warning, ends as info, the rest as debug."""
    LOGGER.log(level_of(event), "%s %s", type(event).__name__, told(event), extra={"event": event})


def level_of(event: Event) -> int:
    """Return how much an event matters."""
    return LEVELS.get(type(event), logging.DEBUG)


def told(event: Event) -> str:
    """Say the members of an event on one line, a status by its code."""
    members = asdict(event)
    shown = {name: value.code if isinstance(value, QueryStatus) else value for name, value in members.items()}
    return " ".join(f"{name}={value}" for name, value in shown.items())


def guarded(on_event: OnEvent | None) -> OnEvent | None:
    """Keep an error of the callback from breaking a wait: it is logged."""
    if on_event is None:
        return None

    def call(event: Event) -> None:
        try:
            on_event(event)
        except Exception:
            LOGGER.exception("on_event failed for %s", type(event).__name__)

    return call
