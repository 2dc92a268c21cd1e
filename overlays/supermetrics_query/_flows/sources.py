"""Where the queries of `run_many` and `as_completed` come from."""

import threading
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import TypeAlias

from attrs import define, field, frozen
from supermetrics_query_api.models import DataQuery

from .._contract.validation import short_repr
from .._core.run import Run
from ..errors import ConfigurationError

NextRequest: TypeAlias = Callable[[object], object]


@frozen
class Exhausted:
    """There are no more requests; `error` is what the iterable of the caller has raised."""

    error: Exception | None = None


@define
class Source:
    """Where the requests of `run_many` come from. `timeout` is for each query, in seconds."""

    next_request: NextRequest
    make_run: Callable[[object], Run]
    in_flight: int
    timeout: float
    is_pulling: bool = False
    exhausted: Exhausted | None = None


@define
class Inbox:
    """Queries that are added to an `as_completed` under way, from any thread."""

    is_open: bool = False  # whether it waits for more
    is_used: bool = False  # whether any came
    has_ended: bool = False
    runs: deque[Run] = field(factory=deque)
    lock: threading.Lock = field(factory=threading.Lock)

    def add(self, run: Run) -> bool:
        """Add a query, and return whether somebody will take it."""
        with self.lock:
            if not self.has_ended:
                self.is_used = True
                self.runs.append(run)
            return not self.has_ended

    def end(self) -> None:
        """Take no more."""
        with self.lock:
            self.has_ended = True

    def end_if_empty(self) -> bool:
        """Take no more unless there are some, and return whether that is so."""
        with self.lock:
            self.has_ended = not self.runs
            return self.has_ended


def requests_from(requests: Iterable[DataQuery] | AsyncIterable[DataQuery]) -> NextRequest:
    """Return a function that returns the next request, or Exhausted; from an async iterable it is awaited."""
    if isinstance(requests, AsyncIterable):
        return async_requests_from(aiter(requests))
    # A generated model can be indexed, which is iterable enough for iter().
    if not isinstance(requests, Iterable):
        raise ConfigurationError(f"requests must be an iterable of DataQuery, not {short_repr(requests)}")
    return sync_requests_from(iter(requests))


def sync_requests_from(requests: Iterator[DataQuery]) -> NextRequest:
    """Return a function that returns the next request of an iterator."""

    def next_request(_: object) -> object:
        try:
            return next(requests, Exhausted())
        except Exception as error:
            return Exhausted(error)

    return next_request


def async_requests_from(requests: AsyncIterator[DataQuery]) -> NextRequest:
    """Return a function that is awaited for the next request of an async iterator."""

    async def next_request(_: object) -> object:
        try:
            return await anext(requests, Exhausted())
        except Exception as error:
            return Exhausted(error)

    return next_request
