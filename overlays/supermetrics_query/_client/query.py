"""The two handles of a query. Properties never do I/O; every method is one flow, performed by a driver.

A handle belongs to one thread or task at a time; the client behind it may be shared.
"""

from __future__ import annotations

from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import _flows
from .._contract.validation import Seconds, checked_offset, checked_prefetch, timeout_seconds
from .._core.effects import Call
from .._core.polling import DEFAULT_WAIT
from .._extras import check_installed
from .._io.drivers import AsyncDriver, Driver
from .._results import tables
from .._results.sinks import OnBytes, Target, sink_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
    from typing import Self, TypeAlias

    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from supermetrics_query_api.models import DataQuery

    from .._core.context import ClientContext
    from .._core.effects import Effect
    from .._core.run import Run
    from .._models import Column, Page, QueryStatus
    from .._results.tables import Schema
    from ..errors import SupermetricsQueryError

    OnProgress: TypeAlias = Callable[[QueryStatus], None]

    OnProgressAsync: TypeAlias = Callable[[QueryStatus], Awaitable[None] | None]


D = TypeVar("D")


class BaseQuery(Generic[D]):
    """What both handles know without asking anybody."""

    def __init__(self, driver: D, context: ClientContext, run: Run) -> None:
        """Belong to a run; clients make handles."""
        self._driver = driver
        self._context = context
        self._run = run

    @property
    def schedule_id(self) -> str:
        """The name of this run."""
        return self._run.schedule_id

    @property
    def request(self) -> DataQuery | None:
        """What was asked for; None for a query that was started elsewhere."""
        return self._run.request

    @property
    def format(self) -> str:
        """The output format that the query was started with."""
        return self._run.format

    @property
    def token(self) -> str:
        """A short text with which any process can go on: `client.attach(token)`. It holds no secret."""
        return self._run.token

    @property
    def status(self) -> QueryStatus | None:
        """The last status seen, or None."""
        return self._run.status

    @property
    def error(self) -> SupermetricsQueryError | None:
        """What `wait()` raises once the query has ended badly, or why polling it was given up, else None."""
        return self._run.error or self._run.abandoned

    @property
    def columns(self) -> list[Column]:
        """The columns of the result, once the query has succeeded."""
        return list(self._run.layout.columns)

    def __repr__(self) -> str:
        """Show where the query stands."""
        code = self.status.code if self.status else "not seen yet"
        return f"<{type(self).__name__} {self.schedule_id} {code}>"


class Query(BaseQuery[Driver]):
    """A query in sync code."""

    def refresh(self) -> QueryStatus:
        """Poll once.

        Raises ResultExpiredError when the query is no longer kept, ApiError or TransportError when the poll fails.
        """
        return self._driver.run(_flows.poll.refresh(self._context, self._run))

    def wait(self, *, timeout: Seconds | None = DEFAULT_WAIT, on_progress: OnProgress | None = None) -> Self:
        """Wait until the query has succeeded, and return the handle.

        `timeout` (seconds or timedelta) bounds everything inside; None waits for ever and 0 polls once. `on_progress`
        gets the status after every poll that changed its code or progress. Raises QueryError when the query ends badly,
        WaitTimeoutError when it goes on, ApiError or TransportError when polling is of no use.
        """
        flow = _flows.poll.wait(self._context, self._run, timeout_seconds(timeout), on_change(on_progress))
        self._driver.run(flow)
        return self

    def watch(self, *, timeout: Seconds | None = DEFAULT_WAIT) -> Generator[QueryStatus, None, None]:
        """Yield every change of the query, the last one terminal. A bad end is raised only where no status tells it."""
        return self._driver.iterate(_flows.poll.watch(self._context, self._run, timeout_seconds(timeout)))

    def pages(self, *, start: int = 0, prefetch: int | None = None) -> Generator[Page, None, None]:
        """Yield the result page by page from the row `start` on, after waiting for it where that has not been done.

        `prefetch` pages are under way while the caller works: up to five, none where answers come at once; 0 fetches
        each when it is asked for. Raises as `wait()` does, ResultExpiredError when the result goes away midway (its
        `delivered` is the next `start`), and QueryError when rows cannot be read or do not come.
        """
        window = checked_offset("start", start), checked_prefetch(prefetch)
        return self._driver.iterate(_flows.pages.pages(self._context, self._run, *window))

    def rows(self, *, start: int = 0, prefetch: int | None = None) -> Generator[dict[str, Any], None, None]:
        """Yield the rows as dicts keyed by field id. Waits and raises as `pages()` does."""
        return rows_of(self.pages(start=start, prefetch=prefetch))

    def download(self, path_or_file: Target, *, on_progress: OnBytes | None = None) -> int:
        """Write the result in the format the query was started with, and return how many bytes it is.

        Waits as `pages()` does. A path is written beside and renamed at the end, so that a file under that name is
        whole; an open file is written to and not closed. `on_progress`, a plain function, gets the number of bytes
        written about every 64 KiB and at the end; the number falls where a download that broke off is begun again.
        What it raises ends the download.
        """
        sink = sink_of(path_or_file, on_progress)
        return self._driver.run(_flows.download.download(self._context, self._run, sink))

    def to_arrow(self, *, schema: Schema | None = None) -> pa.Table:
        """Return the result as a pyarrow.Table. Waits and raises as `pages()` does.

        A column has the type that the API declares (docs/tables.md), or one that holds every cell, text in the end.
        `schema` (a pyarrow.Schema or a mapping of columns to types) gives types of your own; QueryError names a cell
        that does not fit one.
        """
        table = tables.table_builder(self._run, schema)
        with closing(self.pages()) as pages:
            for page in pages:
                table.add(page)
        return table.table()

    def iter_arrow(self, *, schema: Schema | None = None) -> Generator[pa.RecordBatch, None, None]:
        """Yield the result as a pyarrow.RecordBatch for each page, one page in memory, all of one schema.

        The first page decides the types as `to_arrow()` does; QueryError names a later cell that does not fit, and
        `schema` helps. A result without rows is one batch without rows. Waits and raises as `pages()` does.
        """
        return tables.batches(self.pages(), tables.table_builder(self._run, schema))

    def to_pandas(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return the result as a pandas.DataFrame, with the types of `to_arrow()`."""
        check_installed("pandas")
        return tables.pandas_of(self.to_arrow(schema=schema))

    def to_polars(self, *, schema: Schema | None = None) -> pl.DataFrame:
        """Return the result as a polars.DataFrame, with the types of `to_arrow()`."""
        check_installed("polars")
        return tables.polars_of(self.to_arrow(schema=schema))


class AsyncQuery(BaseQuery[AsyncDriver]):
    """A query in async code, under asyncio or trio. What each method does stands at `Query`."""

    async def refresh(self) -> QueryStatus:
        """Poll once; see `Query.refresh`."""
        return await self._driver.run(_flows.poll.refresh(self._context, self._run))

    async def wait(self, *, timeout: Seconds | None = DEFAULT_WAIT, on_progress: OnProgressAsync | None = None) -> Self:
        """Wait until the query has succeeded; see `Query.wait`. `on_progress` may be a coroutine function."""
        await self._driver.run(
            _flows.poll.wait(self._context, self._run, timeout_seconds(timeout), on_change(on_progress))
        )
        return self

    def watch(self, *, timeout: Seconds | None = DEFAULT_WAIT) -> AsyncGenerator[QueryStatus, None]:
        """Yield every change of the query; see `Query.watch`."""
        return self._driver.iterate(_flows.poll.watch(self._context, self._run, timeout_seconds(timeout)))

    def pages(self, *, start: int = 0, prefetch: int | None = None) -> AsyncGenerator[Page, None]:
        """Yield the result page by page; see `Query.pages`."""
        window = checked_offset("start", start), checked_prefetch(prefetch)
        return self._driver.iterate(_flows.pages.pages(self._context, self._run, *window))

    def rows(self, *, start: int = 0, prefetch: int | None = None) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the rows as dicts keyed by field id; see `Query.rows`."""
        return rows_of_async(self.pages(start=start, prefetch=prefetch))

    async def download(self, path_or_file: Target, *, on_progress: OnBytes | None = None) -> int:
        """Write the result in the format the query was started with; see `Query.download`."""
        sink = sink_of(path_or_file, on_progress)
        return await self._driver.run(_flows.download.download(self._context, self._run, sink))

    async def to_arrow(self, *, schema: Schema | None = None) -> pa.Table:
        """Return the result as a pyarrow.Table; see `Query.to_arrow`."""
        table = tables.table_builder(self._run, schema)
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                table.add(page)
        return table.table()

    def iter_arrow(self, *, schema: Schema | None = None) -> AsyncGenerator[pa.RecordBatch, None]:
        """Yield the result as a pyarrow.RecordBatch for each page; see `Query.iter_arrow`."""
        return tables.batches_async(self.pages(), tables.table_builder(self._run, schema))

    async def to_pandas(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return the result as a pandas.DataFrame; see `Query.to_pandas`."""
        check_installed("pandas")
        return tables.pandas_of(await self.to_arrow(schema=schema))

    async def to_polars(self, *, schema: Schema | None = None) -> pl.DataFrame:
        """Return the result as a polars.DataFrame; see `Query.to_polars`."""
        check_installed("polars")
        return tables.polars_of(await self.to_arrow(schema=schema))


def rows_of(pages: Generator[Page, None, None]) -> Generator[dict[str, Any], None, None]:
    """Yield the rows of pages, and close what makes them."""
    with closing(pages):
        for page in pages:
            yield from page.dicts()


async def rows_of_async(pages: AsyncGenerator[Page, None]) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the rows of pages, and close what makes them."""
    async with aclosing(pages):
        async for page in pages:
            for row in page.dicts():
                yield row


def on_change(on_progress: Callable[[QueryStatus], object] | None) -> Callable[[QueryStatus], Effect] | None:
    """Turn a callback into the effect of calling it."""
    return None if on_progress is None else lambda status: Call(on_progress, status)
