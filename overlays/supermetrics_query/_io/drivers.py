"""Perform what flows ask for: two drivers, one sync and one async, and no thinking.

Only our own errors are thrown into a flow. Everything else (Ctrl-C, a cancelled task, an error of the user's callback)
passes through and closes the flow.
"""

import inspect
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from functools import partial
from typing import Any, NoReturn, TypeVar

import anyio

from .._contract.messages import Answer
from .._core.effects import (
    Acquire,
    Await,
    Begin,
    Call,
    Collect,
    Done,
    Effect,
    Flow,
    Now,
    Outcome,
    Renew,
    Send,
    Sleep,
    Yield,
    resume,
)
from ..errors import ConfigurationError, SupermetricsQueryError
from .clock import Clock
from .credentials import Credentials
from .httpx_transport import Transport
from .tasks import TaskWork, first_of, in_thread
from .transport import AsyncSender

T = TypeVar("T")
NO_CREDENTIAL = 0  # the serial before the first; to read it here could miss that another thread has just asked


class Driver:
    """Perform effects in the thread of the caller; threads may share one."""

    def __init__(self, transport: Transport, credentials: Credentials, clock: Clock) -> None:
        """Take what it needs to send, to prove who is asking, and to wait."""
        self._transport = transport
        self._credentials = credentials
        self._clock = clock
        self._renewal = threading.Lock()
        self._handlers: Mapping[type[Effect], Callable[[Any], object]] = {
            Send: self._send,
            Begin: self._begin,
            Collect: lambda effect: effect.pending.result(),
            Await: lambda effect: wait(effect.pending, effect.seconds, FIRST_COMPLETED),
            Acquire: lambda effect: effect.limiter.acquire(effect.lane, effect.moment),
            Renew: self._renew,
            Sleep: lambda effect: self._clock.sleep(effect.seconds),
            Now: lambda _: self._clock.now(),
            Call: lambda effect: settled(effect.function(effect.argument)),
        }

    def run(self, flow: Flow[T]) -> T:
        """Perform a flow to its end."""
        with closing(flow):
            step = resume(flow)
            while not isinstance(step, Done):
                step = resume(flow, self._perform(step))
            return step.value

    def iterate(self, flow: Flow[None]) -> Generator[Any, None, None]:
        """Perform a flow and yield what it gives."""
        with closing(flow):
            step = resume(flow)
            while not isinstance(step, Done):
                if isinstance(step, Yield):
                    yield step.item
                    step = resume(flow)
                else:
                    step = resume(flow, self._perform(step))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _perform(self, effect: Effect) -> Outcome:
        try:
            return Outcome(self._performed(effect))
        except SupermetricsQueryError as error:
            return Outcome(error=error)

    def _performed(self, effect: Effect) -> object:
        return self._handlers.get(type(effect), refuse)(effect)

    def _send(self, effect: Send) -> Answer:
        if self._credentials.is_missing:
            self._renew(Renew(NO_CREDENTIAL))
        return self._transport.send(effect, self._credentials)

    def _begin(self, effect: Begin) -> Future[Any]:
        if isinstance(effect.effect, Send):
            return in_thread(partial(self._send, effect.effect))
        future: Future[object] = Future()
        future.set_result(self._performed(effect.effect))
        return future

    def _renew(self, effect: Renew) -> None:
        with self._renewal:
            if self._credentials.serial == effect.stale:
                self._credentials.replace(settled(self._credentials.ask()))


class AsyncDriver:
    """Perform effects in the task of the caller, under asyncio or trio; tasks may share one."""

    def __init__(self, transport: AsyncSender, credentials: Credentials, clock: Clock) -> None:
        """Take what it needs to send, to prove who is asking, and to wait."""
        self._transport = transport
        self._credentials = credentials
        self._clock = clock
        self._renewal = anyio.Lock()
        self._handlers: Mapping[type[Effect], Callable[[Any], Awaitable[object]]] = {
            Send: self._send,
            Begin: self._begin,
            Collect: lambda effect: effect.pending.result(),
            Await: lambda effect: first_of(effect.pending, effect.seconds),
            Acquire: lambda effect: effect.limiter.acquire_async(effect.lane, effect.moment),
            Renew: self._renew,
            Sleep: lambda effect: self._clock.sleep_async(effect.seconds),
            Now: self._now,
            Call: lambda effect: awaited(effect.function(effect.argument)),
        }

    async def run(self, flow: Flow[T]) -> T:
        """Perform a flow to its end."""
        with closing(flow):
            step = resume(flow)
            while not isinstance(step, Done):
                step = resume(flow, await self._perform(step))
            return step.value

    async def iterate(self, flow: Flow[None]) -> AsyncGenerator[Any, None]:
        """Perform a flow and yield what it gives."""
        with closing(flow):
            step = resume(flow)
            while not isinstance(step, Done):
                if isinstance(step, Yield):
                    yield step.item
                    step = resume(flow)
                else:
                    step = resume(flow, await self._perform(step))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _perform(self, effect: Effect) -> Outcome:
        try:
            return Outcome(await self._performed(effect))
        except SupermetricsQueryError as error:
            return Outcome(error=error)

    async def _performed(self, effect: Effect) -> object:
        return await self._handlers.get(type(effect), refuse)(effect)

    async def _send(self, effect: Send) -> Answer:
        if self._credentials.is_missing:
            await self._renew(Renew(NO_CREDENTIAL))
        return await self._transport.send(effect, self._credentials)

    async def _begin(self, effect: Begin) -> TaskWork[Any]:
        return TaskWork(partial(self._performed, effect.effect))

    async def _now(self, _: Now) -> float:
        return self._clock.now()

    async def _renew(self, effect: Renew) -> None:
        async with self._renewal:
            if self._credentials.serial == effect.stale:
                self._credentials.replace(await awaited(self._credentials.ask()))


def refuse(effect: Effect) -> NoReturn:
    """Refuse what only an iteration can do."""
    raise ConfigurationError(f"this flow must be iterated over: {effect!r}")


def settled(result: object) -> object:
    """Return what a function of the user returned; a coroutine cannot be awaited here."""
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise ConfigurationError(
            "a coroutine function was given to QueryClient: use AsyncQueryClient, or a plain function"
        )
    return result


async def awaited(result: object) -> object:
    """Return what a function of the user returned, or what comes of awaiting it."""
    return await result if inspect.isawaitable(result) else result
