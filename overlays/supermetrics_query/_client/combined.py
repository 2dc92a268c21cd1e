"""The results of several queries, read as one while the queries come. A query counts whole or not at all.

Each query is read when it comes, because its result is kept for an hour only. What it holds is handed over once all of
it is there: of a query that fails midway there is nothing to undo, and its rows can be fetched again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, closing, contextmanager
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from attrs import evolve

from .._contract.validation import checked_kind, short_repr
from .._extras import Extra, check_installed
from .._models import Column, Page, exported
from .._results import tables
from .._results.rows import Layout
from .._results.tables import Schema
from ..errors import ConfigurationError, QueryError, SupermetricsQueryError
from .query import AsyncQuery, Handle, Query, all_or_nothing, annotated_errors

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from .._results.arrow import TableBuilder  # pyarrow is optional
else:
    pa, pd, pl = Extra("arrow"), Extra("pandas"), Extra("polars")

Q = TypeVar("Q", bound=Handle[Any])
S = TypeVar("S")


class BaseCombined(Generic[Q, S]):
    """What is known of several queries that are read as one: where they come from, what failed, and their columns."""

    def __init__(self, queries: S) -> None:
        """Take the queries; nothing is read yet."""
        self._queries: S | None = queries
        self._failed: list[Q] = []
        self._columns: list[Column] = []
        self._first: Q | None = None  # the first query with rows, whose columns all others must have

    @property
    def failed(self) -> list[Q]:
        """The queries whose rows are missing, each with its `error` and its `part`; all of them once reading has ended.

        Their `request` can be run again: a query counts whole or not at all.
        """
        return list(self._failed)

    def _taken(self) -> S:
        queries, self._queries = self._queries, None
        if queries is None:
            raise ConfigurationError("the queries were read already, and this reads each once: combine them again")
        return queries

    def _table(self, schema: Schema | None) -> TableBuilder:
        return tables.table_builder(lambda: self._columns, schema)

    def _is_readable(self, query: Q) -> bool:
        if query._run.is_over:
            query._run.abandoned = None  # only an earlier reading has failed
        if query.error is not None:
            self._failed.append(query)
        return query.error is None

    @contextmanager
    def _reading(self, query: Q) -> Iterator[list[Page]]:
        pages: list[Page] = []
        try:
            with all_or_nothing(), annotated_errors(query._run, query):
                yield pages
        except SupermetricsQueryError as error:
            pages.clear()
            query._run.abandoned = error
            self._failed.append(query)
        else:
            self._match_columns(query, pages)

    def _match_columns(self, query: Q, pages: list[Page]) -> None:
        if not pages:
            self._columns = self._columns or query.columns
        elif self._first is None:
            self._first, self._columns = query, [*pages[0].columns]
        elif (found := keys(pages[0].columns)) != (known := keys(self._columns)):
            if not is_placed_by_key(found, known):
                self._refuse_columns(query, self._first, found, known)
            for number, page in enumerate(pages):
                pages[number] = placed(page, known)

    def _refuse_columns(self, query: Q, first: Q, found: Sequence[str], known: Sequence[str]) -> NoReturn:
        with annotated_errors(query._run, query):
            raise QueryError(
                f"{name_of(query)} has the columns {found!r:.999}, and {name_of(first)} has {known!r:.999}, "
                "so they cannot be read as one: read the rows of each query by itself"
            )


@exported
class Combined(BaseCombined[Query, Iterable[Query]]):
    """The results of several queries as one, in sync code; `combine` makes it."""

    def rows(self) -> Generator[dict[str, Any], None, None]:
        """Yield the rows of all queries as dicts keyed by field id, query by query as they come.

        A query that has failed, or fails while it is read, joins `failed` and the others continue. Columns in another
        order take that of the first query.

        Raises:
            QueryError: The columns of two queries differ.
        """
        return rows_of(self._results(self._taken()))

    def to_arrow(self, *, schema: Schema | None = None) -> pa.Table:
        """Return the rows of all queries as a pyarrow.Table; `failed` holds the queries that are missing.

        A column has one type, which holds the cells of every query.

        Args:
            schema: Types of your own, as for `Query.to_arrow`.

        Raises:
            QueryError: The columns of two queries differ, or a cell does not fit the type of its column.
        """
        table = self._table(schema)
        with closing(self._results(self._taken())) as results:
            for query, pages in results:
                add_pages(table, query, pages)
        return table.table()

    def to_pandas(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return the rows of all queries as a pandas.DataFrame, with the types of `to_arrow()`.

        Args:
            schema: As for `to_arrow`.
        """
        check_installed("pandas")
        return tables.pandas_of(self.to_arrow(schema=schema))

    def to_polars(self, *, schema: Schema | None = None) -> pl.DataFrame:
        """Return the rows of all queries as a polars.DataFrame, with the types of `to_arrow()`.

        Args:
            schema: As for `to_arrow`.
        """
        check_installed("polars")
        return tables.polars_of(self.to_arrow(schema=schema))

    def _results(self, queries: Iterable[Query]) -> Generator[tuple[Query, list[Page]], None, None]:
        with closing(delegated(queries)) as own:
            for query in own:
                if self._is_readable(checked_kind("a query", query, Query)):
                    with self._reading(query) as pages, closing(query.pages()) as arriving:
                        pages.extend(arriving)
                    yield query, pages


@exported
class AsyncCombined(BaseCombined[AsyncQuery, AsyncIterable[AsyncQuery]]):
    """The results of several queries as one, in async code; `combine` makes it."""

    def rows(self) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the rows of all queries as dicts keyed by field id, for `async for`, query by query as they come."""
        return rows_of_async(self._results(self._taken()))

    async def to_arrow(self, *, schema: Schema | None = None) -> pa.Table:
        """Return the rows of all queries as a pyarrow.Table, once all have come; `failed` holds what is missing."""
        table = self._table(schema)
        async with aclosing(self._results(self._taken())) as results:
            async for query, pages in results:
                add_pages(table, query, pages)
        return table.table()

    async def to_pandas(self, *, schema: Schema | None = None) -> pd.DataFrame:
        """Return the rows of all queries as a pandas.DataFrame, once all have come."""
        check_installed("pandas")
        return tables.pandas_of(await self.to_arrow(schema=schema))

    async def to_polars(self, *, schema: Schema | None = None) -> pl.DataFrame:
        """Return the rows of all queries as a polars.DataFrame, once all have come."""
        check_installed("polars")
        return tables.polars_of(await self.to_arrow(schema=schema))

    async def _results(self, queries: AsyncIterable[AsyncQuery]) -> AsyncGenerator[tuple[AsyncQuery, list[Page]], None]:
        async with AsyncExitStack() as stack:
            if isinstance(queries, AsyncGenerator):
                await stack.enter_async_context(aclosing(queries))
            async for query in queries:
                if self._is_readable(checked_kind("a query", query, AsyncQuery)):
                    with self._reading(query) as pages:
                        async with aclosing(query.pages()) as arriving:
                            pages.extend([page async for page in arriving])
                    yield query, pages


@overload
def combine(queries: Iterable[Query]) -> Combined: ...
@overload
def combine(queries: AsyncIterable[AsyncQuery]) -> AsyncCombined: ...
def combine(queries: Iterable[Query] | AsyncIterable[AsyncQuery]) -> Combined | AsyncCombined:
    """Return the results of several queries as one: of what `run_many` or `as_completed` yields, or of a list.

    Nothing is read until its rows or a table are asked for, and then each query is read once, when it comes.

    Args:
        queries: Handles of either client; an async iterable of them is read by an `AsyncCombined`.
    """
    if isinstance(queries, AsyncIterable):
        return AsyncCombined(queries)
    if isinstance(queries, Iterable):
        return Combined(queries)
    raise ConfigurationError(f"combine takes queries, such as client.run_many(split(...)), not {short_repr(queries)}")


def delegated(queries: Iterable[Query]) -> Generator[Query, None, None]:
    """Yield queries; closing this closes the generator that they come from."""
    yield from queries


def rows_of(results: Generator[tuple[Query, list[Page]], None, None]) -> Generator[dict[str, Any], None, None]:
    """Yield the rows of results, and close their generator."""
    with closing(results):
        for _, pages in results:
            for page in pages:
                yield from page.dicts()


async def rows_of_async(
    results: AsyncGenerator[tuple[AsyncQuery, list[Page]], None],
) -> AsyncGenerator[dict[str, Any], None]:
    """Yield what `rows_of` yields."""
    async with aclosing(results):
        async for _, pages in results:
            for page in pages:
                for row in page.dicts():
                    yield row


def add_pages(table: TableBuilder, query: Handle[Any], pages: Iterable[Page]) -> None:
    """Add the rows of a query to a table; an error names the query."""
    with annotated_errors(query._run, query):
        for page in pages:
            table.add(page)


def keys(columns: Iterable[Column]) -> list[str]:
    """Return the keys of columns, in their order."""
    return [column.key for column in columns]


def is_placed_by_key(found: Sequence[str], known: Sequence[str]) -> bool:
    """Return whether columns are the same in another order, and each is known by its key.

    `cost_2` may be the second of two columns `cost`, and `column_2` one without a name: they are known by their place.
    """
    stems = {"column", *known}
    by_place = [key for key in known if (parts := key.rpartition("_"))[0] in stems and parts[2].isdecimal()]
    return sorted(found) == sorted(known) and not by_place


def placed(page: Page, known: Sequence[str]) -> Page:
    """Return a page with its columns in the order of these keys."""
    found = keys(page.columns)
    layout = Layout(tuple(page.columns), None, order=tuple(map(found.index, known)))
    return evolve(page, columns=layout.ordered_columns, rows=layout.ordered(page.rows))


def name_of(query: Handle[Any]) -> str:
    """Return what a message calls a query."""
    return f"query {query.schedule_id!r}" if query.part is None else f"{query.part.place} ({query.part})"
