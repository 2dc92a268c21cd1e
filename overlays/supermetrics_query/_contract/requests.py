"""What is sent: a query as users write it becomes a request, built by the generated package."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import copy
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

import attrs
from supermetrics_query_api import models
from supermetrics_query_api.api import queries
from supermetrics_query_api.types import UNSET

from ..errors import ConfigurationError
from .keys import KEY_MEMBER, without_key
from .messages import Lane, Request
from .validation import short_repr, validated

LONGEST_PARAMETER = 20_000  # characters, each of which may become three


def start_query(query: models.DataQuery, output: models.OutputFormat) -> Request:
    """Return the request that starts a query."""
    return Request("start_query", queries.start_query._get_kwargs(output, body=query), Lane.START)


@lru_cache(maxsize=1024)
def get_query_status(schedule_id: str, first: int, last: int | None, lane: Lane = Lane.POLL) -> Request:
    """Return the request for a status with a window of rows, both ends inclusive. A wait sends the same one again."""
    body = models.QueryStatusRequest(
        schedule_id=schedule_id, offset_start=first, offset_end=UNSET if last is None else last
    )
    return Request("get_query_status", queries.get_query_status._get_kwargs(json=as_parameter(body.to_dict())), lane)


def as_parameter(members: Mapping[str, Any]) -> str:
    """Return the `json` parameter as the contract means it: one JSON text, which the HTTP client percent-encodes."""
    text = json.dumps(members, separators=(",", ":"))
    if len(text) > LONGEST_PARAMETER:
        raise ConfigurationError(f"a request of {len(text)} characters does not fit into a URL: ask for less")
    return text


def get_query_results(schedule_id: str, write: Callable[[bytes], object]) -> Request:
    """Return the request for the rows of a query, in the format it was started with."""
    body = models.QueryResultsRequest(schedule_id=schedule_id)
    keywords = queries.get_query_results._get_kwargs(json=as_parameter(body.to_dict()))
    return Request("get_query_results", keywords, write=write)


def get_query_history(request: models.QueryHistoryRequest) -> Request:
    """Return the request for the queries that were run."""
    return Request("get_query_history", queries.get_query_history._get_kwargs(json=as_parameter(request.to_dict())))


REQUEST = "DataQuery"


@cache
def attributes() -> dict[str, str]:
    """Return the names in Python by those of the API; they avoid the names of builtins."""
    return {field.name.removesuffix("_"): field.name for field in attrs.fields(models.DataQuery) if field.init}


def sendable(query: models.DataQuery) -> models.DataQuery:
    """Return a copy of a query as it is sent, with lists for sequences and without what is None.

    Raises ConfigurationError for what the contract does not allow. Members that it does not know pass.
    """
    members = validated(REQUEST, without_key(query.additional_properties | named(query)))
    body = copy(query)
    for name, attribute in attributes().items():
        setattr(body, attribute, members.pop(name, UNSET))
    body.additional_properties = members
    return body


def named(query: models.DataQuery) -> dict[str, object]:
    """Return the members that are set, by the names that the API knows."""
    given = {name: getattr(query, attribute) for name, attribute in attributes().items()}
    return {name: value for name, value in given.items() if value is not UNSET}


def is_member(name: object) -> bool:
    """Return whether a query has a member of this name."""
    return name in attributes()


def query_of(members: Mapping[str, object]) -> models.DataQuery:
    """Return a query; raise ConfigurationError for a name that none has, and for what the contract does not allow."""
    for name in members:
        if not is_member(name):
            raise ConfigurationError(f"a query has no member {short_repr(name)}; {suggestion(name)}")
    return models.DataQuery(**{attributes()[name]: value for name, value in validated(REQUEST, members).items()})


def suggestion(name: object) -> str:
    """Return which name may be meant, in words."""
    names = [each for each in attributes() if each != KEY_MEMBER]
    close = get_close_matches(str(name), names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"it has {', '.join(names)}"
