"""What callers ask for, checked and named before anything is sent."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from attrs import asdict
from supermetrics_query_api import models
from supermetrics_query_api.types import Unset

from .._contract.requests import sendable
from .._contract.validation import LAST_OFFSET, checked_format, checked_status_code, checked_window, validated
from .._core.run import Run, decode_token
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence


T = TypeVar("T")
Other = TypeVar("Other")


def new_run(query: object, format: str) -> Run:
    """Name a run before anything is sent, and check what is asked for."""
    if not isinstance(query, models.DataQuery):
        raise ConfigurationError(f"a query must be a DataQuery, not {type(query).__name__}: DataQuery(ds_id=...)")
    asked = sendable(query)
    first, last = checked_window(known(asked.offset_start, 0), known(asked.offset_end, None))
    return Run(
        known(asked.schedule_id, os.urandom(16).hex()),
        format=checked_format(format),
        request=query,
        first_row=first,
        last_row=LAST_OFFSET if last is None else last,
    )


def any_run(query: object, format: str) -> Run:
    """Name a run; one whose request cannot be used has ended with the error that says so."""
    try:
        return new_run(query, format)
    except ConfigurationError as error:
        run = Run(os.urandom(16).hex())
        run.end(error)
        return run


def known_run(schedule_id_or_token: str) -> Run:
    """Return the run that a token or a schedule id names."""
    return Run(**asdict(decode_token(schedule_id_or_token)))


def known(value: T | Unset, otherwise: Other) -> T | Other:
    """Return a member of a query, or something else where it was not given."""
    return otherwise if isinstance(value, Unset) else value


def history_request(
    ds_ids: Sequence[str] | None,
    status_codes: Sequence[str] | None,
    since: date | str | None,
    until: date | str | None,
) -> models.QueryHistoryRequest:
    """Say which queries are wanted; refuse a status that the contract does not know."""
    codes = None if status_codes is None else [checked_status_code(code) for code in status_codes]
    asked = {"ds_ids": ds_ids, "status_codes": codes, "since": moment(since), "until": moment(until)}
    return models.QueryHistoryRequest(**validated("QueryHistoryRequest", asked))


def moment(value: date | str | None) -> str | None:
    """Write a date or a datetime as the API reads it."""
    return value.isoformat() if isinstance(value, date) else value
