"""Waiting until a request may be sent: for the gate that a refusal closes, and for the limits of the key."""

from .._contract.messages import Lane
from .._core.context import Settings
from .._core.effects import Flow, Sleep, now, take
from .._core.limits import GRANTED, Grant
from .._core.polling import Deadline
from ..errors import LimitExceededError

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
