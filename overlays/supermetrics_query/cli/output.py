"""Where a result is written, and in which form: stdout, or a file that is complete or not there."""

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from attrs import frozen

from .. import whole_file
from ..errors import ConfigurationError
from . import extras, forms
from .options import Output

if TYPE_CHECKING:
    from .. import Query

PARQUET, RAW = "parquet", "raw"
ENDINGS: Mapping[str, str] = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".parquet": PARQUET,
}


@frozen
class Outlet:
    """A form, and a path; without a path it is stdout."""

    form: str
    path: Path | None = None

    def check_format(self, format: str) -> None:
        """Raise ConfigurationError if this format of the API would go to a terminal that cannot show it."""
        if self.form == RAW and self.path is None and format == PARQUET and sys.stdout.isatty():
            raise ConfigurationError("a terminal cannot show Parquet: give --to FILE")

    def write(self, rows: forms.Rows) -> None:
        """Write rows."""
        with opened(self.path) as file:
            forms.write(self.form, rows, file)

    def write_result(self, query: "Query") -> None:
        """Write the result of a query page by page."""
        if self.form in {PARQUET, RAW}:
            self.write_bytes(query)
            return
        with closing(query.pages()) as pages:
            self.write(forms.Rows([column.key for column in query.columns], (page.rows for page in pages)))

    def write_bytes(self, query: "Query") -> None:
        """Write the result of a query unchanged, or as Parquet batch by batch."""
        with opened(self.path) as file:
            if self.form == RAW:
                query.download(file)
                return
            with closing(query.iter_arrow()) as batches:
                write_batches(batches, file)


def outlet(output: Output | None, to: Path | None) -> Outlet:
    """Return where to write rows; by default to stdout, as a table on a terminal and as CSV anywhere else."""
    if to is None:
        check_stdout()
        return Outlet(str(output or (Output.TABLE if sys.stdout.isatty() else Output.CSV)))
    path, ending = checked_target(to), ENDINGS.get(to.suffix.lower())
    if output is None and ending is None:
        raise ConfigurationError(f"--to {str(to)!r} must end in one of {', '.join(ENDINGS)}, or --output must be given")
    if output and ending and output != ending:
        raise ConfigurationError(f"--output {output} and --to {str(to)!r} contradict each other; leave one out")
    if ending == PARQUET:
        extras.require("arrow")
    return Outlet(str(output or ending), path)


def unchanged(to: Path | None) -> Outlet:
    """Return where to write the output of the API."""
    if to is None:
        check_stdout()
        return Outlet(RAW)
    return Outlet(RAW, checked_target(to))


def without_parquet(target: Outlet) -> Outlet:
    """Return where to write a history, whose columns have no types that Parquet could keep."""
    if target.form == PARQUET:
        raise ConfigurationError("a history can be written as .csv, .ndjson or .json, not as Parquet")
    return target


def check_stdout() -> None:
    """Raise ConfigurationError where nobody can read what a query is spent on."""
    if sys.__stdout__ is None:
        raise ConfigurationError("stdout is closed, so the result would be lost")


class Stdout(io.FileIO):
    """Stdout as bytes. It cannot be rewound: after `>>`, what the file held before must stay."""

    def seekable(self) -> bool:
        """Return False."""
        return False


def checked_target(path: Path) -> Path:
    """Return a path that can be written to; raise ConfigurationError before a query is spent on another one."""
    folder, exists = path.resolve().parent, path.exists()
    if path.is_dir():
        raise ConfigurationError(f"--to {str(path)!r} is a folder")
    if not folder.is_dir():
        raise ConfigurationError(f"--to {str(path)!r}: there is no folder {str(folder)!r}")
    changed = ([path] if exists else []) + ([folder] if path.is_file() or not exists else [])
    if unwritable := [each for each in changed if not os.access(each, os.W_OK)]:
        raise ConfigurationError(f"--to {str(path)!r}: {str(unwritable[0])!r} is not writable")
    return path


def opened(path: Path | None) -> AbstractContextManager[IO[bytes]]:
    """Return a block with a file to write to; without a path it is stdout."""
    return io.BufferedWriter(Stdout(os.dup(sys.stdout.fileno()), "w")) if path is None else whole_file(path)


def write_batches(batches: Iterator[Any], file: IO[bytes]) -> None:
    """Write record batches of one schema; a result without rows is one batch without rows."""
    parquet = import_module("pyarrow.parquet")  # it has no type stubs
    first = next(batches)
    with parquet.ParquetWriter(file, first.schema) as writer:
        for batch in chain([first], batches):
            writer.write_batch(batch)
