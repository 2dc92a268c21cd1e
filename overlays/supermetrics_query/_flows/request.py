"""One request, within its limits and its deadline, and one request that is sent again where it fails."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

from .._contract.messages import Answer, Lane, Request
from .._contract.validation import checked_kind
from .._core.context import ClientContext
from .._core.effects import Collect, Flow, Pending, Renew, Send, Sleep, acquire, now, send
from .._core.limits import PERMITTED, Permit
from .._core.polling import Deadline
from .._core.retrying import CALL_ERRORS, CallError, Predicate, backoff, is_worth_waiting
from .._models import Attempt
from ..errors import AuthenticationError, LimitExceededError, RateLimitError, UnreadableResponseError
from ..events import RequestDone, RetryScheduled

T = TypeVar("T")

PERMIT_GRACE = 1.0  # seconds for which the one poll of a deadline that is now may wait for its permit


def call(
    context: ClientContext,
    request: Request,
    parse: Callable[[Answer], T],
    deadline: Deadline,
    *,
    held: float = 0.0,
    pending: Pending[Any] | None = None,
) -> Flow[T]:
    """Return what an answer says; a refused credential is renewed once.

    `held` is how long the server may hold the answer back; `pending` is the request, where it is under way.
    """
    answer = yield from fetch(context, request, deadline, held, pending)
    try:
        return (yield from parsed(context, answer, parse))
    except AuthenticationError:
        if not context.renewable:
            raise
    yield Renew(answer.credential)
    answer = yield from fetch(context, request, deadline, held)
    return (yield from parsed(context, answer, parse))


def fetch(
    context: ClientContext, request: Request, deadline: Deadline, held: float, pending: Pending[Any] | None = None
) -> Flow[Answer]:
    """Return the answer to a request, whatever it says; send the request unless it is under way."""
    permit = PERMITTED if pending else (yield from permitted(context, request.lane, deadline))
    began = yield from now()
    effect = Collect(pending) if pending else bounded(context, request, deadline, began, held)
    answer = yield from send(effect)
    ended = yield from now()
    context.server_backoff.on_response(ended, answer)
    context.server_clock.on_response(ended, answer)
    if not pending and not held:
        # A caller that took its time lengthens the one, a clock of a test shortens the other.
        context.latency.record(min(ended - began, answer.seconds))
    if permit.answered is not None:
        permit.answered(ended)
    yield from context.emit(RequestDone(operation=request.operation, status=answer.status, seconds=ended - began))
    return answer


def parsed(context: ClientContext, answer: Answer, parse: Callable[[Answer], T]) -> Flow[T]:
    """Return what an answer says; a refusal for the rate holds back everything that shares the client."""
    try:
        return parse(answer)
    except UnreadableResponseError:
        answer.discard()  # what its connection brings next may belong to another request
        raise
    except RateLimitError as error:
        context.server_backoff.on_rate_limited((yield from now()), error)
        raise


def bounded(context: ClientContext, request: Request, deadline: Deadline, now: float, held: float) -> Send:
    """Return the effect of sending a request that takes no longer than its timeout and what the deadline leaves."""
    timeout = context.timeout + held
    total = deadline.remaining(now, timeout)
    return Send(request, min(timeout, total), None if math.isinf(total) else total)


def retried(context: ClientContext, once: Callable[[], Flow[T]], is_worth_it: Predicate, deadline: Deadline) -> Flow[T]:
    """Return the first success; raise the last error, which lists the attempts before it."""
    attempts: list[Attempt] = []
    while True:
        try:
            return (yield from once())
        except CALL_ERRORS as error:
            pause = backoff(context.retry, error, len(attempts) + 1, context.draw)
            late = (yield from now()) + pause > deadline.at
            if late or not is_worth_it(error) or not is_worth_waiting(context.retry, error, len(attempts) + 1):
                raise with_attempts(error, attempts) from error.__cause__
            attempts.append(Attempt(error.message, pause))
            yield from context.emit(RetryScheduled(error=error, pause=pause, tries=len(attempts)))
        yield Sleep(pause)


def with_attempts(error: CallError, attempts: list[Attempt]) -> CallError:
    """Return an error that lists the attempts before it."""
    error.attempts = tuple(attempts)
    if attempts:
        error.add_note(f"this was attempt {len(attempts) + 1}; see .attempts")
    return error


def permitted(context: ClientContext, lane: Lane, deadline: Deadline) -> Flow[Permit]:
    """Return a permit; raise LimitExceededError when there is none for longer than the caller can wait."""
    while pause := (permit := (yield from try_permit(context, lane))).wait:
        remaining = deadline.remaining((yield from now()), PERMIT_GRACE)
        if pause > min(remaining, context.retry.retry_after_ceiling):
            raise LimitExceededError(
                f"nothing was sent: the limits of the key allow no {lane.value} for another {pause:.1f} s",
                sent=False,
                retry_after=pause,
            )
        yield Sleep(pause, is_for_permit=True)
    return permit


def try_permit(context: ClientContext, lane: Lane) -> Flow[Permit]:
    """Return a permit if the server and the limiter allow a request now, else how long they do not."""
    moment = yield from now()
    held_back = context.server_backoff.wait(moment)
    if held_back or context.limiter is None:
        return Permit(held_back) if held_back else PERMITTED
    permit = checked_kind("what a limiter returns", (yield from acquire(context.limiter, lane, moment)), Permit)
    if permit.event is not None:
        yield from context.emit(permit.event)
    if not permit.wait:
        context.ledger.record(moment)
    return permit
