"""Flows performed by hand: one effect after another; a function without arguments supplies the answers."""

from collections.abc import Callable
from typing import Any, TypeVar

import httpx
from attrs import define, field
from supermetrics_query import PollPolicy, RetryPolicy, SupermetricsQueryError, TransportError
from supermetrics_query._contract.messages import Answer
from supermetrics_query._core.context import ClientContext
from supermetrics_query._core.effects import Done, Effect, Flow, Now, Outcome, Send, Sleep, resume

T = TypeVar("T")
URL = "https://api.test/enterprise/v2/query/status"

Reply = httpx.Response | TransportError


def settings(poll: PollPolicy, retry: RetryPolicy, draw: Callable[[], float]) -> ClientContext:
    """Return a context with these policies."""
    return ClientContext(poll=poll, retry=retry, timeout=30.0, page_size=10_000, renewable=False, draw=draw)


def lost() -> TransportError:
    """Return the error of a request without an answer."""
    return TransportError("no answer to get_query_status: ReadError", sent=True)


@define
class Poll:
    """One request and its answer, with their times."""

    sent: float
    answered: float
    reply: Reply

    @property
    def asked(self) -> float:
        """How many seconds the answer asks the client to wait."""
        return 0.0 if isinstance(self.reply, TransportError) else float(self.reply.headers.get("retry-after", 0))


@define
class Stepper:
    """Performs the effects of a flow; only sleeps and answers take time."""

    reply: Callable[[], tuple[float, Reply]]  # how long an answer takes, and what it is
    time: float = 1000.0
    slept: list[float] = field(factory=list)
    polls: list[Poll] = field(factory=list)

    def run(self, flow: Flow[T]) -> T:
        """Perform a flow to its end."""
        step = resume(flow)
        while not isinstance(step, Done):
            step = resume(flow, self.perform(step))
        return step.value

    def ending(self, flow: Flow[Any]) -> SupermetricsQueryError | None:
        """Perform a flow and return the error that ended it."""
        try:
            self.run(flow)
        except SupermetricsQueryError as error:
            return error
        return None

    def perform(self, effect: Effect) -> Outcome:
        """Perform one effect."""
        match effect:
            case Now():
                return Outcome(self.time)
            case Sleep():
                self.slept.append(effect.seconds)
                self.time += effect.seconds
                return Outcome()
            case Send():
                return self.send()
            case _:
                raise AssertionError(f"unexpected {effect!r}")

    def send(self) -> Outcome:
        """Return the next answer."""
        duration, reply = self.reply()
        self.polls.append(Poll(self.time, self.time + duration, reply))
        self.time += duration
        if isinstance(reply, TransportError):
            return Outcome(error=reply)
        return Outcome(Answer(reply.status_code, dict(reply.headers), reply.content, "GET", URL))
