"""What every flow of a client reads: its options, and when the server allows the next request."""

import math
import random
from collections.abc import Callable

from attrs import define, field, frozen

from .._contract.messages import Answer, http_date, rate_limit
from .._models import RateLimit
from ..errors import QuotaExceededError, RateLimitError
from ..events import OnEvent
from .budget import FRESH, HOUR, HOURLY, UNLIMITED, Budget, Ledger, budget_of
from .effects import Call, Flow
from .limits import BaseLimiter
from .polling import Deadline, Latency, PollPolicy
from .retrying import RetryPolicy
from .watching import Trust

SECOND = 1.0
UNSPECIFIED = 1.0  # seconds to hold requests back after a refusal without Retry-After
LONGEST_RETRY_AFTER = 86_400.0  # the most that the contract knows; more is a broken server


@define
class ServerBackoff:
    """When the server allows the next request, whatever our own count says. Times are those of the client's clock."""

    opens: float = -math.inf
    seen: RateLimit | None = None  # what the last answer said of the limits
    seen_at: float = -math.inf

    def wait(self, now: float) -> float:
        """Return for how long nothing may be sent."""
        return max(0.0, self.opens - now)

    def on_response(self, now: float, answer: Answer) -> None:
        """Hold back for a moment after the last request that the API allows, as its headers count them."""
        rate = rate_limit(answer.headers)
        if rate is not None:
            self.seen, self.seen_at = rate, now
        if rate is not None and rate.remaining == 0 and rate.limit:
            self.close(now + (HOUR if rate.limit >= HOURLY else SECOND) / rate.limit)

    def on_rate_limited(self, now: float, error: RateLimitError) -> None:
        """Hold back after a refusal; one for a quota of the licence says nothing of other queries."""
        pause = UNSPECIFIED if error.retry_after is None else error.retry_after
        if pause <= LONGEST_RETRY_AFTER and not isinstance(error, QuotaExceededError):
            self.close(now + pause)

    def close(self, until: float) -> None:
        """Allow nothing until then."""
        self.opens = max(self.opens, until)


@define
class ServerClock:
    """What the clock of the API shows, by the last answer: its Date, or else the clock of this machine."""

    answered: float = 0.0  # the clock of the client
    date: str = ""
    received: float = 0.0  # seconds since the epoch

    def on_response(self, now: float, answer: Answer) -> None:
        """Learn from an answer."""
        self.answered, self.date, self.received = now, answer.headers.get("date", ""), answer.received

    def time_at(self, moment: float) -> float:
        """Return the seconds since the epoch at a moment of the clock of the client."""
        return (http_date(self.date) or self.received) + moment - self.answered


@frozen(kw_only=True)
class ClientContext:
    """The options of a client. `timeout` bounds one request, `draw` returns the random numbers behind jitter."""

    poll: PollPolicy
    retry: RetryPolicy
    timeout: float
    page_size: int
    renewable: bool  # whether a token provider can replace a refused credential
    draw: Callable[[], float] = random.random
    on_event: OnEvent | None = None
    limiter: BaseLimiter | None = None
    # The parts that change, with every request or answer.
    server_backoff: ServerBackoff = field(factory=ServerBackoff)
    latency: Latency = field(factory=Latency)
    ledger: Ledger = field(factory=Ledger)
    server_clock: ServerClock = field(factory=ServerClock)
    trust: Trust = field(factory=Trust)
    claims: dict[object, object] = field(factory=dict)  # what only one flow at a time does, and which one

    def deadline(self, now: float, timeout: float, spread: float = 0.0) -> Deadline:
        """Return the deadline of a wait that begins now; a timeout of 0 leaves time for one poll."""
        return Deadline(now + timeout, timeout == 0, self.latency, spread)

    def budget(self, now: float) -> Budget:
        """Return what many queries may use of the hour, as the limiter counts it, or the API where that is less."""
        if self.limiter is None:
            return UNLIMITED
        seen = self.server_backoff.seen if now - self.server_backoff.seen_at < FRESH else None
        return budget_of(self.limiter.allowance(now), self.ledger, seen, now)

    def emit(self, event: object) -> Flow[None]:
        """Pass an event to `on_event`."""
        if self.on_event is not None:
            yield Call(self.on_event, event)
