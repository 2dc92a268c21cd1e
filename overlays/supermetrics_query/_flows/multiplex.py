"""Many flows in one: each goes on when what it waits for has come.

Only requests are under way at the same time; all thinking stays in one place, and a sync client needs no threads of its
own for it.
"""

import math

from attrs import define, field

from .._core.effects import Await, Begin, Collect, Done, Effect, Flow, Outcome, Pending, Send, Sleep, now, resume
from ..errors import SupermetricsQueryError

LONGEST = 3_600.0  # seconds; a pause is looked at again after that


@define(eq=False)
class Strand:
    """A flow among others, and what it waits for: an outcome that is there, a request, or a moment."""

    flow: Flow[None]
    outcome: Outcome | None = None
    pending: Pending | None = None
    is_collected: bool = False  # whether the flow wants the answer rather than the request
    wakes: float = -math.inf

    def is_ready(self, moment: float) -> bool:
        """Tell whether the flow can go on."""
        return self.pending.done() if self.pending is not None else self.wakes <= moment


@define
class Weave:
    """The flows that go on together. None of them gives items, and each handles its own errors."""

    strands: list[Strand] = field(factory=list)

    def add(self, flow: Flow[None]) -> None:
        """Let a flow go on with the others."""
        self.strands.append(Strand(flow))

    def advance(self) -> Flow[None]:
        """Let every flow go on as far as it can."""
        moment = yield from now()
        for strand in [strand for strand in self.strands if strand.is_ready(moment)]:
            yield from self.go_on(strand)

    def pause(self, until: float) -> Flow[None]:
        """Wait until a flow can go on, or until a moment."""
        moment = yield from now()
        pending = [strand.pending for strand in self.strands if strand.pending is not None]
        wakes = min([until, *(strand.wakes for strand in self.strands if strand.pending is None)])
        seconds = min(max(0.0, wakes - moment), LONGEST)
        if pending:
            yield Await(pending, seconds)
        elif seconds:
            yield Sleep(seconds)

    def close(self) -> None:
        """Give up everything that has not ended."""
        for strand in self.strands:
            strand.flow.close()
            if strand.pending is not None:
                strand.pending.cancel()

    def go_on(self, strand: Strand) -> Flow[None]:
        """Step a flow until it waits or ends."""
        if strand.pending is not None:
            strand.outcome = yield from arrived(strand)
        while True:
            step = resume(strand.flow, strand.outcome)
            if isinstance(step, Done):
                self.strands.remove(strand)
                return
            match step:
                case Send() | Begin():
                    strand.is_collected = isinstance(step, Send)
                    strand.pending = yield Begin(step) if isinstance(step, Send) else step
                    return
                case Sleep():
                    strand.wakes, strand.outcome = (yield from now()) + step.seconds, Outcome()
                    return
            strand.outcome = yield from performed(step)


def arrived(strand: Strand) -> Flow[Outcome]:
    """Return what a flow has waited for."""
    pending, strand.pending = strand.pending, None
    if pending is None or not strand.is_collected:
        return Outcome(pending)
    return (yield from performed(Collect(pending)))


def performed(effect: Effect) -> Flow[Outcome]:
    """Have an effect performed for another flow."""
    try:
        return Outcome((yield effect))
    except SupermetricsQueryError as error:
        return Outcome(error=error)
