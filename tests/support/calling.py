"""One way to call the client under test: sync, or async under asyncio and trio, through httpx and aiohttp."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from attrs import define, field
from supermetrics_query import AsyncQueryClient, QueryClient

BACKENDS = ("sync", "asyncio", "trio")
ASYNC_BACKENDS = ("asyncio", "trio")
STACKS = (*BACKENDS, "aiohttp")  # the backends with httpx, and asyncio with aiohttp

each_async_backend = pytest.mark.parametrize("backend", ASYNC_BACKENDS)


@define
class Caller:
    """A client, and how its calls are performed: in this thread, or in an event loop."""

    client: QueryClient | AsyncQueryClient
    perform: Callable[..., Any]  # calls a function with arguments, and awaits what it returns
    seen: list[Any] = field(factory=list, init=False)  # what was collected last, also where an error came after it

    def call(self, target: object, method: str, *given: Any, **named: Any) -> Any:
        """Call a method of the client or of a handle, and return its result."""
        return self.perform(partial(getattr(target, method), *given, **named))

    def collect(self, target: object, method: str, *given: Any, **named: Any) -> list[Any]:
        """Collect what a method yields."""
        self.seen = []
        self.perform(collect, partial(getattr(target, method), *given, **named), self.seen)
        return self.seen


def directly(function: Callable[..., Any], *given: Any) -> Any:
    """Call a function in this thread."""
    return function(*given)


def in_loop(backend: str) -> Callable[..., Any]:
    """Return how to perform each call in an event loop of its own."""

    def perform(function: Callable[..., Any], *given: Any) -> Any:
        return anyio.run(awaited, function, *given, backend=backend)

    return perform


async def awaited(function: Callable[..., Any], *given: Any) -> Any:
    """Call a function in an event loop, and await what it returns where that is possible."""
    result = function(*given)
    return await result if inspect.isawaitable(result) else result


def collect(items: Callable[[], Any], seen: list[Any]) -> Any:
    """Collect what an iterator yields; return an awaitable where the iterator is async."""
    iterator = items()
    return collect_async(iterator, seen) if hasattr(iterator, "__aiter__") else seen.extend(iterator)


async def collect_async(iterator: Any, seen: list[Any]) -> None:
    """Collect what an async iterator yields."""
    async for item in iterator:
        seen.append(item)  # noqa: PERF401


@contextmanager
def calling(stack: str, key: str, **options: Any) -> Iterator[Caller]:
    """Open a client inside the block. One event loop performs all its calls."""
    if stack == "sync":
        with QueryClient(key, **options) as client:
            yield Caller(client, directly)
        return
    with start_blocking_portal(backend_of(stack)) as portal:
        perform = partial(portal.call, awaited)
        caller = Caller(perform(partial(AsyncQueryClient, key, **options, **transport_of(stack))), perform)
        try:
            yield caller
        finally:
            caller.call(caller.client, "aclose")


def backend_of(stack: str) -> str:
    """Name the backend of a stack."""
    return "asyncio" if stack == "aiohttp" else stack


def transport_of(stack: str) -> dict[str, Any]:
    """Return the option that chooses the transport of a stack."""
    return {"transport": "aiohttp"} if stack == "aiohttp" else {}
