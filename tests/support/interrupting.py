"""Drivers that are interrupted at a chosen moment: before an effect, or while a request is under way."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import anyio
import httpx
from attrs import define, field
from supermetrics_query._core.effects import Effect, Flow
from supermetrics_query._io.credentials import Credentials
from supermetrics_query._io.drivers import AsyncDriver, Driver, as_it_is
from supermetrics_query._io.httpx_transport import AsyncTransport, Transport

from tests.support.scripted import BASE_URL, KEY, Script

NEVER = 10**6


class InterruptError(BaseException):
    """An interruption such as Ctrl-C: not an Exception."""


@define
class Moment:
    """The moment of an interruption, counted in effects and requests."""

    at: int = NEVER
    passed: int = 0
    error: InterruptError = field(factory=InterruptError)
    scope: anyio.CancelScope | None = None

    def is_now(self) -> bool:
        """Count one more moment, and return whether it is the one."""
        self.passed += 1
        return self.passed - 1 == self.at

    def pass_by(self) -> None:
        """Interrupt a thread."""
        if self.is_now():
            raise self.error

    async def pass_by_async(self) -> None:
        """Cancel a task, which then waits until the cancellation reaches it."""
        if self.is_now() and self.scope:
            self.scope.cancel()
            await anyio.sleep_forever()


class InterruptedDriver(Driver):
    """A driver whose thread is interrupted."""

    def __init__(self, script: Script, moment: Moment) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            response = script(request)
            moment.pass_by()
            return response

        options = {"transport": httpx.MockTransport(answer)}
        super().__init__(Transport(BASE_URL, options), Credentials(None, lambda: KEY), script.clock)
        self._moment = moment

    def _perform(self, effect: Effect) -> object:
        self._moment.pass_by()
        return super()._perform(effect)


class InterruptedAsyncDriver(AsyncDriver):
    """A driver whose task is cancelled. It keeps the flows that are iterated over."""

    def __init__(self, script: Script, moment: Moment) -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            response = script(request)
            await moment.pass_by_async()
            return response

        options = {"transport": httpx.MockTransport(answer)}
        super().__init__(AsyncTransport(BASE_URL, options), Credentials(None, lambda: KEY), script.clock)
        self._moment = moment
        self.flows: list[Flow[None]] = []

    async def _perform(self, effect: Effect) -> object:
        await self._moment.pass_by_async()
        return await super()._perform(effect)

    def iterate(self, flow: Flow[None], convert: Callable[[Any], Any] = as_it_is) -> AsyncGenerator[Any, None]:
        self.flows.append(flow)
        return super().iterate(flow, convert)
