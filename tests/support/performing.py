"""One scenario for every client, written as a generator: it yields what a method returned, and receives its result."""

import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

import anyio
from supermetrics_query import AsyncQueryClient, QueryClient, SupermetricsQueryError

from tests.support.scripted import KEY, backend_of, transport_of

Scenario = Generator[Any, Any, Any]


def performed(stack: str, scenario: Callable[[Any], Scenario], **options: Any) -> Any:
    """Perform a scenario with the client of a stack and return its result."""
    if stack == "sync":
        with QueryClient(KEY, **options) as client:
            return perform(scenario(client))

    async def in_task() -> Any:
        async with AsyncQueryClient(KEY, **options, **transport_of(stack)) as client:
            return await perform_async(scenario(client))

    return anyio.run(in_task, backend=backend_of(stack))


def perform(scenario: Scenario) -> Any:
    """Perform a scenario in this thread; what iterates is collected."""
    try:
        step = next(scenario)
        while True:
            try:
                result = [*step] if isinstance(step, Iterator) else step
            except SupermetricsQueryError as error:
                step = scenario.throw(error)
            else:
                step = scenario.send(result)
    except StopIteration as stop:
        return stop.value


async def perform_async(scenario: Scenario) -> Any:
    """Perform a scenario in this task; what iterates is collected, and what is awaitable is awaited."""
    try:
        step = next(scenario)
        while True:
            try:
                result = await result_of(step)
            except SupermetricsQueryError as error:
                step = scenario.throw(error)
            else:
                step = scenario.send(result)
    except StopIteration as stop:
        return stop.value


async def result_of(step: Any) -> Any:
    """Return what a step of a scenario gives."""
    if isinstance(step, AsyncIterator):
        return [item async for item in step]
    return await step if inspect.isawaitable(step) else step
