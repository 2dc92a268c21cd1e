"""Parquet, written batch by batch. Needs the extra `[arrow]`."""

from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from typing import IO, Any


def write_batches(batches: Iterator[Any], file: IO[bytes]) -> None:
    """Write record batches of one schema; a result without rows is one batch without rows."""
    parquet = import_module("pyarrow.parquet")  # it has no types that an import by name would bring
    first = next(batches)
    with parquet.ParquetWriter(file, first.schema) as writer:
        for batch in chain([first], batches):
            writer.write_batch(batch)
