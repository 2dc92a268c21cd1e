"""Which plain values may stand under a keyword, by the names that `permitted` gives them."""

import json
import re
from collections.abc import Callable, Mapping

from attrs import frozen

MEDIA_TYPES = (
    *("application/json", "application/problem+json", "text/csv", "text/tab-separated-values", "text/html"),
    *("application/x-ndjson", "application/vnd.apache.parquet"),
)
FORMATS = ("date", "date-time", "uri-reference")


@frozen
class Value:
    """What a value must be, in words and as a test, and why it would be misread otherwise."""

    expected: str
    holds: Callable[[object], bool]
    why: str


def matches(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def one_of(*values: object) -> Callable[[object], bool]:
    return lambda value: any(value is each or (isinstance(each, str) and value == each) for each in values)


def is_list_of(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    """Return a test for lists without duplicates."""
    return lambda value: isinstance(value, list) and all(map(holds, value)) and len(set(value)) == len(value)


def is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    return is_whole(value) or isinstance(value, float)


def is_json(value: object) -> bool:
    """Return whether a value is the same after a round trip through JSON; dates and numbers as names are not."""
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError, RecursionError):
        return False


def is_pattern(value: object) -> bool:
    """Return whether a value is a regular expression of Python about the beginning of a text."""
    try:
        return isinstance(value, str) and value.startswith("^") and bool(re.compile(value))
    except re.error:
        return False


def is_a_type(value: object) -> bool:
    """Return whether a value is a type; the kind of a schema already says which."""
    return is_text(value) or isinstance(value, list)


UNREAD = "the generator and the checks would misread it"
OPEN = "objects are open: members that are not listed are kept as they come"

VALUES: Mapping[str, Value] = {
    "text": Value("a text", is_text, UNREAD),
    "flag": Value("true or false", one_of(True, False), UNREAD),  # noqa: FBT003 - the values themselves
    "true": Value("true", one_of(True), OPEN),  # noqa: FBT003
    "count": Value(
        "a whole number from 0 on", lambda value: isinstance(value, int) and is_whole(value) and value >= 0, UNREAD
    ),
    "whole": Value("a whole number", is_whole, UNREAD),
    "number": Value("a number", is_number, UNREAD),
    "json": Value(
        "JSON: put dates, and names that are numbers, into quotes", is_json, "YAML reads it as something else"
    ),
    "pattern": Value(
        "a regular expression that begins with ^",
        is_pattern,
        "Python compares it with the whole text, JSON Schema searches in it",
    ),
    "type": Value("one type", is_a_type, UNREAD),
    "values": Value("a list of different texts", is_list_of(is_text), "the generated enum has only texts"),
    "names": Value("a list of different names", is_list_of(is_text), UNREAD),
    "name": Value(
        "a name in snake_case", matches(r"[a-z][a-z0-9]*(_[a-z0-9]+)*"), "Python would spell it in another way"
    ),
    "one name": Value(
        "a list of one name in snake_case",
        lambda value: isinstance(value, list) and len(value) == 1 and VALUES["name"].holds(value[0]),
        "an operation is generated into the package of its first tag",
    ),
    "version": Value(
        "a version such as 1.2.3, in quotes", matches(r"\d+\.\d+\.\d+"), "`make diff` counts with three numbers"
    ),
    "version 3.1": Value("3.1.0 or 3.1.1", one_of("3.1.0", "3.1.1"), "the generator reads no other version"),
    "address": Value(
        "an http or https address without variables",
        matches(r"https?://[^{}\s]+[^{}\s/]"),
        "it stays as it is in every URL that is sent",
    ),
    "bearer": Value(
        "[{bearer: []}]", lambda value: value == [{"bearer": []}], "the client sends a bearer token and nothing else"
    ),
    "http": Value("http", one_of("http"), "the client sends a bearer token and nothing else"),
    "bearer scheme": Value("bearer", one_of("bearer"), "the client sends a bearer token and nothing else"),
    "path or query": Value(
        "path or query", one_of("path", "query"), "the overlay passes on neither headers nor cookies"
    ),
    "date": Value("date", one_of("date"), "the checks of what is sent know no other format of a text"),
    "password": Value("password", one_of("password"), UNREAD),
    "format": Value(
        " or ".join(FORMATS), one_of(*FORMATS), "the generated code would hold another type, which nothing reads"
    ),
    "width": Value("int32 or int64", one_of("int32", "int64"), UNREAD),
    "media type": Value(
        "a media type that the overlay reads", one_of(*MEDIA_TYPES), "the overlay does not know how to read it"
    ),
}
