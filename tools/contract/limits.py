"""Which kinds of value each member of a request takes, and their limits, as the contract states them.

A member is named by its path: `fields`, `fields[]` for each item of a list, `fields[].id` for a member of each item.
Enums are left out: the API may accept values that the contract does not list.
"""

import json
from collections.abc import Iterator
from textwrap import indent

from tools.contract.document import Document, request_schemas, resolved

LIMITS = ("minLength", "maxLength", "pattern", "minItems", "maxItems", "minimum", "maximum")

Kinds = dict[str, Document]

MODULE = '''"""What may be sent. Written by `make generate`."""

# For each request: the members that it needs.
REQUIRED: dict[str, list[str]] = {required}

# For each request and each member: the kinds of value that it takes, and their limits.
LIMITS: dict[str, dict[str, dict[str, dict[str, int | str]]]] = {limits}
'''


def kind(schema: Document) -> str:
    return "date" if schema.get("format") == "date" else str(schema["type"])


def choices(document: Document, schema: Document) -> list[Document]:
    """Return the alternatives of a schema."""
    schema = resolved(document, schema)
    return [resolved(document, each) for each in schema.get("anyOf", [schema])]


def members(document: Document, schema: Document, path: str = "") -> Iterator[tuple[str, Document]]:
    """Yield each choice of a schema and of everything in it, with its path."""
    for choice in choices(document, schema):
        yield path, choice
        if "items" in choice:
            yield from members(document, choice["items"], f"{path}[]")
        for name, member in choice.get("properties", {}).items():
            yield from members(document, member, f"{path}.{name}".removeprefix("."))


def kinds_of(document: Document, schema: Document) -> dict[str, Kinds]:
    """Return for each path the kinds of value that it takes; a kind that appears twice gets no limits."""
    found: dict[str, Kinds] = {}
    for path, choice in members(document, schema):
        kinds = found.setdefault(path, {})
        kinds[kind(choice)] = {} if kind(choice) in kinds else {key: choice[key] for key in LIMITS if key in choice}
    del found[""]
    return found


def required_of(document: Document, schema: Document) -> list[str]:
    return [
        f"{path}.{name}".removeprefix(".")
        for path, choice in members(document, schema)
        for name in choice.get("required", ())
    ]


def spelled(value: object, depth: int) -> str:
    """Write mappings with one entry per line, down to a depth. JSON writes names and numbers as Python does."""
    if not depth or not isinstance(value, dict):
        return json.dumps(value)
    entries = "".join(f"{json.dumps(key)}: {spelled(each, depth - 1)},\n" for key, each in value.items())
    return f"{{\n{indent(entries, '    ')}}}"


def limits(document: Document) -> str:
    """Return the source of the module."""
    requests = request_schemas(document).items()
    return MODULE.format(
        required=spelled({name: required_of(document, schema) for name, schema in requests}, 1),
        limits=spelled({name: kinds_of(document, schema) for name, schema in requests}, 2),
    )
