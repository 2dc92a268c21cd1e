"""A query from a JSON or YAML file, or from stdin."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from ..errors import ConfigurationError

STDIN = "-"


def read(name: str) -> dict[str, object]:
    """Return what a file says, as an object."""
    place = "stdin" if name == STDIN else name
    try:
        text = (sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"cannot read {place!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{place!r} is not text in UTF-8") from None
    value = parsed(place, text)
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{place!r} must hold an object such as 'ds_id: GAWA', not {brief(value)}")
    return {str(key): member for key, member in value.items()}


def parsed(place: str, text: str) -> object:
    """Read JSON, and what is not JSON as YAML, unless the name of the file says otherwise."""
    try:
        return json.loads(text)
    except ValueError as error:
        if place.endswith(".json"):
            raise ConfigurationError(f"{place!r} is not JSON: {error}") from None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{place!r} is neither JSON nor YAML: {flaw(error)}") from None


def flaw(error: Exception) -> str:
    """Say what is wrong with YAML, and where."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return str(error).splitlines()[0]


def brief(value: object) -> str:
    """Say what a value is without repeating all of it."""
    return "nothing" if value is None else f"{value!r:.60}"
