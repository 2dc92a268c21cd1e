"""Each export has its own thread: a result is kept for only one hour, and another query may run for four."""

import argparse
import logging
import sys
import tomllib
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from supermetrics_query import (
    ConfigurationError,
    DataQuery,
    Query,
    QueryClient,
    QueryError,
    RateLimitError,
    ResultExpiredError,
    ServerError,
    SupermetricsQueryError,
    TransportError,
    UnreadableResponseError,
    WaitTimeoutError,
    log_events,
)

from .state import State

DONE, FAILED, USAGE, AGAIN = 0, 1, 2, 75  # 75 is EX_TEMPFAIL in sysexits.h
MAY_PASS = (TransportError, RateLimitError, ServerError, UnreadableResponseError, ResultExpiredError, WaitTimeoutError)
LOG = logging.getLogger("nightly_export")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the exports of a file and exit with a code that cron can report."""
    parser = argparse.ArgumentParser(prog="nightly-export", description=__doc__)
    parser.add_argument("exports", type=Path, help="a TOML file with a table for each query")
    parser.add_argument("--to", type=Path, default=Path(), help="the folder for the CSV files")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    sys.exit(run(options.exports, options.to))


def run(exports: Path, folder: Path) -> int:
    """Run all exports and return the worst exit code."""
    try:
        wanted = queries_of(exports)
        folder.mkdir(parents=True, exist_ok=True)
        state = State(folder / ".running.json")
        client = QueryClient(on_event=log_events)
    except (OSError, ValueError, TypeError) as error:
        LOG.critical("%s: %s", exports, error)
        return USAGE
    with client, ThreadPoolExecutor(max(1, len(wanted))) as pool:
        codes = list(pool.map(partial(export, client, state, folder), wanted.items()))
    return next((code for code in (FAILED, AGAIN) if code in codes), DONE)


def queries_of(exports: Path) -> dict[str, DataQuery]:
    """Read the queries from a TOML file, keyed by the name of the file each one writes."""
    with exports.open("rb") as file:
        tables: dict[str, Mapping[str, Any]] = tomllib.load(file)
    for name, table in tables.items():
        if Path(name).name != name or name.startswith(".") or not isinstance(table, dict) or "ds_id" not in table:
            raise ValueError(f"[{name}] must be a table with a ds_id, and its name must be a valid file name")
    return {name: DataQuery.from_dict(table) for name, table in tables.items()}


def export(client: QueryClient, state: State, folder: Path, wanted: tuple[str, DataQuery]) -> int:
    """Write one file and return its exit code."""
    name, request = wanted
    try:
        size = query_of(client, state, name, request).download(folder / f"{name}.csv")
    except SupermetricsQueryError as error:
        return outcome_of(state, name, error)
    state.forget(name)
    LOG.info("%s: %d bytes", name, size)
    return DONE


def query_of(client: QueryClient, state: State, name: str, request: DataQuery) -> Query:
    """Resume the query of an earlier run, or start one. The id is saved before the query is sent."""
    token = state.token(name)
    if token is not None:
        query = client.attach(token)
        try:
            query.refresh()
        except ResultExpiredError:
            LOG.info("%s: the query of the last run is not available", name)
        else:
            return query
    request.schedule_id = uuid.uuid4().hex
    state.remember(name, request.schedule_id)
    query = client.start(request, format="csv")
    state.remember(name, query.token)
    return query


def outcome_of(state: State, name: str, error: SupermetricsQueryError) -> int:
    """Log an error and return its exit code. Keep the token unless the query has ended or is not valid."""
    LOG.error("%s: %s: %s", name, type(error).__name__, error)
    if isinstance(error, QueryError | ConfigurationError):
        state.forget(name)
    return AGAIN if isinstance(error, MAY_PASS) else FAILED


if __name__ == "__main__":
    main()
