"""One request, and one request that is tried again."""

import math
from collections.abc import Callable
from typing import TypeVar

from .._contract.messages import Answer, Lane, Request
from .._core.context import ClientContext
from .._core.effects import Collect, Flow, Pending, Renew, Send, Sleep, acquire, now, send
from .._core.limits import PERMITTED, Permit
from .._core.polling import Deadline
from .._core.retrying import CALL_ERRORS, CallError, Predicate, backoff, is_worth_waiting
from .._models import Attempt
from ..errors import AuthenticationError, LimitExceededError, RateLimitError
from ..events import RequestDone, RetryScheduled

T = TypeVar("T")
GRACE = 5.0  # seconds in which an answer may still come when its request was sent just before a deadline


def ask(
    context: ClientContext,
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
    answer = yield from exchanged(context, request, deadline, held, sent)
    try:
        return (yield from understood(context, answer, read))
    except AuthenticationError:
        if not context.renewable:
            raise
    yield Renew(answer.credential)
    answer = yield from exchanged(context, request, deadline, held)
    return (yield from understood(context, answer, read))


def understood(context: ClientContext, answer: Answer, read: Callable[[Answer], T]) -> Flow[T]:
    """Read an answer; one that refuses for the rate closes the gate for everything that shares the client."""
    try:
        return read(answer)
    except RateLimitError as error:
        context.server_backoff.on_rate_limited((yield from now()), error)
        raise


def exchanged(
    context: ClientContext, request: Request, deadline: Deadline, held: float, sent: Pending | None = None
) -> Flow[Answer]:
    """Send a request once, unless it is under way, and tell of the answer."""
    permit = PERMITTED if sent else (yield from slot(context, request.lane, deadline))
    began = yield from now()
    answer = yield from send(Collect(sent) if sent else bounded(context, request, deadline.remaining(began), held))
    moment = yield from now()
    context.server_backoff.on_response(moment, answer)
    if permit.answered is not None:
        permit.answered(moment)
    yield from context.emit(RequestDone(operation=request.operation, status=answer.status, seconds=moment - began))
    return answer


def bounded(context: ClientContext, request: Request, remaining: float, held: float) -> Send:
    """Let a request take no longer than its timeout and what is left of the deadline."""
    total = max(remaining, min(GRACE, context.timeout))
    return Send(request, min(context.timeout + held, total), None if math.isinf(total) else total)


def retried(context: ClientContext, once: Callable[[], Flow[T]], is_worth_it: Predicate, deadline: Deadline) -> Flow[T]:
    """Try again what may succeed soon; raise the last error, which tells the tries before it."""
    attempts: list[Attempt] = []
    while True:
        try:
            return (yield from once())
        except CALL_ERRORS as error:
            pause = next_pause(context, error, attempts)
            late = (yield from now()) + pause > deadline.at
            if late or not is_worth_it(error) or not is_worth_waiting(context.retry, error, len(attempts) + 1):
                raise with_attempts(error, attempts) from error.__cause__
            attempts.append(Attempt(error.message, pause))
            yield from context.emit(RetryScheduled(error=error, pause=pause, tries=len(attempts)))
        yield Sleep(pause)


def next_pause(context: ClientContext, error: CallError, attempts: list[Attempt]) -> float:
    """Return how long to wait after this failure."""
    return backoff(context.retry, error, len(attempts) + 1, context.draw)


def with_attempts(error: CallError, attempts: list[Attempt]) -> CallError:
    """Put the tries before it on an error."""
    error.attempts = tuple(attempts)
    if attempts:
        error.add_note(f"this was try {len(attempts) + 1}; see .attempts")
    return error


SLOT_GRACE = 1.0  # seconds for which a poll that falls on a deadline may still wait for its slot


def slot(context: ClientContext, lane: Lane, deadline: Deadline) -> Flow[Permit]:
    """Take a slot; raise LimitExceededError when there is none for longer than the caller has patience."""
    while pause := (permit := (yield from wait_for_slot(context, lane))).wait:
        moment = yield from now()
        if pause > min(max(SLOT_GRACE, deadline.remaining(moment)), context.retry.retry_after_ceiling):
            raise LimitExceededError(
                f"nothing was sent: the limits of the key allow no {lane.value} for another {pause:.1f} s",
                sent=False,
                retry_after=pause,
            )
        yield Sleep(pause)
    return permit


def wait_for_slot(context: ClientContext, lane: Lane) -> Flow[Permit]:
    """Take a slot if there is one, and say how long there is none."""
    moment = yield from now()
    closed = context.server_backoff.wait(moment)
    if closed or context.limiter is None:
        return Permit(closed) if closed else PERMITTED
    permit = yield from acquire(context.limiter, lane, moment)
    if permit.event is not None:
        yield from context.emit(permit.event)
    return permit
