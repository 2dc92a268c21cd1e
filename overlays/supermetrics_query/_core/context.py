"""What every flow of a client reads: its options, and what the answers have said of the limits."""

import math
import random
from collections.abc import Callable

from attrs import define, field, frozen

from .._contract.messages import Answer, rate_limit
from ..errors import QuotaExceededError, RateLimitError
from ..events import OnEvent
from .effects import Call, Flow
from .limits import BaseLimiter
from .polling import PollPolicy
from .retrying import RetryPolicy

HOUR, SECOND = 3_600.0, 1.0
UNTOLD = 1.0  # seconds that the gate stays closed for a refusal that does not say how long
LONGEST_RETRY_AFTER = 86_400.0  # the most that the contract knows; more is a broken server
HOURLY = 1_000  # a limit from here on is one of an hour


@define
class ServerBackoff:
    """When requests may go again, whatever our own count says. Times are readings of the clock of the client."""

    opens: float = -math.inf

    def wait(self, moment: float) -> float:
        """Return for how long nothing may be sent."""
        return max(0.0, self.opens - moment)

    def on_response(self, moment: float, answer: Answer) -> None:
        """Close for a moment after the last request that the API allows, as its headers count them."""
        rate = rate_limit(answer.headers)
        if rate is not None and rate.remaining == 0 and rate.limit:
            self.close(moment + (HOUR if rate.limit >= HOURLY else SECOND) / rate.limit)

    def on_rate_limited(self, moment: float, error: RateLimitError) -> None:
        """Close after a refusal; one for a quota of the licence says nothing of other queries."""
        pause = UNTOLD if error.retry_after is None else error.retry_after
        if pause <= LONGEST_RETRY_AFTER and not isinstance(error, QuotaExceededError):
            self.close(moment + pause)

    def close(self, until: float) -> None:
        """Let nothing through until then."""
        self.opens = max(self.opens, until)


@frozen(kw_only=True)
class ClientContext:
    """How patient a client is. `timeout` bounds one request, `draw` gives the numbers behind jitter."""

    poll: PollPolicy
    retry: RetryPolicy
    timeout: float
    page_size: int
    renewable: bool  # whether a token provider can replace a refused credential
    draw: Callable[[], float] = random.random
    on_event: OnEvent | None = None
    limiter: BaseLimiter | None = None
    server_backoff: ServerBackoff = field(factory=ServerBackoff)  # the one part that changes, with every answer

    def emit(self, event: object) -> Flow[None]:
        """Hand an event to whoever listens."""
        if self.on_event is not None:
            yield Call(self.on_event, event)
