"""The driver that performs effects in simulated time. A service is a function from a request to its reply."""

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, TypeVar

import httpx
from attrs import define, field, frozen
from supermetrics_query import PollPolicy, RetryPolicy, SupermetricsQueryError, TransportError
from supermetrics_query._contract.messages import Answer, Request
from supermetrics_query._core.context import ClientContext
from supermetrics_query._core.effects import (
    Acquire,
    Await,
    Begin,
    Call,
    Collect,
    Done,
    Effect,
    Flow,
    Now,
    Outcome,
    Send,
    Sleep,
    Yield,
    resume,
)
from supermetrics_query.testing import FakeClock

T = TypeVar("T")
URL = "https://api.test/enterprise/v2/query/status"

Reply: TypeAlias = httpx.Response | TransportError
Service: TypeAlias = Callable[
    [Request, float], tuple[float, Reply]
]  # from a request and its time: seconds, and a reply


@frozen(eq=False)
class Exchange:
    """A request and its reply, with their times."""

    sent: float
    answered: float
    reply: Reply

    @property
    def retry_after(self) -> float:
        """How many seconds the reply asks the client to wait."""
        return 0.0 if isinstance(self.reply, TransportError) else float(self.reply.headers.get("retry-after", 0))


@define(eq=False)
class Underway:
    """Something begun whose result comes at a moment."""

    driver: "SimulatedDriver"
    at: float
    outcome: Outcome

    def done(self) -> bool:
        """Return whether its moment has come."""
        return self.driver.time >= self.at

    def cancel(self) -> None:
        """Let its moment never come."""
        self.at = math.inf

    def result(self) -> object:
        """Move the clock to its moment; return its result or raise its failure."""
        self.driver.move_to(self.at)
        self.driver.under_way -= 1
        if self.outcome.error is not None:
            raise self.outcome.error
        return self.outcome.result


@define
class SimulatedDriver:
    """Performs the effects of flows. It notes every exchange, and how many requests were begun at once."""

    service: Service
    clock: FakeClock = field(factory=FakeClock)
    keeps: bool = True  # whether it notes every exchange
    exchanges: list[Exchange] = field(factory=list)
    under_way: int = 0
    most_under_way: int = 0

    @property
    def time(self) -> float:
        """The reading of its clock."""
        return self.clock.now()

    def run(self, flow: Flow[T]) -> T:
        """Perform a flow to its end and return its result."""
        step = resume(flow)
        while not isinstance(step, Done):
            step = resume(flow, self.outcome(step))
        return step.value

    def iterate(self, flow: Flow[None]) -> Iterator[Any]:
        """Perform a flow and yield its items."""
        step = resume(flow)
        while not isinstance(step, Done):
            if isinstance(step, Yield):
                yield step.item
                step = resume(flow)
            else:
                step = resume(flow, self.outcome(step))

    def error_of(self, flow: Flow[Any]) -> SupermetricsQueryError | None:
        """Perform a flow and return the error that ended it."""
        try:
            self.run(flow)
        except SupermetricsQueryError as error:
            return error
        return None

    def outcome(self, effect: Effect) -> Outcome:
        """Perform an effect; return its result, or an error of ours."""
        try:
            return Outcome(self.perform(effect))
        except SupermetricsQueryError as error:
            return Outcome(error=error)

    def perform(self, effect: Effect) -> object:
        """Perform an effect and return its result."""
        match effect:
            case Now():
                return self.time
            case Send() | Call():
                return self.begun(effect).result()
            case Begin():
                return self.begun(effect.effect)
            case Collect():
                return effect.pending.result()
            case Acquire():
                return effect.limiter.acquire(effect.lane, effect.now)
            case Sleep():
                self.clock.sleep(effect.seconds)
            case Await():
                ends = [each.at for each in effect.pending if isinstance(each, Underway)]
                self.move_to(min([*ends, self.time + effect.seconds]))
            case _:
                raise AssertionError(f"unexpected {effect!r}")
        return None

    def begun(self, effect: Send | Call) -> Underway:
        """Send a request, or call a function, which takes no time."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        if isinstance(effect, Call):
            return Underway(self, self.time, Outcome(effect.function(effect.argument)))
        seconds, reply = self.service(effect.request, self.time)
        exchange = Exchange(self.time, self.time + seconds, reply)
        if self.keeps:
            self.exchanges.append(exchange)
        return Underway(self, exchange.answered, read(reply, seconds, exchange.answered))

    def move_to(self, moment: float) -> None:
        """Let time pass until a moment, unless it is over."""
        self.clock.advance(max(0.0, moment - self.time))


def read(reply: Reply, seconds: float, answered: float) -> Outcome:
    """Return what a transport makes of a reply; the epoch begins when the clock does."""
    if isinstance(reply, TransportError):
        return Outcome(error=reply)
    answer = Answer(
        reply.status_code, dict(reply.headers), reply.content, "GET", URL, received=answered, seconds=seconds
    )
    return Outcome(answer)


def lost() -> TransportError:
    """Return the error of a request without an answer."""
    return TransportError("no answer to get_query_status: ReadError", sent=True)


def context(draw: Callable[[], float], **options: Any) -> ClientContext:
    """Return the context of a client with the default policies, or with these."""
    defaults: dict[str, Any] = {"poll": PollPolicy(), "retry": RetryPolicy(), "timeout": 30.0, "page_size": 10_000}
    return ClientContext(**{**defaults, "renewable": False, "draw": draw, **options})
