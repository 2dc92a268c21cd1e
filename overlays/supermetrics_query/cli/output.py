"""In which form a result is written, and where."""

import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from ..errors import ConfigurationError
from . import extras, forms
from .options import Output
from .targets import checked_target, opened

if TYPE_CHECKING:
    from .._client.query import Query

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
    """A form, and a path or stdout."""

    form: str
    path: Path | None = None

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
        """Write the result of a query as the API writes it, or as Parquet, batch by batch."""
        with opened(self.path) as file:
            if self.form == RAW:
                query.download(file)
                return
            from .parquet import write_batches

            with closing(query.iter_arrow()) as batches:
                write_batches(batches, file)


def outlet(output: Output | None, to: Path | None) -> Outlet:
    """Return where to write; without options a table for a terminal, and CSV for everything else."""
    if to is None:
        return Outlet(str(output or (Output.TABLE if sys.stdout.isatty() else Output.CSV)))
    path, ending = checked_target(to), ENDINGS.get(to.suffix.lower())
    if output is None and ending is None:
        raise ConfigurationError(f"--to {str(to)!r} must end in one of {', '.join(ENDINGS)}, or --output must be given")
    if output and ending and output != ending:
        raise ConfigurationError(f"--output {output} and --to {str(to)!r} contradict each other; leave one out")
    if ending == PARQUET:
        extras.require("arrow")
    return Outlet(str(output or ending), path)


def as_it_comes(format: str, to: Path | None) -> Outlet:
    """Return where to write what the API writes."""
    if to is None and format == PARQUET and sys.stdout.isatty():
        raise ConfigurationError("Parquet is not for a terminal: give --to FILE")
    return Outlet(RAW, None if to is None else checked_target(to))


def without_parquet(target: Outlet) -> Outlet:
    """Return where to write what has no types of its own."""
    if target.form == PARQUET:
        raise ConfigurationError("this can be written as .csv, .ndjson or .json, not as Parquet")
    return target
