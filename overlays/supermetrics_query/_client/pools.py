"""What `as_completed` returns: an iterator of queries as they end, to which further ones can be added."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .._core.run import Run
from .._models import exported
from ..errors import ConfigurationError
from .inputs import own_queries
from .query import AsyncQuery, Handle, Query

if TYPE_CHECKING:
    from .._flows.sources import Inbox  # flows are imported when they are used

H = TypeVar("H", bound=Handle[Any])


class Pool(Generic[H]):
    """What both pools share."""

    def __init__(self, kind: type[H], handles: dict[Run, H], inbox: Inbox) -> None:
        """Add to these handles and to what the flow reads."""
        self._kind, self._handles, self._inbox = kind, handles, inbox

    def add(self, query: H) -> None:
        """Add a query, from any thread or task; one that is here already stays as it is.

        Args:
            query: A handle of this client, whether it was started or attached.

        Raises:
            ConfigurationError: It is of the other kind of client, or the iteration has ended.
        """
        (own,) = own_queries([query], self._kind)
        if own._run in self._handles:
            return
        self._handles[own._run] = own
        if not self._inbox.add(own._run):
            del self._handles[own._run]
            raise ConfigurationError("this iteration has ended: pass the query to as_completed again")

    def finish(self) -> None:
        """Let an iteration that stays open end with the last query."""
        self._inbox.is_open = False


@exported
class QueryPool(Pool[Query], Iterator[Query]):
    """Yields queries as they end; `add` gives it more. `QueryClient.as_completed` makes it."""

    def __init__(self, items: Generator[Query, None, None], handles: dict[Run, Query], inbox: Inbox) -> None:
        """Yield what a flow yields."""
        super().__init__(Query, handles, inbox)
        self._items = items

    def __next__(self) -> Query:
        """Return the next query that has ended.

        Raises:
            WaitTimeoutError: The time of all is over.
        """
        return next(self._items)

    def __enter__(self) -> Self:
        """Enter a block at whose end the iteration ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the iteration."""
        self.close()

    def close(self) -> None:
        """End the iteration and cancel its requests. Queries continue."""
        self._items.close()
        self._inbox.end()


@exported
class AsyncQueryPool(Pool[AsyncQuery], AsyncIterator[AsyncQuery]):
    """Yields queries as they end; `add` gives it more. `AsyncQueryClient.as_completed` makes it."""

    def __init__(self, items: AsyncGenerator[AsyncQuery, None], handles: dict[Run, AsyncQuery], inbox: Inbox) -> None:
        """Yield what a flow yields."""
        super().__init__(AsyncQuery, handles, inbox)
        self._items = items

    async def __anext__(self) -> AsyncQuery:
        """Return the next query that has ended.

        Raises:
            WaitTimeoutError: The time of all is over.
        """
        return await anext(self._items)

    async def __aenter__(self) -> Self:
        """Enter a block at whose end the iteration ends."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the iteration."""
        await self.aclose()

    async def aclose(self) -> None:
        """End the iteration and cancel its requests. Queries continue."""
        await self._items.aclose()
        self._inbox.end()
