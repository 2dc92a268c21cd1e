"""Requests, built by the generated package and sent by the drivers."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from supermetrics_query_api import models
from supermetrics_query_api.api import queries
from supermetrics_query_api.types import UNSET

from .effects import Lane, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from supermetrics_query_api.models import DataQuery, OutputFormat, QueryHistoryRequest


def start_query(query: DataQuery, output: OutputFormat) -> Request:
    """Start a query."""
    return Request("start_query", queries.start_query._get_kwargs(output, body=query), Lane.START)


@lru_cache(maxsize=1024)
def look(schedule_id: str, first: int, last: int | None, lane: Lane = Lane.LOOK) -> Request:
    """Look at a query and ask for a window of its rows, both ends inclusive. A wait sends the same request again."""
    body = models.QueryStatusRequest(
        schedule_id=schedule_id, offset_start=first, offset_end=UNSET if last is None else last
    )
    return Request("get_query_status", queries.get_query_status._get_kwargs(json=as_parameter(body.to_dict())), lane)


def as_parameter(members: Mapping[str, Any]) -> str:
    """Write the `json` parameter as the contract means it: one JSON text, which the HTTP client percent-encodes."""
    return json.dumps(members, separators=(",", ":"))


def results(schedule_id: str, write: Callable[[bytes], object]) -> Request:
    """Read the rows of a query in the format it was started with."""
    body = models.QueryResultsRequest(schedule_id=schedule_id)
    keywords = queries.get_query_results._get_kwargs(json=as_parameter(body.to_dict()))
    return Request("get_query_results", keywords, write=write)


def history(request: QueryHistoryRequest) -> Request:
    """List queries that were run."""
    return Request("get_query_history", queries.get_query_history._get_kwargs(json=as_parameter(request.to_dict())))
