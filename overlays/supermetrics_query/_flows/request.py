"""One request, and one request that is tried again."""

import math
from collections.abc import Callable
from typing import TypeVar

from .._contract.messages import Answer, Lane, Request
from .._core.context import Settings
from .._core.effects import Collect, Flow, Pending, Renew, Send, Sleep, now, send, take
from .._core.limits import GRANTED, Grant
from .._core.polling import Deadline
from .._core.retrying import CALL_ERRORS, CallError, Predicate, backoff, is_worth_waiting
from .._models import Attempt
from ..errors import AuthenticationError, LimitExceededError, RateLimitError
from ..events import RequestDone, RetryScheduled

T = TypeVar("T")
GRACE = 5.0  # seconds in which an answer may still come when its request was sent just before a deadline


def ask(
    settings: Settings,
    request: Request,
    read: Callable[[Answer], T],
    deadline: Deadline,
    *,
    held: float = 0.0,
    sent: Pending | None = None,
) -> Flow[T]:
    """Send a request and read its answer; a refused credential is renewed once.

    `held` is for how long the server was asked to hold the answer back, `sent` is the request if it is under way.
    """
    answer = yield from exchanged(settings, request, deadline, held, sent)
    try:
        return (yield from understood(settings, answer, read))
    except AuthenticationError:
        if not settings.renewable:
            raise
    yield Renew(answer.credential)
    answer = yield from exchanged(settings, request, deadline, held)
    return (yield from understood(settings, answer, read))


def understood(settings: Settings, answer: Answer, read: Callable[[Answer], T]) -> Flow[T]:
    """Read an answer; one that refuses for the rate closes the gate for everything that shares the client."""
    try:
        return read(answer)
    except RateLimitError as error:
        settings.gate.refused((yield from now()), error)
        raise


def exchanged(
    settings: Settings, request: Request, deadline: Deadline, held: float, sent: Pending | None = None
) -> Flow[Answer]:
    """Send a request once, unless it is under way, and tell of the answer."""
    grant = GRANTED if sent else (yield from slot(settings, request.lane, deadline))
    began = yield from now()
    answer = yield from send(Collect(sent) if sent else bounded(settings, request, deadline.left(began), held))
    moment = yield from now()
    settings.gate.saw(moment, answer)
    if grant.answered is not None:
        grant.answered(moment)
    yield from settings.tell(RequestDone(operation=request.operation, status=answer.status, seconds=moment - began))
    return answer


def bounded(settings: Settings, request: Request, left: float, held: float) -> Send:
    """Let a request take no longer than its timeout and what is left of the deadline."""
    total = max(left, min(GRACE, settings.timeout))
    return Send(request, min(settings.timeout + held, total), None if math.isinf(total) else total)


def retried(settings: Settings, once: Callable[[], Flow[T]], is_worth_it: Predicate, deadline: Deadline) -> Flow[T]:
    """Try again what may succeed soon; raise the last error, which tells the tries before it."""
    attempts: list[Attempt] = []
    while True:
        try:
            return (yield from once())
        except CALL_ERRORS as error:
            pause = next_pause(settings, error, attempts)
            late = (yield from now()) + pause > deadline.at
            if late or not is_worth_it(error) or not is_worth_waiting(settings.retry, error, len(attempts) + 1):
                raise with_attempts(error, attempts) from error.__cause__
            attempts.append(Attempt(error.message, pause))
            yield from settings.tell(RetryScheduled(error=error, pause=pause, tries=len(attempts)))
        yield Sleep(pause)


def next_pause(settings: Settings, error: CallError, attempts: list[Attempt]) -> float:
    """Return how long to wait after this failure."""
    return backoff(settings.retry, error, len(attempts) + 1, settings.draw)


def with_attempts(error: CallError, attempts: list[Attempt]) -> CallError:
    """Put the tries before it on an error."""
    error.attempts = tuple(attempts)
    if attempts:
        error.add_note(f"this was try {len(attempts) + 1}; see .attempts")
    return error


SLOT_GRACE = 1.0  # seconds for which a look that falls on a deadline may still wait for its slot


def slot(settings: Settings, lane: Lane, deadline: Deadline) -> Flow[Grant]:
    """Take a slot; raise LimitExceededError when there is none for longer than the caller has patience."""
    while pause := (grant := (yield from wait_for_slot(settings, lane))).wait:
        moment = yield from now()
        if pause > min(max(SLOT_GRACE, deadline.left(moment)), settings.retry.retry_after_ceiling):
            raise LimitExceededError(
                f"nothing was sent: the limits of the key allow no {lane.value} for another {pause:.1f} s",
                sent=False,
                retry_after=pause,
            )
        yield Sleep(pause)
    return grant


def wait_for_slot(settings: Settings, lane: Lane) -> Flow[Grant]:
    """Take a slot if there is one, and say how long there is none."""
    moment = yield from now()
    closed = settings.gate.wait(moment)
    if closed or settings.limits is None:
        return Grant(closed) if closed else GRANTED
    grant = yield from take(settings.limits, lane, moment)
    if grant.event is not None:
        yield from settings.tell(grant.event)
    return grant
