"""Walk an OpenAPI document that has been loaded as plain data."""

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen
from yaml.constructor import ConstructorError

Document = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SCHEMAS = "#/components/schemas/"


@frozen
class Operation:
    """One method of one path."""

    path: str
    method: str
    item: Document
    definition: Document

    @property
    def name(self) -> str:
        return str(self.definition["operationId"])


class Loader(yaml.CSafeLoader):
    """Reads YAML, and refuses a name that stands twice in one object, of which YAML keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        names = [
            self.construct_object(name, deep=True) for name, _ in node.value if name.tag != "tag:yaml.org,2002:merge"
        ]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise ConstructorError(
                    None, None, f"{name!r} stands twice in one object", node.value[index][0].start_mark
                )
        return super().construct_mapping(node, deep)


def load(path: Path) -> Document:
    """Return a document; raise YAMLError where it cannot be read, or is no object."""
    document = yaml.load(path.read_bytes(), Loader)  # noqa: S506 - a safe loader that is stricter
    if not isinstance(document, dict):
        raise yaml.YAMLError(f"{path.name} holds no object")
    return document


def dump(document: Document) -> bytes:
    return yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, encoding="utf-8")


def operations(document: Document) -> Iterator[Operation]:
    """Yield everything that can be called, in the order of the document."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(path, method, item, item[method])


def resolved(document: Document, node: Document) -> Document:
    """Follow `$ref` until there is no further reference."""
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def parameters(document: Document, operation: Operation) -> list[Document]:
    """Return the parameters of a path item and of its operation, with references resolved."""
    holders = (operation.item, operation.definition)
    return [resolved(document, each) for holder in holders for each in holder.get("parameters", [])]


def request_schemas(document: Document) -> dict[str, Document]:
    """Return the named schemas of everything that is sent: bodies, and parameters that hold JSON."""
    contents = [
        content
        for operation in operations(document)
        for holder in (*parameters(document, operation), operation.definition.get("requestBody", {}))
        for content in resolved(document, holder).get("content", {}).values()
    ]
    names = [content["schema"].get("$ref", "").removeprefix(SCHEMAS) for content in contents]
    return {name: document["components"]["schemas"][name] for name in names if name}
