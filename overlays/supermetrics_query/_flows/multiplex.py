"""Many flows in one: each goes on when what it waits for has come.

Only requests are under way at the same time; all thinking stays in one place, and a sync client needs no threads of its
own for it.
"""

import math

from attrs import define, field

from .._core.effects import Await, Begin, Collect, Done, Effect, Flow, Outcome, Pending, Send, Sleep, now, resume
from ..errors import SupermetricsQueryError

LONGEST = 3_600.0  # seconds; no single pause is longer


@define(eq=False)
class Task:
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
class Multiplexer:
    """The flows that go on together. None of them gives items, and each handles its own errors."""

    tasks: list[Task] = field(factory=list)

    def add(self, flow: Flow[None]) -> None:
        """Let a flow go on with the others."""
        self.tasks.append(Task(flow))

    def advance(self) -> Flow[None]:
        """Let every flow go on as far as it can."""
        moment = yield from now()
        for task in [task for task in self.tasks if task.is_ready(moment)]:
            yield from self.go_on(task)

    def pause(self, until: float) -> Flow[None]:
        """Wait until a flow can go on, or until a moment."""
        moment = yield from now()
        pending = [task.pending for task in self.tasks if task.pending is not None]
        wakes = min([until, *(task.wakes for task in self.tasks if task.pending is None)])
        seconds = min(max(0.0, wakes - moment), LONGEST)
        if pending:
            yield Await(pending, seconds)
        elif seconds:
            yield Sleep(seconds)

    def close(self) -> None:
        """Give up everything that has not ended."""
        for task in self.tasks:
            task.flow.close()
            if task.pending is not None:
                task.pending.cancel()

    def go_on(self, task: Task) -> Flow[None]:
        """Step a flow until it waits or ends."""
        if task.pending is not None:
            task.outcome = yield from arrived(task)
        while True:
            step = resume(task.flow, task.outcome)
            if isinstance(step, Done):
                self.tasks.remove(task)
                return
            match step:
                case Send() | Begin():
                    task.is_collected = isinstance(step, Send)
                    task.pending = yield Begin(step) if isinstance(step, Send) else step
                    return
                case Sleep():
                    task.wakes, task.outcome = (yield from now()) + step.seconds, Outcome()
                    return
            task.outcome = yield from performed(step)


def arrived(task: Task) -> Flow[Outcome]:
    """Return what a flow has waited for."""
    pending, task.pending = task.pending, None
    if pending is None or not task.is_collected:
        return Outcome(pending)
    return (yield from performed(Collect(pending)))


def performed(effect: Effect) -> Flow[Outcome]:
    """Have an effect performed for another flow."""
    try:
        return Outcome((yield effect))
    except SupermetricsQueryError as error:
        return Outcome(error=error)
