"""Every example of the contract, beside the schema that it must obey."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen
from jsonschema_rs import Draft202012Validator

from tools.contract.document import Document, Operation, operations, parameters, resolved


@frozen
class Example:
    """One example at one place; an example that is used twice is yielded twice."""

    where: str
    schema: Document
    value: Any


@frozen
class Holder:
    """A parameter, a header or a body: whatever has a schema and examples of it."""

    where: str
    node: Document


def bodies(document: Document, where: str, node: Document) -> Iterator[Holder]:
    for media_type, content in resolved(document, node).get("content", {}).items():
        yield Holder(f"{where} {media_type}", content)


def headers(document: Document, where: str, node: Document) -> Iterator[Holder]:
    for name, header in resolved(document, node).get("headers", {}).items():
        yield Holder(f"{where} {name}", resolved(document, header))


def sent(document: Document, operation: Operation) -> Iterator[Holder]:
    """Yield what a caller sends."""
    for parameter in parameters(document, operation):
        where = f"{operation.name} {parameter['name']}"
        if "schema" in parameter:
            yield Holder(where, parameter)
        yield from bodies(document, where, parameter)
    yield from bodies(document, f"{operation.name} body", operation.definition.get("requestBody", {}))


def answered(document: Document, operation: Operation) -> Iterator[Holder]:
    """Yield what the API answers."""
    for status, response in operation.definition["responses"].items():
        where = f"{operation.name} {status}"
        yield from headers(document, where, response)
        yield from bodies(document, where, response)


def holders(document: Document) -> Iterator[Holder]:
    """Yield everything that travels and is described by a schema."""
    for operation in operations(document):
        yield from sent(document, operation)
        yield from answered(document, operation)


def held(document: Document, holder: Holder) -> Iterator[Example]:
    """Yield the examples of one holder."""
    if "example" in holder.node:
        yield Example(holder.where, holder.node["schema"], holder.node["example"])
    for name, example in holder.node.get("examples", {}).items():
        yield Example(f"{holder.where} {name}", holder.node["schema"], resolved(document, example)["value"])


def examples(document: Document) -> Iterator[Example]:
    for holder in holders(document):
        yield from held(document, holder)


def complaints(document: Document, schema: Document, value: Any) -> list[str]:
    """Return where a value breaks a schema of the document."""
    # References in the schema lead to `#/components/...`, so it is validated with those beside it.
    validator = Draft202012Validator(schema | {"components": document["components"]}, validate_formats=True)
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]
