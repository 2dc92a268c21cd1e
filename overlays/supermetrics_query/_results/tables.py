"""Results as tables. Pages become Arrow column by column; pandas and polars take it from there.

The libraries are optional and imported when a table is asked for, before anything is sent.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, closing
from typing import TYPE_CHECKING, TypeAlias, Union

from .._extras import Extra, check_installed
from .._models import Column, Page

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from .arrow import TableBuilder  # pyarrow is optional
else:
    pa, pd, pl = Extra("arrow"), Extra("pandas"), Extra("polars")

Schema: TypeAlias = Union["pa.Schema", Mapping[str, "pa.DataType"]]
"""Types of columns, by their keys."""


def table_builder(known: Callable[[], Sequence[Column]], schema: Schema | None) -> TableBuilder:
    """Return an empty table; `schema` holds the types that the caller wants, by column."""
    check_installed("arrow")
    from .arrow import TableBuilder, checked_types

    return TableBuilder(checked_types(schema), known)


def batches(
    pages: Generator[Page, None, None], table: TableBuilder, guard: AbstractContextManager[None]
) -> Generator[pa.RecordBatch, None, None]:
    """Yield a batch for each page, and an empty one for a result without rows; the guard sees every error."""
    with guard, closing(pages):
        for page in pages:
            yield table.batch(page)
        if table.is_empty:
            yield table.empty_batch()


async def batches_async(
    pages: AsyncGenerator[Page, None], table: TableBuilder, guard: AbstractContextManager[None]
) -> AsyncGenerator[pa.RecordBatch, None]:
    """Yield what `batches` yields."""
    with guard:
        async with aclosing(pages):
            async for page in pages:
                yield table.batch(page)
        if table.is_empty:
            yield table.empty_batch()


def pandas_of(table: pa.Table) -> pd.DataFrame:
    """Return a table for pandas; the table is used up.

    Integers and booleans take the types of pandas that know an empty cell, so that none becomes a float; dates become
    datetime64.
    """
    signed = {pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype()}
    unsigned = {pa.uint8(): pd.UInt8Dtype(), pa.uint16(): pd.UInt16Dtype(), pa.uint32(): pd.UInt32Dtype()}
    long = {pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype(), pa.bool_(): pd.BooleanDtype()}
    kinds = {**signed, **unsigned, **long}
    frame: pd.DataFrame = table.to_pandas(types_mapper=kinds.get, date_as_object=False, self_destruct=True)
    return frame


def polars_of(table: pa.Table) -> pl.DataFrame:
    """Return a table for polars."""
    return pl.DataFrame(table)
