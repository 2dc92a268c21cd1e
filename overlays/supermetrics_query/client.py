"""The two doors. Both have the same names; in the async one they are awaited."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from supermetrics_query_api.provenance import SERVER_URL

from .asking import history_request, known_run, new_run
from .checks import (
    checked_base_url,
    checked_page_size,
    checked_schedule_id,
    checked_window,
)
from .clocks import SystemClock
from .credentials import Credentials, TokenProvider
from .drivers import AsyncDriver, Driver
from .errors import ConfigurationError
from .events import guarded
from .flows import listing, looking, starting
from .policies import DEFAULT_WAIT, PollPolicy, RetryPolicy, Seconds, patience, seconds
from .polling import NEVER
from .query import AsyncQuery, Query, notice
from .runs import Run
from .settings import Settings
from .transport import AsyncTransport, Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
    from datetime import date
    from types import TracebackType
    from typing import Self

    from supermetrics_query_api.models import DataQuery, HistoryEntry

    from .clocks import Clock
    from .events import OnEvent
    from .query import OnProgress, OnProgressAsync
    from .status import QueryStatus

API_KEY = "SUPERMETRICS_API_KEY"
BASE_URL = "SUPERMETRICS_BASE_URL"

DEFAULT_POLL = PollPolicy()
DEFAULT_RETRY = RetryPolicy()

D = TypeVar("D")
T = TypeVar("T")
Other = TypeVar("Other")


class Door(Generic[D]):
    """What both clients are made of: one set of options, checked before anything is sent."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        token_provider: TokenProvider | None = None,
        base_url: str | None = None,
        timeout: Seconds = 30.0,
        poll: PollPolicy = DEFAULT_POLL,
        retry: RetryPolicy = DEFAULT_RETRY,
        page_size: int = 10_000,
        on_event: OnEvent | None = None,
        http_options: Mapping[str, Any] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Take the key (else from SUPERMETRICS_API_KEY) or a function that gives one, and how patient to be.

        `base_url` falls back to SUPERMETRICS_BASE_URL, then to the contract. `timeout` bounds one request.
        `on_event` gets a value of `supermetrics_query.events` for each thing that happens; `log_events` logs them.
        `http_options` goes to httpx: `verify`, `proxy`, `headers` and so on. `clock` is for tests. Raises
        ConfigurationError for what cannot be used.
        """
        credentials = Credentials(api_key or os.environ.get(API_KEY), token_provider)
        self._settings = Settings(
            poll=poll,
            retry=retry,
            timeout=request_timeout(timeout),
            page_size=checked_page_size(page_size),
            renewable=token_provider is not None,
            on_event=guarded(on_event),
        )
        url = checked_base_url(base_url or os.environ.get(BASE_URL) or SERVER_URL)
        self._driver = self._make_driver(url, http_options or {}, credentials, clock or SystemClock())

    def _make_driver(self, url: str, options: Mapping[str, Any], credentials: Credentials, clock: Clock) -> D:
        raise NotImplementedError


class QueryClient(Door[Driver]):
    """Run queries in sync code. Use it as a context manager, or call `close()`; threads may share one."""

    def _make_driver(self, url: str, options: Mapping[str, Any], credentials: Credentials, clock: Clock) -> Driver:
        return Driver(Transport(url, options), credentials, clock)

    def _handle(self, run: Run) -> Query:
        handle = Query(self._driver, self._settings, run)
        run.handle = handle
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
        self._driver.run(starting.start(self._settings, run, query, NEVER, held=0))
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
        flow = starting.run_to_end(self._settings, run, query, patience(timeout), notice(on_progress))
        self._driver.run(flow)
        return handle

    def attach(self, schedule_id_or_token: str) -> Query:
        """Go on with a query that was started elsewhere, by any process with the same key. No I/O."""
        return self._handle(known_run(schedule_id_or_token))

    def status(self, schedule_id: str, *, offset_start: int = 0, offset_end: int | None = None) -> QueryStatus:
        """Look at a query once, and ask for a window of its rows; without `offset_end` for all of them.

        Raises ApiError (StatusNotFoundError where the query is not known), TransportError, ConfigurationError.
        """
        window = checked_window(offset_start, offset_end)
        return self._driver.run(looking.status(self._settings, Run(checked_schedule_id(schedule_id)), *window))

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
        return self._driver.iterate(listing.history(self._settings, request))


class AsyncQueryClient(Door[AsyncDriver]):
    """Run queries in async code, under asyncio or trio; tasks may share one. What each method does: `QueryClient`."""

    def _make_driver(self, url: str, options: Mapping[str, Any], credentials: Credentials, clock: Clock) -> AsyncDriver:
        return AsyncDriver(AsyncTransport(url, options), credentials, clock)

    def _handle(self, run: Run) -> AsyncQuery:
        handle = AsyncQuery(self._driver, self._settings, run)
        run.handle = handle
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
        await self._driver.run(starting.start(self._settings, run, query, NEVER, held=0))
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
        flow = starting.run_to_end(self._settings, run, query, patience(timeout), notice(on_progress))
        await self._driver.run(flow)
        return handle

    def attach(self, schedule_id_or_token: str) -> AsyncQuery:
        """Go on with a query that was started elsewhere; see `QueryClient.attach`. No I/O."""
        return self._handle(known_run(schedule_id_or_token))

    async def status(self, schedule_id: str, *, offset_start: int = 0, offset_end: int | None = None) -> QueryStatus:
        """Look at a query once; see `QueryClient.status`."""
        window = checked_window(offset_start, offset_end)
        run = Run(checked_schedule_id(schedule_id))
        return await self._driver.run(looking.status(self._settings, run, *window))

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
        return self._driver.iterate(listing.history(self._settings, request))


def request_timeout(value: Seconds) -> float:
    """Return the timeout of one request in seconds."""
    timeout = seconds(value)
    if timeout == 0:
        raise ConfigurationError("timeout=0 leaves no time for a request; it bounds one request, not a wait")
    return timeout
