"""The two handles of a query. Properties never do I/O; every method is one flow, performed by a driver.

A handle belongs to one thread or task at a time; the client behind it may be shared. Every error that leaves a handle
carries what its reader needs to continue.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import aclosing, closing, contextmanager
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar

from supermetrics_query_api import models

from .. import _flows
from .._contract.validation import Seconds, checked_function, timeout_seconds
from .._core.context import ClientContext
from .._core.effects import Call, Effect, Flow
from .._core.polling import DEFAULT_WAIT
from .._core.run import Run, note
from .._extras import Extra, check_installed
from .._io.drivers import AsyncDriver, Driver
from .._models import BaseQuery, Column, Page, Part, QueryStatus, exported
from .._results import tables
from .._results.sinks import OnBytes, Target, sink_of
from .._results.tables import Schema
from ..errors import QueryError, ResultExpiredError, SupermetricsQueryError, WaitTimeoutError
from .inputs import checked_reading, checked_target

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from .._results.arrow import TableBuilder  # pyarrow is optional
else:
    pa, pd, pl = Extra("arrow"), Extra("pandas"), Extra("polars")

OnProgress: TypeAlias = Callable[[QueryStatus], None]
"""What takes the status after a poll that changed it."""
OnProgressAsync: TypeAlias = Callable[[QueryStatus], Awaitable[None] | None]
"""The same in async code, where it may be a coroutine function."""

D = TypeVar("D")
T = TypeVar("T")


class Handle(BaseQuery, Generic[D]):
    """What both handles know without I/O."""

    def __init__(self, driver: D, context: ClientContext, run: Run) -> None:
        """Belong to a run; clients make handles."""
        self._driver = driver
        self._context = context
        self._run = run

    @property
    def schedule_id(self) -> str:
        """The id of the query."""
        return self._run.schedule_id

    @property
    def request(self) -> models.DataQuery | None:
        """What was asked for; None for a query that was started elsewhere."""
        return self._run.request

    @property
    def part(self) -> Part | None:
        """Which part of a query this is, as `split` made it; None for any other query."""
        return self._run.part

    @property
    def format(self) -> str:
        """The output format that the query was started with."""
        return self._run.ticket.format

    @property
    def token(self) -> str:
        """A short text with which any process can continue: `client.attach(token)`. It holds no secret."""
        return self._run.ticket.token

    @property
    def status(self) -> QueryStatus | None:
        """The last status seen, or None."""
        return self._run.status

    @property
    def error(self) -> SupermetricsQueryError | None:
        """What `wait()` raises once the query has ended badly, or why it is no longer polled, else None."""
        error = self._run.error or self._run.abandoned
        if error is not None:
            annotate(error, self._run, self)
        return error

    @property
    def columns(self) -> list[Column]:
        """The columns of the result in the order of the request, once the query has succeeded."""
        return list(self._run.layout.ordered_columns)

    @property
    def row_limit(self) -> int | None:
        """The limit at which the rows end although nobody asked for it, so that more may be missing, else None.

        It is known once the rows were read to their end, or downloaded.
        """
        return self._run.row_limit

    def __repr__(self) -> str:
        """Show where the query stands."""
        code = self.status.code if self.status else "not seen yet"
        return f"<{type(self).__name__} {self.schedule_id} {code}>"

    def _table(self, schema: Schema | None) -> TableBuilder:
        return tables.table_builder(lambda: self.columns, schema)

    def _annotated(self, flow: Flow[T]) -> Flow[T]:
        return annotated(flow, self._run, self)


def annotated(flow: Flow[T], run: Run, query: BaseQuery | None = None) -> Flow[T]:
    """Return a flow whose errors carry what their reader needs to continue."""
    with annotated_errors(run, query):
        return (yield from flow)


@contextmanager
def annotated_errors(run: Run, query: BaseQuery | None = None) -> Iterator[None]:
    """Put on every error that leaves the block what its reader needs to continue, also on Ctrl-C and cancellation."""
    try:
        yield
    except SupermetricsQueryError as error:
        annotate(error, run, query)
        raise
    except GeneratorExit:
        raise
    except BaseException as error:
        note(error, [run])
        raise


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Let a result that expires inside the block say that none of its rows was handed over."""
    try:
        yield
    except ResultExpiredError as error:
        error.delivered = 0
        raise


def annotate(error: SupermetricsQueryError, run: Run, query: BaseQuery | None) -> None:
    """Put on an error its query, and the last status where it has none."""
    run.annotate(error)
    is_own = error.schedule_id == run.schedule_id  # a callback may raise the error of another query
    if is_own and isinstance(error, WaitTimeoutError):
        error.query = query
    elif is_own and isinstance(error, QueryError) and error.status is None:
        error.status = run.status


@exported
class Query(Handle[Driver]):
    """A query in sync code."""

    def refresh(self) -> QueryStatus:
        """Poll once and return the status.

        Raises:
            ResultExpiredError: The query is no longer kept.
            ApiError: The poll was refused.
            TransportError: There was no usable answer.
        """
        return self._driver.run(self._annotated(_flows.poll.refresh(self._context, self._run)))

    def wait(self, *, timeout: Seconds | None = DEFAULT_WAIT, on_progress: OnProgress | None = None) -> Self:
        """Wait until the query has succeeded, and return the handle.

        Args:
            timeout: How long everything inside may take, in seconds or as a timedelta. None has no end, and 0 polls
                once.
            on_progress: Called with the status after every poll that changed its code or progress. What it raises ends
                the wait, not the query.

        Raises:
            QueryError: The query has ended badly.
            WaitTimeoutError: The time is over, and the query continues.
            ApiError: Polling has failed for good.
            TransportError: Polling has failed for good, without a usable answer.
        """
        flow = _flows.poll.wait(self._context, self._run, timeout_seconds(timeout), calling(on_progress))
        self._driver.run(self._annotated(flow))
        return self

    def watch(self, *, timeout: Seconds | None = DEFAULT_WAIT) -> Generator[QueryStatus, None, None]:
        """Yield every change of the query, the last one terminal. Raises a bad end only where no status shows it.

        Args:
            timeout: As for `wait`.
        """
        flow = _flows.poll.watch(self._context, self._run, timeout_seconds(timeout))
        return self._driver.iterate(self._annotated(flow))

    def pages(self, *, start: int = 0, prefetch: int | None = None) -> Generator[Page, None, None]:
        """Yield the result page by page; wait for the query first where it has not ended.

        Args:
            start: The first row to yield, counted from 0.
            prefetch: How many pages are under way while the caller works. By default up to five, and none where answers
                come at once; 0 fetches each when it is asked for.

        Raises:
            ResultExpiredError: The result has gone away midway; its `delivered` is the next `start`.
            QueryError: Rows cannot be read or do not come, or what `wait` raises.
        """
        window = checked_reading(start, prefetch)
        return self._driver.iterate(self._annotated(_flows.pages.pages(self._context, self._run, *window)))

    def rows(self, *, start: int = 0, prefetch: int | None = None) -> Generator[dict[str, Any], None, None]:
        """Yield the rows as dicts keyed by field id. Waits and raises as `pages()` does.

        Args:
            start: The first row to yield, counted from 0.
            prefetch: As for `pages`.
        """
        return rows_of(self.pages(start=start, prefetch=prefetch))

    def download(self, path_or_file: Target, *, on_progress: OnBytes | None = None) -> int:
        """Write the result in the format the query was started with, and return its size in bytes.

        Waits as `pages()` does, and raises what it raises.

        Args:
            path_or_file: A path, such as `sessions.parquet`, which holds what it held or the whole result, as with
                `whole_file`. A file that is open in binary mode is written to and not closed.
            on_progress: A plain function, called with the number of bytes that have come, about every 64 KiB and at the
                end. The number falls where a download that broke off starts again. What it raises ends the download.

        Raises:
            UnreadableResponseError: An answer cannot be the result.
        """
        sink = sink_of(checked_target(path_or_file), on_progress)
        return self._driver.run(self._annotated(_flows.download.download(self._context, self._run, sink)))

    def to_arrow(self, *, schema: Schema | None = None) -> pa.Table:
        """Return the result as a pyarrow.Table. Waits and raises as `pages()` does.

        A column has the type that the API declares (docs/tables.md), or one that holds every cell, text at last.

        Args:
            schema: Types of your own, as a pyarrow.Schema or a mapping of columns to types.

        Raises:
            QueryError: A cell does not fit the type of its column.
        """
        table = self._table(schema)
        with all_or_nothing(), annotated_errors(self._run, self), closing(self.pages()) as pages:
            for page in pages:
                table.add(page)
            return table.table()

    def iter_arrow(self, *, schema: Schema | None = None) -> Generator[pa.RecordBatch, None, None]:
        """Yield the result as a pyarrow.RecordBatch for each page, one page in memory, all of one schema.

        The first page decides the types as `to_arrow()` does. A result without rows is one batch without rows. Waits
        and raises as `pages()` does.

        Args:
            schema: As for `to_arrow`; it helps where a later page does not fit the first.

        Raises:
            QueryError: A cell does not fit the type of its column.
        """
        return tables.batches(self.pages(), self._table(schema), annotated_errors(self._run, self))

    def to_pandas(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return the result as a pandas.DataFrame, with the types of `to_arrow()`.

        Args:
            schema: As for `to_arrow`.
        """
        check_installed("pandas")
        return tables.pandas_of(self.to_arrow(schema=schema))

    def to_polars(self, *, schema: Schema | None = None) -> pl.DataFrame:
        """Return the result as a polars.DataFrame, with the types of `to_arrow()`.

        Args:
            schema: As for `to_arrow`.
        """
        check_installed("polars")
        return tables.polars_of(self.to_arrow(schema=schema))


@exported
class AsyncQuery(Handle[AsyncDriver]):
    """A query in async code, under asyncio or trio."""

    async def refresh(self) -> QueryStatus:
        """Poll once, and return the status that came."""
        return await self._driver.run(self._annotated(_flows.poll.refresh(self._context, self._run)))

    async def wait(self, *, timeout: Seconds | None = DEFAULT_WAIT, on_progress: OnProgressAsync | None = None) -> Self:
        """Wait until the query has succeeded, and return the handle; other tasks go on meanwhile.

        `on_progress` may be a coroutine function.
        """
        flow = _flows.poll.wait(self._context, self._run, timeout_seconds(timeout), calling(on_progress))
        await self._driver.run(self._annotated(flow))
        return self

    def watch(self, *, timeout: Seconds | None = DEFAULT_WAIT) -> AsyncGenerator[QueryStatus, None]:
        """Yield every change of the query, the last one terminal, for `async for`."""
        flow = _flows.poll.watch(self._context, self._run, timeout_seconds(timeout))
        return self._driver.iterate(self._annotated(flow))

    def pages(self, *, start: int = 0, prefetch: int | None = None) -> AsyncGenerator[Page, None]:
        """Yield the result page by page, for `async for`; wait for the query first where it has not ended."""
        window = checked_reading(start, prefetch)
        return self._driver.iterate(self._annotated(_flows.pages.pages(self._context, self._run, *window)))

    def rows(self, *, start: int = 0, prefetch: int | None = None) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the rows as dicts keyed by field id, for `async for`; wait for the query first."""
        return rows_of_async(self.pages(start=start, prefetch=prefetch))

    async def download(self, path_or_file: Target, *, on_progress: OnBytes | None = None) -> int:
        """Write the result in the format the query was started with, and return its size in bytes.

        The file is written in the task itself, so a slow disk holds up the other tasks.
        """
        sink = sink_of(checked_target(path_or_file), on_progress)
        return await self._driver.run(self._annotated(_flows.download.download(self._context, self._run, sink)))

    async def to_arrow(self, *, schema: Schema | None = None) -> pa.Table:
        """Return the result as a pyarrow.Table, once all of its pages have come."""
        table = self._table(schema)
        with all_or_nothing(), annotated_errors(self._run, self):
            async with aclosing(self.pages()) as pages:
                async for page in pages:
                    table.add(page)
            return table.table()

    def iter_arrow(self, *, schema: Schema | None = None) -> AsyncGenerator[pa.RecordBatch, None]:
        """Yield the result as a pyarrow.RecordBatch for each page, for `async for`, all of one schema."""
        return tables.batches_async(self.pages(), self._table(schema), annotated_errors(self._run, self))

    async def to_pandas(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return the result as a pandas.DataFrame, once all of its pages have come."""
        check_installed("pandas")
        return tables.pandas_of(await self.to_arrow(schema=schema))

    async def to_polars(self, *, schema: Schema | None = None) -> pl.DataFrame:
        """Return the result as a polars.DataFrame, once all of its pages have come."""
        check_installed("polars")
        return tables.polars_of(await self.to_arrow(schema=schema))


def rows_of(pages: Generator[Page, None, None]) -> Generator[dict[str, Any], None, None]:
    """Yield the rows of pages, and close their generator."""
    with closing(pages):
        for page in pages:
            yield from page.dicts()


async def rows_of_async(pages: AsyncGenerator[Page, None]) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the rows of pages, and close their generator."""
    async with aclosing(pages):
        async for page in pages:
            for row in page.dicts():
                yield row


def calling(on_progress: Callable[[QueryStatus], object] | None) -> Callable[[QueryStatus], Effect] | None:
    """Return the effect of calling a callback with a status."""
    function = checked_function("on_progress", on_progress)
    return None if function is None else lambda status: Call(function, status)


def with_unfinished(handles: Mapping[Run, BaseQuery], flow: Flow[None]) -> Flow[None]:
    """Return a flow whose timeout carries the handles that have not been handed over."""
    try:
        yield from flow
    except WaitTimeoutError as error:
        error.queries = tuple(handles.values())
        raise
