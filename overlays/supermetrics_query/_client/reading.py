"""A query from a file."""

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Protocol

from supermetrics_query_api.models import DataQuery

from .._contract.documents import members_of
from .._contract.keys import apart
from .._contract.meaning import query_from_dict
from .._contract.validation import short_repr
from ..errors import ConfigurationError
from .inputs import is_path

LARGEST = 256 * 1024  # bytes; a query of all that the contract allows has half of it


class Readable(Protocol):
    """A file that is open in binary mode."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes."""
        raise NotImplementedError


@apart
def query_from_file(file: str | os.PathLike[str] | Readable, **changes: object) -> DataQuery:
    """Return the query in a JSON or YAML file, given by its path or open in binary mode.

    YAML needs the extra `[cli]`.

    Args:
        file: A path, or a file that is open in binary mode.
        **changes: Members to replace, as for `query_from_dict`.

    Raises:
        ConfigurationError: The file cannot be read, holds no query, or holds a key, which belongs to the client.
    """
    return query_from_dict(members_of(name_of(file), content_of(file)), **changes)


def name_of(file: str | os.PathLike[str] | Readable) -> str:
    """Return the name of a file, for messages and for its ending."""
    name = os.fspath(file) if isinstance(file, str | os.PathLike) else getattr(file, "name", None)
    return name if isinstance(name, str) else "the file"


def content_of(file: str | os.PathLike[str] | Readable) -> bytes:
    """Return the content of a file; raise ConfigurationError for one that is larger than any query."""
    name = short_repr(name_of(file))
    try:
        with nullcontext(file) if not isinstance(file, str | os.PathLike) else checked_path(file).open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot read {name}: {error.strerror}") from None
    except AttributeError:
        raise ConfigurationError(f"a query is read from a path or an open file, not from {short_repr(file)}") from None
    if not isinstance(content, bytes):
        raise ConfigurationError(f"{name} must be open in binary mode")
    if len(content) > LARGEST:
        raise ConfigurationError(f"{name} is larger than {LARGEST // 1024} KiB, and no query is")
    return content


def checked_path(file: str | os.PathLike[str]) -> Path:
    """Return a path that can be opened; raise ConfigurationError, which does not show it, for a URL with its key."""
    if "://" in str(file):
        raise ConfigurationError("this is a URL and not a file: use query_from_url, or --url of the command")
    if not is_path(file):
        raise ConfigurationError(f"cannot read {short_repr(file)}: no file has such a name")
    return Path(file)
