"""What may not stand together in one object of the contract, or not there, by the kinds of objects."""

from collections import Counter
from collections.abc import Iterator, Mapping

from tools.contract.document import SCHEMAS, Document, resolved
from tools.contract.names import (
    OF_OPERATIONS,
    Finding,
    Rule,
    Steps,
    members_have_names_of_their_own,
    operations_are_called_by_their_names,
    parameters_have_names_of_their_own,
    paths_name_their_parameters,
    schemas_are_called_by_their_names,
    values_have_names_of_their_own,
)


def what_is_required_is_a_member(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    for name in node.get("required", ()):
        if name not in (node.get("properties", {})):
            yield Finding(
                f"{name!r} is required",
                "it is no member, so nothing asks for it",
                "list it under `properties`, or remove it",
                ("required",),
            )


def open_objects_have_no_members(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    if "additionalProperties" in node and "properties" in node:
        yield Finding(
            "'additionalProperties' stands beside 'properties'",
            "objects are open anyway",
            "remove it",
            ("additionalProperties",),
        )


def is_a_schema_of_its_own(_: Document, node: Document, steps: Steps) -> Iterator[Finding]:
    if ("enum" in node or node.get("type") == "object") and len(steps) != 3 and "headers" not in steps:
        what = "an enum" if "enum" in node else "an object"
        yield Finding(
            f"{what} stands inside another schema",
            "the generated class would take its name from the place",
            "write it under components/schemas and refer to it",
        )


def only_a_key_is_secret(document: Document, node: Document, _: Steps) -> Iterator[Finding]:
    for name, each in (node.get("properties", {})).items():
        if resolved(document, each).get("format") == "password" and name != "api_key":
            yield Finding(
                f"the member {name!r} is a password",
                "only `api_key` is left out of what is shown",
                "hide it in tools/contract/templates/model.py.jinja first",
                ("properties", name),
            )


def alternatives_are_told_apart(document: Document, node: Document, _: Steps) -> Iterator[Finding]:
    """Yield alternatives of one kind: the checks go by the kind of a value."""
    choices = [resolved(document, each) for each in node["anyOf"]]
    kinds = Counter("date" if each.get("format") == "date" else str(each.get("type")) for each in choices)
    for kind, count in kinds.items():
        if count > 1 and kind != "None":
            yield Finding(
                f"{count} alternatives are of the type {kind!r}",
                "the limits of both would be lost",
                "write one of them",
                ("anyOf",),
            )
    for index, each in enumerate(choices):
        if "anyOf" in each:
            yield Finding(
                "'anyOf' stands in an alternative of another",
                "the checks go one level deep",
                "write all alternatives into one list",
                ("anyOf", str(index)),
            )


def holds_an_object(document: Document, node: Document, _: Steps) -> Iterator[Finding]:
    schema = node["schema"]
    if not str(schema.get("$ref")).startswith(SCHEMAS):
        yield Finding(
            "a schema without a name is sent",
            "the checks know what is sent by the name of its schema",
            "write it under components/schemas and refer to it",
            ("schema",),
        )
    elif resolved(document, schema).get("type") != "object":
        yield Finding("what is sent is no object", "the checks go by its members", "send an object", ("schema",))


def has_one_form(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    """Yield a body or a parameter that may be sent in several forms, or in none."""
    content = node.get("content", ())
    if "content" in node and len(content) != 1:
        yield Finding(
            f"{len(content)} media types are offered for what is sent",
            "the overlay sends JSON only",
            "write application/json only",
            ("content",),
        )


def is_declared_once(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    if ("schema" in node) == ("content" in node):
        yield Finding(
            "a parameter has not exactly one of 'schema' and 'content'",
            "the generator leaves it out",
            "write one of them",
        )


def is_a_text_in_the_path(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    if node["in"] == "path" and (node.get("required") is not True or "content" in node):
        yield Finding(
            "a parameter of the path is not required, or holds JSON",
            "it is always a text in the URL",
            "write `required: true` and a `schema`",
        )


def is_called_unlike_the_function(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    if node["name"] in OF_OPERATIONS:
        yield Finding(
            f"a parameter is called {node['name']!r}",
            "the generated function uses this name",
            "send it in the JSON parameter",
            ("name",),
        )


def bounds_are_in_order(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    for least, most in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems")):
        low, high = node.get(least), node.get(most)
        if low is not None and high is not None and low > high:
            yield Finding(f"{least} {low} is above {most} {high}", "no value fits", "swap them", (least,))


def says_the_whole_text(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    if not str(node.get("pattern", "$")).endswith("$"):
        yield Finding(
            "a pattern has no end", "the checks compare it with the whole text", "end it with `$`", ("pattern",)
        )


def has_one_server(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    if len(node["servers"]) > 1:
        yield Finding(
            "a second server stands here",
            "the client uses the first one",
            "say it in the description of the first",
            ("servers", "1"),
        )


OBJECT = (
    members_have_names_of_their_own,
    what_is_required_is_a_member,
    open_objects_have_no_members,
    is_a_schema_of_its_own,
)


TEXT = (is_a_schema_of_its_own, values_have_names_of_their_own, bounds_are_in_order)


RULES: Mapping[str, tuple[Rule, ...]] = {
    "document": (
        has_one_server,
        operations_are_called_by_their_names,
        paths_name_their_parameters,
        parameters_have_names_of_their_own,
    ),
    "components": (schemas_are_called_by_their_names,),
    "parameter": (is_declared_once, is_a_text_in_the_path, is_called_unlike_the_function, has_one_form),
    "body": (has_one_form,),
    "request": (holds_an_object,),
    "sent object": (*OBJECT, only_a_key_is_secret),
    "sent choice": (alternatives_are_told_apart,),
    "sent string": (*TEXT, says_the_whole_text),
    "sent secret": (bounds_are_in_order, says_the_whole_text),
    "sent integer": (bounds_are_in_order,),
    "sent array": (bounds_are_in_order,),
    "plain string": TEXT,
    "answered object": OBJECT,
    "answered string": TEXT,
    "answered integer": (bounds_are_in_order,),
    "answered number": (bounds_are_in_order,),
    "answered array": (bounds_are_in_order,),
}
