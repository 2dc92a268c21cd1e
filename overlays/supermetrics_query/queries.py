"""A query as users write it, and as it is sent."""

from __future__ import annotations

from copy import copy
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

import attrs
from supermetrics_query_api import models
from supermetrics_query_api.types import UNSET

from .errors import ConfigurationError
from .members import brief, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supermetrics_query_api.models import DataQuery

REQUEST = "DataQuery"


@cache
def attributes() -> dict[str, str]:
    """Map the names that the API knows to those in Python, which cannot be those of builtins."""
    return {field.name.removesuffix("_"): field.name for field in attrs.fields(models.DataQuery) if field.init}


def sendable(query: DataQuery) -> DataQuery:
    """Return a copy of a query as it is sent, with lists for sequences and without what is None.

    Raises ConfigurationError for what the contract does not allow. Members that it does not know pass.
    """
    members = written(REQUEST, query.additional_properties | named(query))
    body = copy(query)
    for name, attribute in attributes().items():
        setattr(body, attribute, members.pop(name, UNSET))
    body.additional_properties = members
    return body


def named(query: DataQuery) -> dict[str, object]:
    """Return the members that are set, by the names that the API knows."""
    given = {name: getattr(query, attribute) for name, attribute in attributes().items()}
    return {name: value for name, value in given.items() if value is not UNSET}


def query_from(members: Mapping[str, object]) -> DataQuery:
    """Return the query that a mapping describes, by the names that the API knows, for instance from a file.

    Raises ConfigurationError for a name that no query has, and for what the contract does not allow.
    """
    for name in members:
        if name not in attributes():
            raise ConfigurationError(f"a query has no member {brief(name)}; {suggestion(name)}")
    return models.DataQuery(**{attributes()[name]: value for name, value in written(REQUEST, members).items()})


def suggestion(name: object) -> str:
    """Say which name may be meant."""
    close = get_close_matches(str(name), attributes(), n=1)
    return f"did you mean {close[0]!r}?" if close else f"it has {', '.join(attributes())}"
