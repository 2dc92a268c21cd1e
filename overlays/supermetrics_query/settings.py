"""What a client was told, as one value that every flow reads."""

import random
from collections.abc import Callable

from attrs import field, frozen

from .effects import Call, Flow, Limits
from .events import OnEvent
from .gates import Gate
from .policies import PollPolicy, RetryPolicy


@frozen(kw_only=True)
class Settings:
    """How patient a client is. `timeout` bounds one request, `draw` gives the numbers behind jitter."""

    poll: PollPolicy
    retry: RetryPolicy
    timeout: float
    page_size: int
    renewable: bool  # whether a token provider can replace a refused credential
    draw: Callable[[], float] = random.random
    on_event: OnEvent | None = None
    limits: Limits | None = None
    gate: Gate = field(factory=Gate)  # the one part that changes, with every answer

    def tell(self, event: object) -> Flow[None]:
        """Hand an event to whoever listens."""
        if self.on_event is not None:
            yield Call(self.on_event, event)
