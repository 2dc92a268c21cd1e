"""The two clients. Both have the same names; in the async one they are awaited."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import date
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from supermetrics_query_api import models

from .. import _flows
from .._contract.validation import (
    Seconds,
    checked_format,
    checked_kind,
    checked_schedule_id,
    checked_whole,
    checked_window,
    timeout_seconds,
)
from .._core.context import ClientContext
from .._core.effects import Flow
from .._core.polling import DEFAULT_WAIT, NEVER
from .._core.run import Run, Ticket
from .._core.series import KnownRuns, checked_name
from .._io.clock import Clock
from .._io.credentials import Credentials
from .._io.drivers import AsyncDriver, Driver
from .._io.httpx_transport import AsyncTransport, Transport
from .._io.transport import TransportName
from .._models import BaseQuery, QueryStatus, exported
from ..errors import ConfigurationError
from .base import BaseClient, aiohttp_transport
from .inputs import any_run, history_request, known_run, new_run, own_queries
from .pools import AsyncQueryPool, QueryPool
from .query import (
    AsyncQuery,
    Handle,
    OnProgress,
    OnProgressAsync,
    Query,
    annotated,
    calling,
    with_unfinished,
)

if TYPE_CHECKING:
    from .._flows.sources import Source  # flows are imported when they are used

H = TypeVar("H", bound=Handle[Any])


@exported
class QueryClient(BaseClient[Driver]):
    """Run queries in sync code. Use it as a context manager, or call `close()`; threads may share one."""

    _is_async = False

    def _make_driver(
        self, transport: TransportName, url: str, options: Mapping[str, Any], credentials: Credentials, clock: Clock
    ) -> Driver:
        if transport != "httpx":
            raise ConfigurationError(
                f"transport={transport!r} is for async code: use AsyncQueryClient, or leave it out"
            )
        return Driver(Transport(url, options), credentials, clock)

    def _query(self, run: Run) -> Query:
        return Query(self._driver, self._context, run)

    def __enter__(self) -> Self:
        """Enter a block at whose end the connections are closed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections. Queries continue."""
        self._driver.close()

    def start(self, query: models.DataQuery, *, format: str = "json", resume: str | None = None) -> Query:
        """Start a query and return as soon as the API has accepted it.

        A start whose answer was lost is looked for before it is repeated, so that no query runs twice. Errors carry
        `.token`: the query may be running.

        Args:
            query: What to ask for.
            format: The output format, one of `OutputFormat`. Rows and tables need `json`; others are for `download`.
            resume: A name for the query. In every process, the same query under the same name is started only where it
                is not running and has no result that is kept; include the day of the run in the name.

        Raises:
            ConfigurationError: The query or the name cannot be sent.
            ScheduleIdInUseError: The `schedule_id` of the query belongs to one that has ended.
            ApiError: The API refuses the query.
            TransportError: There was no usable answer.
        """
        handle, flow = starting(self._query, query, format, resume)
        self._driver.run(flow)
        return handle

    def run(
        self,
        query: models.DataQuery,
        *,
        format: str = "json",
        timeout: Seconds | None = DEFAULT_WAIT,
        on_progress: OnProgress | None = None,
        resume: str | None = None,
    ) -> Query:
        """Start a query, wait until it has succeeded, and return its handle.

        The API does the first waiting, so most queries need one request. Raises what `start` and `Query.wait` raise.

        Args:
            query: What to ask for.
            format: As for `start`.
            timeout: How long all of it may take, in seconds or as a timedelta; None has no end.
            on_progress: Called with the status after every poll that changed its code or progress.
            resume: A name for the query, as for `start`.
        """
        handle, flow = running(self._query, query, format, timeout, on_progress, resume)
        self._driver.run(flow)
        return handle

    def attach(self, schedule_id_or_token: str | None) -> Query:
        """Return a handle of a query that was started elsewhere, by any process with the same key. No I/O.

        Args:
            schedule_id_or_token: The `token` of a handle, of an error or of an event. An id alone also does, for a
                query whose format is `json` and which asks for no window of rows.

        Raises:
            ConfigurationError: It is neither.
        """
        return self._query(known_run(schedule_id_or_token))

    def status(self, schedule_id: str, *, offset_start: int = 0, offset_end: int | None = None) -> QueryStatus:
        """Poll a query once, and ask for a window of its rows.

        Args:
            schedule_id: The id of the query.
            offset_start: The first row of the window, counted from 0.
            offset_end: The last row, inclusive; None asks for all.

        Raises:
            StatusNotFoundError: The API does not know the query.
            ApiError: The API refuses the request, or the query has failed.
            TransportError: There was no usable answer.
        """
        return self._driver.run(polling(self._context, schedule_id, offset_start, offset_end))

    def history(
        self,
        *,
        ds_ids: Sequence[str] | None = None,
        status_codes: Sequence[str] | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> Iterator[models.HistoryEntry]:
        """Yield the queries that the key has run; the API says which span it keeps.

        Args:
            ds_ids: Only queries on these data sources, such as `["GAWA"]`.
            status_codes: Only queries with these codes, as in `StatusCode`.
            since: A date, a datetime, or a word of the API such as `yesterday`; without it the last 24 hours.
            until: The same for the end.

        Raises:
            ApiError: The API refuses the request.
            TransportError: There was no usable answer.
        """
        request = history_request(ds_ids, status_codes, since, until)
        return self._driver.iterate(_flows.history.history(self._context, request))

    def as_completed(
        self, queries: Iterable[BaseQuery] = (), *, timeout: Seconds | None = None, stay_open: bool = False
    ) -> QueryPool:
        """Yield queries as they end, whichever way: `query.error` is None where it went well.

        Polls only queries that can have ended. `add` of what is returned takes more queries, also from another thread.

        Args:
            queries: Handles of this client.
            timeout: How long all of it may take, in seconds or as a timedelta. None has no end, and 0 polls each once.
            stay_open: Whether to wait for queries that are added, until `finish` is called.

        Raises:
            WaitTimeoutError: The time is over; its `queries` continue.
        """
        handles = {query._run: query for query in own_queries(queries, Query)}
        inbox = _flows.sources.Inbox(checked_kind("stay_open", stay_open, bool))
        flow = _flows.many.as_completed(self._context, list(handles), timeout_seconds(timeout), inbox)
        return QueryPool(self._driver.iterate(with_unfinished(handles, flow), handles.pop), handles, inbox)

    def run_many(
        self,
        requests: Iterable[models.DataQuery],
        *,
        format: str = "json",
        in_flight: int | None = None,
        timeout: Seconds | None = None,
        resume: str | None = None,
    ) -> Generator[Query, None, None]:
        """Start queries as there is room and yield them as they end, whichever way; `query.request` tells them apart.

        Nothing is raised for a query that cannot be started, fails, or continues after `timeout`: `query.error` holds
        it. What `requests` itself raises comes after the last query.

        Args:
            requests: What to ask for. It may be endless: the next query is requested when there is room.
            format: The output format of all, as for `start`.
            in_flight: How many queries are unfinished at a time, at most; None means 100.
            timeout: How long each query may take from its start, in seconds or as a timedelta; None has no end.
            resume: A name for all of them, as for `start`: a process that was killed and runs again starts none twice.
        """
        source = source_of(requests, format, in_flight, timeout, resume)
        flow = _flows.many.run_many(self._context, source)
        return self._driver.iterate(flow, self._query)


@exported
class AsyncQueryClient(BaseClient[AsyncDriver]):
    """Run queries in async code, under asyncio or trio. Use it as an async context manager, or await `aclose()`.

    Tasks may share one.
    """

    _is_async = True

    def _make_driver(
        self, transport: TransportName, url: str, options: Mapping[str, Any], credentials: Credentials, clock: Clock
    ) -> AsyncDriver:
        sender = AsyncTransport if transport == "httpx" else aiohttp_transport()
        return AsyncDriver(sender(url, options), credentials, clock)

    def _query(self, run: Run) -> AsyncQuery:
        return AsyncQuery(self._driver, self._context, run)

    async def __aenter__(self) -> Self:
        """Enter a block at whose end the connections are closed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, and return when they are closed. Queries continue."""
        await self._driver.close()

    async def start(self, query: models.DataQuery, *, format: str = "json", resume: str | None = None) -> AsyncQuery:
        """Start a query, and return its handle as soon as the API has accepted it."""
        handle, flow = starting(self._query, query, format, resume)
        await self._driver.run(flow)
        return handle

    async def run(
        self,
        query: models.DataQuery,
        *,
        format: str = "json",
        timeout: Seconds | None = DEFAULT_WAIT,
        on_progress: OnProgressAsync | None = None,
        resume: str | None = None,
    ) -> AsyncQuery:
        """Start a query, wait until it has succeeded, and return its handle; other tasks go on meanwhile.

        `on_progress` may be a coroutine function.
        """
        handle, flow = running(self._query, query, format, timeout, on_progress, resume)
        await self._driver.run(flow)
        return handle

    def attach(self, schedule_id_or_token: str | None) -> AsyncQuery:
        """Return a handle of a query that was started elsewhere; a plain method, because it does no I/O."""
        return self._query(known_run(schedule_id_or_token))

    async def status(self, schedule_id: str, *, offset_start: int = 0, offset_end: int | None = None) -> QueryStatus:
        """Poll a query once, and return its status with a window of its rows."""
        return await self._driver.run(polling(self._context, schedule_id, offset_start, offset_end))

    def history(
        self,
        *,
        ds_ids: Sequence[str] | None = None,
        status_codes: Sequence[str] | None = None,
        since: date | str | None = None,
        until: date | str | None = None,
    ) -> AsyncIterator[models.HistoryEntry]:
        """Yield the queries that the key has run, for `async for`; the API says which span it keeps."""
        request = history_request(ds_ids, status_codes, since, until)
        return self._driver.iterate(_flows.history.history(self._context, request))

    def as_completed(
        self, queries: Iterable[BaseQuery] = (), *, timeout: Seconds | None = None, stay_open: bool = False
    ) -> AsyncQueryPool:
        """Yield queries as they end, whichever way, for `async for`: `query.error` is None where it went well."""
        handles = {query._run: query for query in own_queries(queries, AsyncQuery)}
        inbox = _flows.sources.Inbox(checked_kind("stay_open", stay_open, bool))
        flow = _flows.many.as_completed(self._context, list(handles), timeout_seconds(timeout), inbox)
        return AsyncQueryPool(self._driver.iterate(with_unfinished(handles, flow), handles.pop), handles, inbox)

    def run_many(
        self,
        requests: Iterable[models.DataQuery] | AsyncIterable[models.DataQuery],
        *,
        format: str = "json",
        in_flight: int | None = None,
        timeout: Seconds | None = None,
        resume: str | None = None,
    ) -> AsyncGenerator[AsyncQuery, None]:
        """Start queries as there is room and yield them as they end, whichever way, for `async for`.

        `requests` may be an async iterable. `query.error` holds what went wrong with one, and nothing is raised for it.
        """
        source = source_of(requests, format, in_flight, timeout, resume)
        flow = _flows.many.run_many(self._context, source)
        return self._driver.iterate(flow, self._query)


def starting(
    make_handle: Callable[[Run], H], query: models.DataQuery, format: str, resume: str | None
) -> tuple[H, Flow[object]]:
    """Return the handle of a query, and the flow that starts it."""
    handle = make_handle(new_run(query, format, resume))
    flow = _flows.start.start(handle._context, handle._run, query, NEVER, held=0)
    return handle, handle._annotated(flow)


def running(
    make_handle: Callable[[Run], H],
    query: models.DataQuery,
    format: str,
    timeout: Seconds | None,
    on_progress: OnProgressAsync | None,
    resume: str | None,
) -> tuple[H, Flow[None]]:
    """Return the handle of a query, and the flow that starts it and waits for it."""
    handle = make_handle(new_run(query, format, resume))
    seconds, on_change = timeout_seconds(timeout), calling(on_progress)
    flow = _flows.start.run_to_end(handle._context, handle._run, query, seconds, on_change)
    return handle, handle._annotated(flow)


def polling(context: ClientContext, schedule_id: str, offset_start: int, offset_end: int | None) -> Flow[QueryStatus]:
    """Return the flow that polls a query once."""
    window = checked_window(offset_start, offset_end)
    run = Run(Ticket(checked_schedule_id(schedule_id)))
    return annotated(_flows.poll.fetch_window(context, run, *window), run)


def source_of(
    requests: Iterable[models.DataQuery] | AsyncIterable[models.DataQuery],
    format: str,
    in_flight: int | None,
    timeout: Seconds | None,
    resume: str | None,
) -> Source:
    """Return where the requests of many queries come from, with options that have been checked."""
    most = _flows.many.IN_FLIGHT if in_flight is None else checked_whole("in_flight", in_flight, 1)
    name = None if resume is None else checked_name(resume)
    make_run = partial(any_run, format=checked_format(format), resume=name, known_runs=KnownRuns())
    return _flows.sources.Source(_flows.sources.requests_from(requests), make_run, most, timeout_seconds(timeout))
