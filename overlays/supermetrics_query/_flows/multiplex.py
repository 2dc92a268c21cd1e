"""Many flows in one: each continues when what it waits for has arrived.

Only requests are under way at the same time. All decisions stay in one place, so sync code needs no threads for them.
"""

import math
from collections.abc import Iterable
from typing import Any

from attrs import define, field

from .._core.effects import Await, Begin, Collect, Done, Effect, Flow, Outcome, Pending, Send, Sleep, now, resume
from ..errors import SupermetricsQueryError

LONGEST = 3_600.0  # seconds; no single pause is longer
PATIENCE = 1.0  # seconds for which a request without an answer may hold others back


@define(eq=False)
class Task:
    """A flow among others, and what it waits for: an outcome that is there, a request, or a moment."""

    flow: Flow[None]
    outcome: Outcome | None = None
    pending: Pending[Any] | None = None
    is_collected: bool = False  # whether the flow wants the answer rather than the request
    wakes: float = -math.inf
    is_urgent: bool = False  # whether no start may be sent before it
    is_waiting: bool = True  # whether it is about to send, as soon as the limits allow that
    holds_until: float = math.inf  # until when it may hold others back; without end while nothing was sent

    def is_ready(self, moment: float) -> bool:
        """Return whether the flow can continue."""
        return self.pending.done() if self.pending is not None else self.wakes <= moment


@define
class Multiplexer:
    """Flows that run together. None of them yields items, and each handles its own errors."""

    tasks: list[Task] = field(factory=list)

    @property
    def is_pressed(self) -> bool:
        """Whether something urgent waits to be sent."""
        return any(task.is_urgent and task.is_waiting for task in self.tasks)

    def add(self, flow: Flow[None], *, is_urgent: bool = False) -> Task:
        """Run a flow with the others."""
        task = Task(flow, is_urgent=is_urgent)
        self.tasks.append(task)
        return task

    def advance(self) -> Flow[None]:
        """Continue every flow as far as it can go."""
        moment = yield from now()
        for task in [task for task in self.tasks if task.is_ready(moment)]:
            yield from self.continue_(task)

    def pause(self, until: float) -> Flow[None]:
        """Wait until a flow can continue, or until a moment."""
        moment = yield from now()
        pending = [task.pending for task in self.tasks if task.pending is not None]
        wakes = min([until, *(task.wakes for task in self.tasks if task.pending is None)])
        seconds = min(max(0.0, wakes - moment), LONGEST)
        if pending:
            yield Await(pending, seconds)
        elif seconds:
            yield Sleep(seconds)

    def close(self) -> None:
        """Close every flow that has not ended, and cancel what it waits for."""
        for task in self.tasks:
            task.flow.close()
            if task.pending is not None:
                task.pending.cancel()

    def continue_(self, task: Task) -> Flow[None]:
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
                    task.is_waiting, task.holds_until = False, (yield from now()) + PATIENCE
                    return
                case Sleep():
                    task.wakes, task.outcome = (yield from now()) + step.seconds, Outcome()
                    task.is_waiting = step.is_for_permit
                    return
            task.outcome = yield from performed(step)


def held_until(tasks: Iterable[Task], most: int, moment: float) -> float | None:
    """Return when one of the tasks makes room for another, None where fewer than the most hold others back now."""
    holding = [task.holds_until for task in tasks if task.holds_until > moment]
    return min(holding) if len(holding) >= most else None


def arrived(task: Task) -> Flow[Outcome]:
    """Return what a flow has waited for."""
    pending, task.pending, task.holds_until = task.pending, None, math.inf
    if pending is None or not task.is_collected:
        return Outcome(pending)
    return (yield from performed(Collect(pending)))


def performed(effect: Effect) -> Flow[Outcome]:
    """Perform an effect for another flow, and return what it gave."""
    try:
        return Outcome((yield effect))
    except SupermetricsQueryError as error:
        return Outcome(error=error)
