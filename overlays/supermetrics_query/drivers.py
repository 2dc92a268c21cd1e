"""Perform what flows ask for: two drivers, one sync and one async, and no thinking.

Only our own errors are thrown into a flow. Everything else (Ctrl-C, a cancelled task, an error of the user's callback)
passes through and closes the flow.
"""

import inspect
import threading
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

import anyio

from .background import TaskWork, in_thread
from .clocks import Clock
from .credentials import Credentials
from .effects import Answer, Begin, Call, Collect, Done, Effect, Flow, Give, Now, Outcome, Renew, Send, Sleep, resume
from .errors import ConfigurationError, SupermetricsQueryError
from .transport import AsyncTransport, Transport

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
                if isinstance(step, Give):
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
        match effect:
            case Send():
                return self._send(effect)
            case Begin():
                return in_thread(partial(self._send, effect.send))
            case Collect(Future() as pending):
                return pending.result()
            case Sleep():
                self._clock.sleep(effect.seconds)
            case Now():
                return self._clock.now()
            case Renew():
                self._renew(effect.stale)
            case Call():
                return settled(effect.function(effect.argument))
            case _:
                raise ConfigurationError(f"this flow must be iterated over: {effect!r}")
        return None

    def _send(self, effect: Send) -> Answer:
        if self._credentials.is_missing:
            self._renew(NO_CREDENTIAL)
        return self._transport.send(effect, self._credentials)

    def _renew(self, stale: int) -> None:
        with self._renewal:
            if self._credentials.serial == stale:
                self._credentials.replace(settled(self._credentials.ask()))


class AsyncDriver:
    """Perform effects in the task of the caller, under asyncio or trio; tasks may share one."""

    def __init__(self, transport: AsyncTransport, credentials: Credentials, clock: Clock) -> None:
        """Take what it needs to send, to prove who is asking, and to wait."""
        self._transport = transport
        self._credentials = credentials
        self._clock = clock
        self._renewal = anyio.Lock()

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
                if isinstance(step, Give):
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
        match effect:
            case Send():
                return await self._send(effect)
            case Begin():
                return TaskWork(partial(self._send, effect.send))
            case Collect(TaskWork() as pending):
                return await pending.result()
            case Sleep():
                await self._clock.sleep_async(effect.seconds)
            case Now():
                return self._clock.now()
            case Renew():
                await self._renew(effect.stale)
            case Call():
                return await awaited(effect.function(effect.argument))
            case _:
                raise ConfigurationError(f"this flow must be iterated over: {effect!r}")
        return None

    async def _send(self, effect: Send) -> Answer:
        if self._credentials.is_missing:
            await self._renew(NO_CREDENTIAL)
        return await self._transport.send(effect, self._credentials)

    async def _renew(self, stale: int) -> None:
        async with self._renewal:
            if self._credentials.serial == stale:
                self._credentials.replace(await awaited(self._credentials.ask()))


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
