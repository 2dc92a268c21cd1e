"""What a flow asks for and what it gets back. Nothing here opens a socket, sleeps or reads a clock.

Effects are made at every step of every process. msgspec makes such a class in a fortieth of the time that attrs needs.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from .._contract.messages import Answer, Lane, Request
from ..errors import SupermetricsQueryError
from .limits import BaseLimiter, Permit

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Send(Struct, frozen=True):
    """Send a request; the result is an Answer, or a TransportError is raised."""

    request: Request
    timeout: float  # seconds for each phase: connecting, writing, each read
    total: float | None = None  # seconds for everything


class Call(Struct, frozen=True):
    """Call a function of the user, and await what it returns where that is possible."""

    function: Callable[[Any], object]
    argument: object


class Begin(Struct, frozen=True):
    """Send a request, or call a function, without waiting for the result; the result is a Pending.

    A function is called in the thread of the caller, so in sync code it has ended before the flow continues.
    """

    effect: Send | Call


class Pending(Protocol[T_co]):
    """A request or a call under way. In async code, `result()` is awaited."""

    def done(self) -> bool:
        """Return whether its result, or its failure, is there."""
        ...

    def cancel(self) -> object:
        """Stop it, where that is possible; nobody will ask for its result."""
        ...

    def result(self) -> T_co:
        """Wait for it; return its result or raise its failure."""
        ...


class Collect(Struct, frozen=True):
    """Wait for what was begun; the result is that of its effect."""

    pending: Pending[Any]


class Await(Struct, frozen=True):
    """Wait until one of several is done, or for so many seconds; the result is None."""

    pending: Sequence[Pending[Any]]
    seconds: float


class Acquire(Struct, frozen=True):
    """Ask the limiter for a permit; the result is a Permit."""

    limiter: BaseLimiter
    lane: Lane
    now: float


class Renew(Struct, frozen=True):
    """Ask the token provider for another credential, unless that has happened since `stale` was sent."""

    stale: int


class Sleep(Struct, frozen=True):
    """Pause; the result is None."""

    seconds: float
    is_for_permit: bool = False  # whether a request follows, which the limits do not allow yet


class Now(Struct, frozen=True):
    """Read the monotonic clock; the result is in seconds."""


class Yield(Struct, frozen=True):
    """Hand an item to the caller that iterates over the flow."""

    item: object


Effect: TypeAlias = Send | Begin | Collect | Await | Acquire | Renew | Sleep | Now | Call | Yield
Flow: TypeAlias = Generator[Effect, Any, T]


def now() -> Flow[float]:
    """Return a reading of the clock."""
    reading: float = yield Now()
    return reading


def send(effect: Send | Collect) -> Flow[Answer]:
    """Return the answer to a request, which may be under way."""
    answer: Answer = yield effect
    return answer


def begin(effect: Send | Call) -> Flow[Pending[Any]]:
    """Return a request or a call that is under way."""
    pending: Pending[Any] = yield Begin(effect)
    return pending


def acquire(limiter: BaseLimiter, lane: Lane, now: float) -> Flow[Permit]:
    """Return a permit, or how long there is none."""
    permit: Permit = yield Acquire(limiter, lane, now)
    return permit


def collect(pending: Pending[Any]) -> Flow[object]:
    """Return the result of a request or a call that was begun."""
    result: object = yield Collect(pending)
    return result


class Outcome(Struct, frozen=True):
    """What performing an effect gave: a result, or an error that the flow may handle."""

    result: object = None
    error: SupermetricsQueryError | None = None


class Done(Struct, Generic[T], frozen=True):
    """The end of a flow."""

    value: T


def resume(flow: Flow[T], outcome: Outcome | None = None) -> Effect | Done[T]:
    """Return the next effect of a flow, or its end; without an outcome, begin it or continue after a Yield."""
    try:
        if outcome is None:
            return next(flow)
        return flow.send(outcome.result) if outcome.error is None else flow.throw(outcome.error)
    except StopIteration as stop:
        return Done(stop.value)
