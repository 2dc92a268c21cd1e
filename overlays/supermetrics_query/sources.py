"""The requests that a caller wants to be run, one at a time; there may be no end to them."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from .errors import ConfigurationError

if TYPE_CHECKING:
    from supermetrics_query_api.models import DataQuery

Pull: TypeAlias = Callable[[object], object]


@frozen
class Ended:
    """There are no more requests; `error` is why, where the iterable of the caller has failed."""

    error: Exception | None = None


def pull_from(requests: Iterable[DataQuery] | AsyncIterable[DataQuery]) -> Pull:
    """Return a function that gives the next request, or Ended; of an async iterable it gives an awaitable."""
    if isinstance(requests, AsyncIterable):
        return pull_async(aiter(requests))
    # A generated model can be indexed, which is iterable enough for iter().
    if not isinstance(requests, Iterable):
        raise ConfigurationError(f"requests must be an iterable of DataQuery, not {requests!r:.200}")
    return pull_sync(iter(requests))


def pull_sync(requests: Iterator[DataQuery]) -> Pull:
    """Pull from an iterator."""

    def pull(_: object) -> object:
        try:
            return next(requests, Ended())
        except Exception as error:
            return Ended(error)

    return pull


def pull_async(requests: AsyncIterator[DataQuery]) -> Pull:
    """Pull from an async iterator."""

    async def pull(_: object) -> object:
        try:
            return await anext(requests, Ended())
        except Exception as error:
            return Ended(error)

    return pull
