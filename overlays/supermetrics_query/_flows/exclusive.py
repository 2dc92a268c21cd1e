"""Letting one flow of a client at a time do what others would only do again."""

from typing import TypeVar

from .._core.context import ClientContext
from .._core.effects import Flow, Sleep, now
from .._core.polling import Deadline
from ..errors import TransportError

T = TypeVar("T")

PAUSE = 0.05  # seconds after which to see whether the other flow has ended


def exclusively(context: ClientContext, key: object, flow: Flow[T], deadline: Deadline) -> Flow[T]:
    """Perform a flow when no other flow of the client runs under the same key; raise TransportError at the deadline."""
    mine = object()
    while context.claims.setdefault(key, mine) is not mine:  # atomic, so threads may compete
        moment = yield from now()
        if deadline.is_over(moment):
            raise TransportError("another request that this one needs has had no answer in time", sent=False)
        yield Sleep(min(PAUSE, deadline.remaining(moment, PAUSE)))
    try:
        return (yield from flow)
    finally:
        del context.claims[key]
