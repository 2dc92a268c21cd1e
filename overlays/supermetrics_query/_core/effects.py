"""What a flow asks of the world and what it gets back. Nothing here opens a socket, sleeps or reads a clock.

Effects are made at every step of every process. msgspec makes such a class at a fortieth of the time that attrs takes.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from msgspec import Struct

from .._contract.messages import Answer, Lane, Request
from ..errors import SupermetricsQueryError
from .limits import BaseLimiter, Permit

T = TypeVar("T")


class Send(Struct, frozen=True):
    """Send a request; the result is an Answer, or a TransportError is raised."""

    request: Request
    timeout: float  # seconds for each phase: connecting, writing, each read
    total: float | None = None  # seconds for everything


class Pending(Protocol):
    """A request, or a call, that is under way while the flow goes on."""

    def done(self) -> bool:
        """Tell whether its answer, or its failure, is there."""
        ...

    def cancel(self) -> object:
        """Give it up; nobody will ask for its answer."""
        ...


class Call(Struct, frozen=True):
    """Call a function of the user, and await what it returns where that is possible."""

    function: Callable[[Any], object]
    argument: object


class Begin(Struct, frozen=True):
    """Send a request, or call a function, and do not wait for what comes of it; the result is a Pending.

    A function is called in the thread of the caller, so in sync code it has ended before the flow goes on.
    """

    effect: Send | Call


class Collect(Struct, frozen=True):
    """Wait for what was begun; the result is that of its effect."""

    pending: Pending


class Await(Struct, frozen=True):
    """Wait until one of some requests is done, or for so many seconds; the result is None."""

    pending: Sequence[Pending]
    seconds: float


class Acquire(Struct, frozen=True):
    """Ask for a slot; the result is a Permit."""

    limiter: BaseLimiter
    lane: Lane
    moment: float


class Renew(Struct, frozen=True):
    """Ask the token provider for another credential, unless that has happened since `stale` was sent."""

    stale: int


class Sleep(Struct, frozen=True):
    """Pause; the result is None."""

    seconds: float


class Now(Struct, frozen=True):
    """The result is a reading of a monotonic clock, in seconds."""


class Yield(Struct, frozen=True):
    """Hand an item to whoever iterates over the flow."""

    item: object


Effect: TypeAlias = Send | Begin | Collect | Await | Acquire | Renew | Sleep | Now | Call | Yield
Flow: TypeAlias = Generator[Effect, Any, T]


def now() -> Flow[float]:
    """Read the clock."""
    reading: float = yield Now()
    return reading


def send(effect: Send | Collect) -> Flow[Answer]:
    """Send a request, or wait for one that was sent."""
    answer: Answer = yield effect
    return answer


def begin(effect: Send) -> Flow[Pending]:
    """Send a request without waiting for its answer."""
    pending: Pending = yield Begin(effect)
    return pending


def acquire(limiter: BaseLimiter, lane: Lane, moment: float) -> Flow[Permit]:
    """Ask for a slot."""
    permit: Permit = yield Acquire(limiter, lane, moment)
    return permit


def collect(pending: Pending) -> Flow[object]:
    """Wait for what comes of a request or a call that was begun."""
    result: object = yield Collect(pending)
    return result


class Outcome(Struct, frozen=True):
    """What performing an effect gave: a result, or an error that the flow may want to handle."""

    result: object = None
    error: SupermetricsQueryError | None = None


class Done(Struct, Generic[T], frozen=True):
    """The end of a flow."""

    value: T


def resume(flow: Flow[T], outcome: Outcome | None = None) -> Effect | Done[T]:
    """Go on with a flow until its next effect or its end; without an outcome, begin it or go on after a Give."""
    try:
        if outcome is None:
            return next(flow)
        return flow.send(outcome.result) if outcome.error is None else flow.throw(outcome.error)
    except StopIteration as stop:
        return Done(stop.value)
