"""What callers ask for, checked and given an id before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

from supermetrics_query_api import models
from supermetrics_query_api.types import Unset

from .._contract.keys import apart
from .._contract.meaning import checked_day
from .._contract.requests import sendable
from .._contract.validation import (
    LAST_OFFSET,
    checked_format,
    checked_offset,
    checked_status_code,
    checked_whole,
    checked_window,
    short_repr,
    validated,
)
from .._core.run import Run, Ticket, decode_token
from .._core.series import KnownRuns, series_of
from .._models import BaseQuery
from .._results.rows import asks_for_no_headers
from .._results.sinks import Target
from ..errors import ConfigurationError

T = TypeVar("T")
Other = TypeVar("Other")
Q = TypeVar("Q", bound=BaseQuery)

MOST_PREFETCH = 16  # more connections at once only wait for each other


@apart
def new_run(query: object, format: str, resume: str | None = None, known_runs: KnownRuns | None = None) -> Run:
    """Return a run with an id; raise ConfigurationError for a query that cannot be sent."""
    if not isinstance(query, models.DataQuery):
        raise ConfigurationError(f"a query must be a DataQuery, not {type(query).__name__}: DataQuery(ds_id=...)")
    asked = sendable(query)
    first, last = checked_window(known(asked.offset_start, 0), known(asked.offset_end, None))
    output = checked_format(format)
    series = None if resume is None else series_of(resume, query, output, known_runs)
    ticket = Ticket(
        series.schedule_id(0) if series else known(asked.schedule_id, new_id()),
        output,
        first,
        LAST_OFFSET if last is None else last,
        known(asked.max_rows, None),
        asks_for_no_headers(asked.settings),
    )
    return Run(ticket, query, series)


def any_run(query: object, format: str, resume: str | None = None, known_runs: KnownRuns | None = None) -> Run:
    """Return a run; one whose query cannot be sent has ended with the error that says why."""
    try:
        return new_run(query, format, resume, known_runs)
    except ConfigurationError as error:
        return Run(Ticket(new_id()), error=error.with_traceback(None))


def new_id() -> str:
    """Return a schedule id that nobody else has."""
    return os.urandom(16).hex()


def known_run(schedule_id_or_token: str | None) -> Run:
    """Return the run that a token or a schedule id names."""
    return Run(decode_token(schedule_id_or_token))


def checked_reading(start: object, prefetch: object) -> tuple[int, int | None]:
    """Return the first row to read, and how many pages to have under way, None for what the answers call for."""
    first = checked_offset("start", start)
    return first, None if prefetch is None else checked_whole("prefetch", prefetch, 0, MOST_PREFETCH)


def checked_target(value: Target) -> Target:
    """Return where to write: a path that can be one, or an open file."""
    is_usable = is_path(value) if isinstance(value, str | os.PathLike) else callable(getattr(value, "write", None))
    if is_usable:
        return value
    raise ConfigurationError(f"a download goes to a path or to an open file, not to {short_repr(value)}")


def is_path(value: str | os.PathLike[str]) -> bool:
    """Return whether the system can write to a path of this name."""
    try:
        name = os.fsencode(value)
    except UnicodeError:
        return False
    return bool(name) and b"\0" not in name


def own_queries(queries: Iterable[BaseQuery], kind: type[Q]) -> list[Q]:
    """Return queries that are all of one kind; raise ConfigurationError for one of the other client."""
    if not isinstance(queries, Iterable):
        raise ConfigurationError(f"queries must be an iterable of {kind.__name__}, not {short_repr(queries)}")
    own = []
    for query in queries:
        if not isinstance(query, kind):
            raise ConfigurationError(
                f"this client takes {kind.__name__}, not {short_repr(query)}: continue with client.attach(query.token)"
            )
        own.append(query)
    return own


def known(value: T | Unset, otherwise: Other) -> T | Other:
    """Return a member of a query, or something else where it was not given."""
    return otherwise if isinstance(value, Unset) else value


@apart
def history_request(
    ds_ids: Sequence[str] | None,
    status_codes: Sequence[str] | None,
    since: date | str | None,
    until: date | str | None,
) -> models.QueryHistoryRequest:
    """Return the request for a history; raise ConfigurationError for what the contract does not allow."""
    codes = None if status_codes is None else [checked_status_code(code) for code in status_codes]
    asked = {"ds_ids": ds_ids, "status_codes": codes, "since": moment("since", since), "until": moment("until", until)}
    return models.QueryHistoryRequest(**validated("QueryHistoryRequest", asked))


def moment(name: str, value: date | str | None) -> str | None:
    """Return a date or a datetime as the API reads it."""
    if isinstance(value, date):
        return value.isoformat()
    return checked_day(name, value) if isinstance(value, str) else value
