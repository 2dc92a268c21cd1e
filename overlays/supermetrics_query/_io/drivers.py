"""Perform what flows ask for: two drivers, one sync and one async, that decide nothing.

A flow may handle our own errors. Everything else (Ctrl-C, a cancelled task, an error of the user's callback) passes
through a flow, which may only say on it what continues, and closes it.
"""

import inspect
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, assert_never

import anyio
from anyio.lowlevel import RunVar

from .._contract.messages import Answer
from .._contract.validation import not_awaitable
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
    Pending,
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


def as_it_is(item: Any) -> Any:
    """Return an item that a flow yields for the caller."""
    return item


class Driver:
    """Performs effects in the thread of the caller; threads may share one."""

    def __init__(self, transport: Transport, credentials: Credentials, clock: Clock) -> None:
        """Take what it needs to send, to authenticate, and to wait."""
        self._transport = transport
        self._credentials = credentials
        self._clock = clock
        self._renewal = threading.Lock()

    def run(self, flow: Flow[T]) -> T:
        """Perform a flow to its end and return its result."""
        with ending(flow):
            step = resume(flow)
            while not isinstance(step, Done):
                step = resume(flow, self._outcome(step))
            return step.value

    def iterate(self, flow: Flow[None], convert: Callable[[Any], Any] = as_it_is) -> Generator[Any, None, None]:
        """Perform a flow, and yield its items as the caller wants them."""
        with ending(flow):
            step = resume(flow)
            while not isinstance(step, Done):
                if isinstance(step, Yield):
                    yield convert(step.item)
                    step = resume(flow)
                else:
                    step = resume(flow, self._outcome(step))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _outcome(self, effect: Effect) -> Outcome:
        try:
            return Outcome(self._perform(effect))
        except SupermetricsQueryError as error:
            return Outcome(error=error)

    def _perform(self, effect: Effect) -> object:
        match effect:
            case Now():
                return self._clock.now()
            case Send():
                return self._send(effect)
            case Acquire():
                return effect.limiter.acquire(effect.lane, effect.now)
            case Call():
                return plain(effect.function(effect.argument))
            case Begin():
                return self._begin(effect)
            case Collect():
                return effect.pending.result()
            case Sleep():
                self._clock.sleep(effect.seconds)
            case Await():
                wait(futures(effect.pending), effect.seconds, FIRST_COMPLETED)
            case Renew():
                self._renew(effect)
            case Yield():
                raise not_iterated(effect)
            case _:
                assert_never(effect)
        return None

    def _send(self, effect: Send) -> Answer:
        if self._credentials.is_missing:
            self._renew(Renew(NO_CREDENTIAL))
        return self._transport.send(effect, self._credentials)

    def _begin(self, effect: Begin) -> Future[Any]:
        if isinstance(effect.effect, Send):
            return in_thread(partial(self._send, effect.effect))
        future: Future[object] = Future()
        future.set_result(self._perform(effect.effect))
        return future

    def _renew(self, effect: Renew) -> None:
        with self._renewal:
            if self._credentials.serial == effect.stale:
                self._credentials.replace(plain(self._credentials.ask()))


class AsyncDriver:
    """Performs effects in the task of the caller, under asyncio or trio; tasks may share one."""

    def __init__(self, transport: AsyncSender, credentials: Credentials, clock: Clock) -> None:
        """Take what it needs to send, to authenticate, and to wait."""
        self._transport = transport
        self._credentials = credentials
        self._clock = clock
        self._renewal: RunVar[anyio.Lock] = RunVar(f"renewal {id(self)}")  # a lock belongs to an event loop

    async def run(self, flow: Flow[T]) -> T:
        """Perform a flow to its end and return its result."""
        with ending(flow):
            step = resume(flow)
            while not isinstance(step, Done):
                step = resume(flow, await self._outcome(step))
            return step.value

    async def iterate(self, flow: Flow[None], convert: Callable[[Any], Any] = as_it_is) -> AsyncGenerator[Any, None]:
        """Perform a flow, and yield its items as the caller wants them."""
        with ending(flow):
            step = resume(flow)
            while not isinstance(step, Done):
                if isinstance(step, Yield):
                    yield convert(step.item)
                    step = resume(flow)
                else:
                    step = resume(flow, await self._outcome(step))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _outcome(self, effect: Effect) -> Outcome:
        try:
            return Outcome(await self._perform(effect))
        except SupermetricsQueryError as error:
            return Outcome(error=error)

    async def _perform(self, effect: Effect) -> object:
        match effect:
            case Now():
                return self._clock.now()
            case Send():
                return await self._send(effect)
            case Acquire():
                return await effect.limiter.acquire_async(effect.lane, effect.now)
            case Call():
                return await awaited(effect.function(effect.argument))
            case Begin():
                return TaskWork(partial(self._perform, effect.effect))
            case Collect():
                return await awaited(effect.pending.result())
            case Sleep():
                await self._clock.sleep_async(effect.seconds)
            case Await():
                await first_of(works(effect.pending), effect.seconds)
            case Renew():
                await self._renew(effect)
            case Yield():
                raise not_iterated(effect)
            case _:
                assert_never(effect)
        return None

    async def _send(self, effect: Send) -> Answer:
        if self._credentials.is_missing:
            await self._renew(Renew(NO_CREDENTIAL))
        return await self._transport.send(effect, self._credentials)

    async def _renew(self, effect: Renew) -> None:
        lock = self._renewal.get(None) or anyio.Lock()
        self._renewal.set(lock)
        async with lock:
            if self._credentials.serial == effect.stale:
                self._credentials.replace(await awaited(self._credentials.ask()))


@contextmanager
def ending(flow: Flow[Any]) -> Iterator[None]:
    """Close a flow at the end of the block; what is raised in the block passes through the flow first."""
    try:
        yield
    except BaseException as error:
        flow.throw(error)
        raise
    finally:
        flow.close()


def futures(pending: Sequence[Pending[Any]]) -> list[Future[Any]]:
    """Return what the sync driver has begun."""
    return [each for each in pending if isinstance(each, Future)]


def works(pending: Sequence[Pending[Any]]) -> list[TaskWork[Any]]:
    """Return what the async driver has begun."""
    return [each for each in pending if isinstance(each, TaskWork)]


def not_iterated(effect: Yield) -> ConfigurationError:
    """Return the error for a flow that yields items to a caller that only wants its end."""
    return ConfigurationError(f"this flow must be iterated over: {effect!r}")


def plain(result: object) -> object:
    """Return what a function of the user returned; raise ConfigurationError for an awaitable."""
    return not_awaitable(
        result, "a coroutine function was given to QueryClient: use AsyncQueryClient, or a plain function"
    )


async def awaited(result: object) -> object:
    """Return what a function of the user returned, or the result of awaiting it."""
    return await result if inspect.isawaitable(result) else result
