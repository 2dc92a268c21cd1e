"""The members of a query in a text: JSON, or YAML where its package is installed."""

import re

from .._extras import check_installed
from ..errors import ConfigurationError
from .meaning import JSON
from .validation import short_repr

A_URL = re.compile(r"\s*https?://", re.IGNORECASE)


def members_of(place: str, content: bytes) -> dict[str, object]:
    """Return the object that a file holds; `place` is its name. Raise ConfigurationError for anything else."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{place!r} is not text in UTF-8") from None
    if A_URL.match(text):  # which may hold a key
        raise ConfigurationError(f"{place!r} holds a URL: read it with query_from_url, or --url - of the command")
    value = decoded(place, text)
    if not isinstance(value, dict):
        shown = "nothing" if value is None else "text" if isinstance(value, str) else short_repr(value)
        raise ConfigurationError(f"{place!r} must hold an object such as 'ds_id: GAWA', not {shown}")
    return value


def decoded(place: str, text: str) -> object:
    """Return what JSON stands for, or YAML where it is not JSON and the file is not named .json."""
    try:
        return JSON.decode(text)
    except RecursionError:
        raise ConfigurationError("the query is nested too deeply to be sent") from None
    except ValueError as error:
        if place.endswith(".json"):
            raise ConfigurationError(f"{place!r} is not JSON: {error}") from None
    return decoded_yaml(place, text)


def decoded_yaml(place: str, text: str) -> object:
    """Return what YAML stands for; raise ConfigurationError where it is none, or where its package is missing."""
    check_installed("cli", f"{place!r} is not JSON, and YAML needs a package: ")
    from .yaml_text import decode_yaml

    try:
        return decode_yaml(text)
    except RecursionError:
        raise ConfigurationError("the query is nested too deeply to be sent") from None
    except ValueError as error:
        raise ConfigurationError(f"{place!r} is neither JSON nor YAML: {error}") from None
