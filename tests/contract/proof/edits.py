"""Changes of the contract as data: what is done where, and what must notice it.

A change is noticed if one of these says so, and the first of them is its row in the table:

REFUSED   `make generate` says what may not stand there, with its place, and writes nothing.
CHECKS    the generated limits differ, which the overlay checks before it sends anything.
CODE      the generated code differs in more than its texts: users see the change.
TEXTS     the generated docstrings differ: users read the change.
LINT      the validator or the linter of `make contract` fails.
TEST      a test of the contract fails on the changed contract and what is generated from it.
DIFF      `make diff` demands another version. The change binds nobody who uses the client: a bound of an answer, say.
HARMLESS  nothing has to: the contract means the same as before.

The digest of the contract in `provenance.py` changes with every byte, so it does not count. A change that belongs to
one row and is noticed by another one fails the proof, as does any exception without a place in the contract.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from enum import StrEnum
from typing import Any

from attrs import frozen

from tools.contract.document import Document

# What the first step of a place stands for. Any other first step with a capital letter is a schema.
PLACES = {
    "status": ("paths", "/query/status", "get"),
    "start": ("paths", "/query/data/{format}", "post"),
    "results": ("paths", "/query/results", "get"),
    "history": ("paths", "/query/history", "get"),
    "headers": ("components", "headers"),
    "examples": ("components", "examples"),
    "responses": ("components", "responses"),
}


class Notice(StrEnum):
    """What notices a change."""

    REFUSED = "refused"
    CHECKS = "checks"
    CODE = "code"
    TEXTS = "texts"
    LINT = "lint"
    TEST = "test"
    DIFF = "diff"
    HARMLESS = "harmless"


Edit = Callable[[Document], None]


@frozen
class Change:
    """One change of the contract; `of` is done before, so that only the change itself is judged."""

    name: str
    edits: tuple[Edit, ...]
    of: tuple[Edit, ...] = ()
    why: str = ""

    def before(self, contract: Document) -> Document:
        return edited(contract, self.of)

    def after(self, contract: Document) -> Document:
        return edited(contract, self.of + self.edits)


def edited(contract: Document, edits: tuple[Edit, ...]) -> Document:
    document: Document = json.loads(json.dumps(contract))  # deepcopy takes ten times as long
    for edit in edits:
        edit(document)
    return document


def change(name: str, *edits: Edit, of: tuple[Edit, ...] = (), why: str = "") -> Change:
    return Change(name, edits, of, why)


def steps(place: str) -> tuple[str, ...]:
    first, *rest = place.split()
    if first[0].isupper():
        return ("components", "schemas", first, *rest)
    return (*PLACES.get(first, (first,)), *rest)


def at(document: Document, path: tuple[str, ...]) -> Any:
    node: Any = document
    for step in path:
        node = node[int(step)] if isinstance(node, list) else node[step]
    return node


def put(place: str, value: Any) -> Edit:
    """Write a value at a place; `-` is behind the end of a list."""

    def edit(document: Document) -> None:
        *above, last = steps(place)
        holder = at(document, tuple(above))
        if isinstance(holder, list) and last == "-":
            holder.append(deepcopy(value))
        else:
            holder[int(last) if isinstance(holder, list) else last] = deepcopy(value)

    return edit


def drop(place: str) -> Edit:
    def edit(document: Document) -> None:
        *above, last = steps(place)
        holder = at(document, tuple(above))
        del holder[int(last) if isinstance(holder, list) else last]

    return edit


def rename(place: str, name: Any) -> Edit:
    """Give another name to a member, at its place in the order."""

    def edit(document: Document) -> None:
        *above, last = steps(place)
        holder = at(document, tuple(above))
        members = [(name if key == last else key, value) for key, value in holder.items()]
        holder.clear()
        holder.update(members)

    return edit


def reorder(place: str) -> Edit:
    """Turn the order of a list or of an object around."""

    def edit(document: Document) -> None:
        holder = at(document, steps(place))
        if isinstance(holder, list):
            holder.reverse()
        else:
            turned = dict(reversed(holder.items()))
            holder.clear()
            holder.update(turned)

    return edit


def refer(old: str, new: str) -> Edit:
    """Rename a schema, with everything that refers to it."""

    def edit(document: Document) -> None:
        schemas = document["components"]["schemas"]
        redirect(document, f"#/components/schemas/{old}", f"#/components/schemas/{new}")
        schemas[new] = schemas.pop(old)

    return edit


def redirect(node: Any, old: str, new: str) -> None:
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        redirect(child, old, new)
    if isinstance(node, dict) and node.get("$ref") == old:
        node["$ref"] = new
