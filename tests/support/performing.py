"""One scenario for every client, written as a generator: it yields what a method returned, and receives its result."""

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

from supermetrics_query import SupermetricsQueryError

from tests.support.calling import calling
from tests.support.scripted import KEY

Scenario = Generator[Any, Any, Any]


def performed(stack: str, scenario: Callable[[Any], Scenario], **options: Any) -> Any:
    """Perform a scenario with the client of a stack and return its result."""
    with calling(stack, KEY, **options) as caller:
        flow = scenario(caller.client)
        try:
            step = next(flow)
            while True:
                try:
                    result = caller.perform(result_of, step)
                except SupermetricsQueryError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as stop:
            return stop.value


def result_of(step: Any) -> Any:
    """Return what a step of a scenario gives: what iterates is collected, and what is awaitable is awaited."""
    if isinstance(step, Iterator):
        return [*step]
    return collected(step) if isinstance(step, AsyncIterator) else step


async def collected(items: AsyncIterator[Any]) -> list[Any]:
    """Collect what an async iterator yields."""
    return [item async for item in items]
