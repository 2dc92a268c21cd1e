"""Work in the background of a flow: in a thread, or in a task under asyncio or trio.

A thread cannot be stopped. One whose result is no longer wanted ends with its request, and never keeps the process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio
import sniffio

if TYPE_CHECKING:
    import asyncio


T = TypeVar("T")
NAME = "supermetrics-query"
TASKS: set[asyncio.Task[None]] = set()  # asyncio itself forgets a task that nobody holds


def in_thread(work: Callable[[], T]) -> Future[T]:
    """Start work in a thread of its own, and return its future."""
    future: Future[T] = Future()
    Thread(target=fulfil, args=(future, work), name=NAME, daemon=True).start()
    return future


def fulfil(future: Future[T], work: Callable[[], T]) -> None:
    """Do the work unless it was cancelled, and keep its result or its failure."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


class TaskWork(Generic[T]):
    """Work in a task of its own."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        """Start it."""
        self._work = work
        self._scope = anyio.CancelScope()
        self._done = anyio.Event()
        self._outcome: tuple[T] | Exception | None = None
        spawn(self._run)

    async def result(self) -> T:
        """Wait for it; return its result or raise its failure."""
        await self._done.wait()
        if isinstance(self._outcome, tuple):
            return self._outcome[0]
        raise self._outcome or anyio.ClosedResourceError

    def done(self) -> bool:
        """Return whether it has ended."""
        return self._done.is_set()

    async def wait(self) -> None:
        """Wait for its end."""
        await self._done.wait()

    def cancel(self) -> None:
        """Stop it."""
        self._scope.cancel()

    async def _run(self) -> None:
        try:
            with self._scope:
                self._outcome = (await self._work(),)
        except Exception as error:
            self._outcome = error
        finally:
            self._done.set()


async def first_of(works: Sequence[TaskWork[T]], seconds: float) -> None:
    """Wait until one of them has ended, or for so many seconds."""
    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as group:
            for work in works:
                group.start_soon(ended, work, group.cancel_scope)
            await anyio.sleep_forever()


async def ended(work: TaskWork[T], others: anyio.CancelScope) -> None:
    """Wait for one, and stop waiting for the others."""
    await work.wait()
    others.cancel()


async def from_thread(work: Callable[[], T]) -> T:
    """Return what a thread does, under asyncio, whose own threads would hold the end of the loop and of the process."""
    import asyncio

    return await asyncio.wrap_future(in_thread(work))


def event_loop() -> object:
    """Return what stands for the running event loop."""
    if sniffio.current_async_library() == "trio":
        import trio

        return trio.lowlevel.current_trio_token()
    import asyncio

    return asyncio.get_running_loop()


def is_closed(loop: object) -> bool:
    """Return whether an event loop was closed; one of trio ends its generators before."""
    import asyncio

    return isinstance(loop, asyncio.AbstractEventLoop) and loop.is_closed()


def spawn(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start a task that no block waits for; it must not raise."""
    if sniffio.current_async_library() == "trio":
        import trio

        trio.lowlevel.spawn_system_task(work)
        return
    import asyncio

    task = asyncio.get_running_loop().create_task(work())
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)
