"""Run a list of queries and write each result to a CSV file. The next run resumes one that was killed."""

import argparse
import logging
import sys
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from supermetrics_query import (
    DataQuery,
    Query,
    QueryClient,
    RateLimitError,
    ResultExpiredError,
    ServerError,
    SupermetricsQueryError,
    TransportError,
    UnreadableResponseError,
    log_events,
    query_from_dict,
)

DONE, FAILED, USAGE, AGAIN = 0, 1, 2, 75  # 75 is EX_TEMPFAIL in sysexits.h
MAY_PASS = (TransportError, RateLimitError, ServerError, UnreadableResponseError, ResultExpiredError)
LOG = logging.getLogger("nightly_export")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the exports of a file and exit with a code that cron can report."""
    parser = argparse.ArgumentParser(prog="nightly-export", description=__doc__)
    parser.add_argument("exports", type=Path, help="a TOML file with a table for each query")
    parser.add_argument("--to", type=Path, default=Path(), help="where to make the folder of the night")
    parser.add_argument("--night", default=f"{datetime.now(UTC):%Y-%m-%d}", help="by default today in UTC")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    sys.exit(run(options.exports, options.to / options.night))


def run(exports: Path, night: Path) -> int:
    """Write the files that are missing in the folder of a night and return the worst exit code."""
    try:
        missing = {path: query for path, query in queries_of(exports, night).items() if not path.exists()}
        night.mkdir(parents=True, exist_ok=True)
        client = QueryClient(on_event=log_events)
    except (OSError, ValueError) as error:
        LOG.critical("%s: %s", exports, error)
        return USAGE
    with client:
        ended = client.run_many(missing.values(), format="csv", resume=f"nightly-export {night.name}")
        codes = {export(query, path) for query in ended for path, each in missing.items() if each is query.request}
    return next((code for code in (FAILED, AGAIN) if code in codes), DONE)


def queries_of(exports: Path, folder: Path) -> dict[Path, DataQuery]:
    """Read the queries from a TOML file, by the path that each result is written to."""
    tables = tomllib.loads(exports.read_text(encoding="utf-8"))
    if wrong := [name for name in tables if Path(name).name != name or name.startswith(".")]:
        raise ValueError(f"{wrong[0]!r} cannot be the name of a file")
    return {folder / f"{name}.csv": query_from_dict(table) for name, table in tables.items()}


def export(query: Query, path: Path) -> int:
    """Write one file and return its exit code."""
    try:
        if query.error is not None:
            raise query.error
        LOG.info("%s: %d bytes", path.name, query.download(path))
    except SupermetricsQueryError as error:
        return outcome_of(path, error)
    return DONE


def outcome_of(path: Path, error: SupermetricsQueryError) -> int:
    """Log an error and return its exit code."""
    LOG.error("%s: %s: %s", path.name, type(error).__name__, error)
    return AGAIN if isinstance(error, MAY_PASS) else FAILED


if __name__ == "__main__":
    main()
