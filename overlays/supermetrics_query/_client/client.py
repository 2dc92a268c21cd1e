"""The two doors. Both have the same names; in the async one they are awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

from .. import _flows
from .._contract.validation import Seconds, checked_in_flight, checked_schedule_id, checked_window, timeout_seconds
from .._core.polling import DEFAULT_WAIT, NEVER
from .._core.run import Run
from .._io.drivers import AsyncDriver, Driver
from .._io.httpx_transport import AsyncTransport, Transport
from ..errors import ConfigurationError
from .base import BaseClient, aiohttp_transport
from .inputs import history_request, known_run, new_run
from .query import AsyncQuery, Query, on_change

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterable,
        AsyncIterator,
        Generator,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )
    from datetime import date
    from types import TracebackType
    from typing import Self

    from supermetrics_query_api.models import DataQuery, HistoryEntry

    from .._io.clock import Clock
    from .._io.credentials import Credentials
    from .._io.transport import TransportName
    from .._models import QueryStatus
    from .query import OnProgress, OnProgressAsync


class QueryClient(BaseClient[Driver]):
    """Run queries in sync code. Use it as a context manager, or call `close()`; threads may share one."""

    def _make_driver(
        self, transport: TransportName, url: str, options: Mapping[str, Any], credentials: Credentials, clock: Clock
    ) -> Driver:
        if transport != "httpx":
            raise ConfigurationError(
                f"transport={transport!r} is for async code: use AsyncQueryClient, or leave it out"
            )
        return Driver(Transport(url, options), credentials, clock)

    def _handle(self, run: Run) -> Query:
        handle = Query(self._driver, self._context, run)
        run.show, run.shown = self._handle, ref(handle)
        return handle

    def __enter__(self) -> Self:
        """Enter a block at whose end the connections are closed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections. Queries go on."""
        self._driver.close()

    def start(self, query: DataQuery, *, format: str = "json") -> Query:
        """Start a query and return as soon as the API has accepted it.

        A start whose answer was lost is looked for before it is repeated, so that no query runs twice. Errors carry
        `.token`: the query may be running. Raises ApiError, TransportError, ConfigurationError.
        """
        run = new_run(query, format)
        self._driver.run(_flows.start.start(self._context, run, query, NEVER, held=0))
        return self._handle(run)

    def run(
        self,
        query: DataQuery,
        *,
        format: str = "json",
        timeout: Seconds | None = DEFAULT_WAIT,
        on_progress: OnProgress | None = None,
    ) -> Query:
        """Start a query and wait until it has succeeded; see `start` and `Query.wait`."""
        run = new_run(query, format)
        handle = self._handle(run)
        flow = _flows.start.run_to_end(self._context, run, query, timeout_seconds(timeout), on_change(on_progress))
        self._driver.run(flow)
        return handle

    def attach(self, schedule_id_or_token: str) -> Query:
        """Go on with a query that was started elsewhere, by any process with the same key. No I/O."""
        return self._handle(known_run(schedule_id_or_token))

    def status(self, schedule_id: str, *, offset_start: int = 0, offset_end: int | None = None) -> QueryStatus:
        """Poll a query once, and ask for a window of its rows; without `offset_end` for all of them.

        Raises ApiError (StatusNotFoundError where the query is not known), TransportError, ConfigurationError.
        """
        window = checked_window(offset_start, offset_end)
        return self._driver.run(_flows.poll.status(self._context, Run(checked_schedule_id(schedule_id)), *window))

    def history(
        self,
        *,
        ds_ids: Sequence[str] | None = None,
        status_codes: Sequence[str] | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> Iterator[HistoryEntry]:
        """Yield the queries that the key has run, by data source, status and time; the API says which span it keeps.

        `since` and `until` are dates, datetimes, or words of the API; without them the last 24 hours. Raises ApiError,
        TransportError.
        """
        request = history_request(ds_ids, status_codes, since, until)
        return self._driver.iterate(_flows.history.history(self._context, request))

    def as_completed(self, queries: Iterable[Query], *, timeout: Seconds | None = None) -> Generator[Query, None, None]:
        """Yield queries as they end, whichever way: `query.error` is None where it went well.

        Only queries of which news is possible are polled. `timeout` bounds all of it; raises WaitTimeoutError, whose
        `queries` go on, when it is over; 0 polls each once.
        """
        runs = [query._run for query in queries]
        return self._driver.iterate(_flows.many.as_completed(self._context, runs, timeout_seconds(timeout)))

    def run_many(
        self,
        requests: Iterable[DataQuery],
        *,
        format: str = "json",
        in_flight: int | None = None,
        timeout: Seconds | None = None,
    ) -> Generator[Query, None, None]:
        """Start queries as there is room and yield them as they end, whichever way; `query.request` tells them apart.

        `requests` may be endless: at most `in_flight` (100) are unfinished at a time, and the next one is asked for
        when there is room. Nothing is raised for a query that cannot be started, fails, or goes on after `timeout`,
        which is counted from its start: `query.error` holds it. What `requests` itself raises comes after the last one.
        """
        most = checked_in_flight(_flows.many.IN_FLIGHT if in_flight is None else in_flight)
        flow = _flows.many.run_many(
            self._context, _flows.many.pull_from(requests), self._runs_of(format), most, timeout_seconds(timeout)
        )
        return self._driver.iterate(flow)


class AsyncQueryClient(BaseClient[AsyncDriver]):
    """Run queries in async code, under asyncio or trio; tasks may share one. What each method does: `QueryClient`."""

    def _make_driver(
        self, transport: TransportName, url: str, options: Mapping[str, Any], credentials: Credentials, clock: Clock
    ) -> AsyncDriver:
        sender = AsyncTransport if transport == "httpx" else aiohttp_transport()
        return AsyncDriver(sender(url, options), credentials, clock)

    def _handle(self, run: Run) -> AsyncQuery:
        handle = AsyncQuery(self._driver, self._context, run)
        run.show, run.shown = self._handle, ref(handle)
        return handle

    async def __aenter__(self) -> Self:
        """Enter a block at whose end the connections are closed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. Queries go on."""
        await self._driver.close()

    async def start(self, query: DataQuery, *, format: str = "json") -> AsyncQuery:
        """Start a query; see `QueryClient.start`."""
        run = new_run(query, format)
        await self._driver.run(_flows.start.start(self._context, run, query, NEVER, held=0))
        return self._handle(run)

    async def run(
        self,
        query: DataQuery,
        *,
        format: str = "json",
        timeout: Seconds | None = DEFAULT_WAIT,
        on_progress: OnProgressAsync | None = None,
    ) -> AsyncQuery:
        """Start a query and wait until it has succeeded; see `QueryClient.run`."""
        run = new_run(query, format)
        handle = self._handle(run)
        flow = _flows.start.run_to_end(self._context, run, query, timeout_seconds(timeout), on_change(on_progress))
        await self._driver.run(flow)
        return handle

    def attach(self, schedule_id_or_token: str) -> AsyncQuery:
        """Go on with a query that was started elsewhere; see `QueryClient.attach`. No I/O."""
        return self._handle(known_run(schedule_id_or_token))

    async def status(self, schedule_id: str, *, offset_start: int = 0, offset_end: int | None = None) -> QueryStatus:
        """Poll a query once; see `QueryClient.status`."""
        window = checked_window(offset_start, offset_end)
        run = Run(checked_schedule_id(schedule_id))
        return await self._driver.run(_flows.poll.status(self._context, run, *window))

    def history(
        self,
        *,
        ds_ids: Sequence[str] | None = None,
        status_codes: Sequence[str] | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> AsyncIterator[HistoryEntry]:
        """Yield the queries that the key has run; see `QueryClient.history`."""
        request = history_request(ds_ids, status_codes, since, until)
        return self._driver.iterate(_flows.history.history(self._context, request))

    def as_completed(
        self, queries: Iterable[AsyncQuery], *, timeout: Seconds | None = None
    ) -> AsyncGenerator[AsyncQuery, None]:
        """Yield queries as they end, whichever way; see `QueryClient.as_completed`."""
        runs = [query._run for query in queries]
        return self._driver.iterate(_flows.many.as_completed(self._context, runs, timeout_seconds(timeout)))

    def run_many(
        self,
        requests: Iterable[DataQuery] | AsyncIterable[DataQuery],
        *,
        format: str = "json",
        in_flight: int | None = None,
        timeout: Seconds | None = None,
    ) -> AsyncGenerator[AsyncQuery, None]:
        """Start queries as there is room and yield them as they end; see `QueryClient.run_many`."""
        most = checked_in_flight(_flows.many.IN_FLIGHT if in_flight is None else in_flight)
        flow = _flows.many.run_many(
            self._context, _flows.many.pull_from(requests), self._runs_of(format), most, timeout_seconds(timeout)
        )
        return self._driver.iterate(flow)
