"""A query from a URL. What is raised, warned of or shown holds nothing of the key in it."""

import warnings
from typing import Any

from attrs import field, frozen
from supermetrics_query_api.models import DataQuery

from .._models import exported
from ..errors import ConfigurationError
from .keys import apart
from .meaning import query_from_dict
from .urls import read_url


@exported
class ApiKeyWarning(UserWarning):
    """A URL with an API key in it was read: whoever has seen the URL can use the key."""


@exported
@frozen
class PastedQuery:
    """What a URL holds: a query, its output format, and the key in it, which no repr shows and no pickle keeps."""

    query: DataQuery
    """What to ask for."""
    format: str = "json"
    """The output format, for `start` and `run`."""
    api_key: str | None = field(default=None, repr=False)
    """The key in the URL; have it replaced, because all who have seen the URL can use it."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the key."""
        return PastedQuery, (self.query, self.format)


@apart
def query_from_url(url: str, **changes: object) -> PastedQuery:
    """Return the query in a URL of the API, its format, and the key in it apart.

    Args:
        url: The URL, with any host or none.
        **changes: Members to replace, as for `query_from_dict`.

    Raises:
        ConfigurationError: It holds no query; no message shows a key.

    Warns:
        ApiKeyWarning: There is a key in it.
    """
    try:
        found = read_url(url)
    except RecursionError:
        raise ConfigurationError("the query is nested too deeply to be sent") from None
    pasted = PastedQuery(query_from_dict(found.members, **changes), found.format, found.key)
    if pasted.api_key:
        warn()
    return pasted


def warn() -> None:
    """Warn of a key. Python prints the line that a warning names: in that of the caller, the URL may stand."""
    warnings.warn(
        "the URL holds an API key, which all who have seen the URL can use: have the key replaced, and keep the new "
        "one in SUPERMETRICS_API_KEY",
        ApiKeyWarning,
        stacklevel=1,
    )
