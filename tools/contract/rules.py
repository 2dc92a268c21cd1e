"""What may not stand together in the contract: names that collide in Python, and alternatives that hide each other."""

import builtins
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus

from attrs import frozen

from tools.contract.document import SCHEMAS, Document, operations, parameters, resolved
from tools.contract.values import MEDIA_TYPES, Value, matches, one_of

# Names of the generated modules, in which a member or an argument of the same name would take their place.
OF_MODELS = {
    "to_dict",
    "from_dict",
    "additional_properties",
    "additional_keys",
    "cls",
    "self",
    "d",
    "src_dict",
    "field_dict",
}
OF_MODELS |= {"cast", "isoparse", "prop", "prop_name", "prop_dict", "datetime", "uuid"}
OF_OPERATIONS = {"client", "body", "headers", "params", "cookies", "kwargs", "response", "url", "quote", "errors"}
OF_CLASSES = {
    "Any",
    "Mapping",
    "Unset",
    "Response",
    "Client",
    "AuthenticatedClient",
    "File",
    "Generic",
    "TypeVar",
    "Literal",
}
OF_CLASSES |= {"UnexpectedStatus", "Enum", "BinaryIO", "TextIO", "Generator", "RequestFiles", "FileTypes"}

Steps = tuple[str, ...]


@frozen
class Finding:
    """What may not stand below an object, why, and what to do."""

    what: str
    why: str
    do: str
    steps: Steps = ()


Rule = Callable[[Document, Document, Steps], Iterator[Finding]]


def is_status(value: object) -> bool:
    return isinstance(value, str) and value.isdecimal() and int(value) in set(HTTPStatus)


# The names under which the objects of a kind may stand.
NAMES: Mapping[str, Value] = {
    "path": Value("a path such as /query/{format}", matches(r"(/[a-z_]+|/\{[a-z_]+\})+"), "the generator would spell its parameters in another way"),
    "response": Value("a registered HTTP status, in quotes", is_status, "the generated client raises ValueError for it, or the overlay has no exception"),
    "answer": Value("one of " + ", ".join(MEDIA_TYPES), one_of(*MEDIA_TYPES), "nothing reads an answer of this media type"),
    "request": Value("application/json", one_of("application/json"), "the overlay sends JSON only"),
    "scheme": Value("bearer", one_of("bearer"), "the client sends a bearer token and nothing else"),
    "header": Value("a name of letters and hyphens", matches(r"[A-Za-z][A-Za-z-]*"), "it is no name of a header"),
    "sent": Value("a name in snake_case", matches(r"[a-z][a-z0-9]*(_[a-z0-9]+)*"), "the checks know a member by the name that Python gives it"),
    "answered": Value("a name of letters, digits and underscores", matches(r"@?[A-Za-z][A-Za-z0-9_]*"), "the generator leaves out other characters"),
}  # fmt: skip


def spelled(name: str) -> str:
    """Return a name as the generator spells it."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"[^\w. -]", "", name))
    return "_".join(re.findall(r"[^. _-]+", words)).lower()


def collisions(names: list[str], spell: Callable[[str], str] = spelled) -> Iterator[tuple[int, str, str]]:
    """Yield each name that is spelled like an earlier one, with its index."""
    first: dict[str, str] = {}
    for index, name in enumerate(names):
        if first.setdefault(spell(name), name) != name:
            yield index, name, first[spell(name)]


def members_have_names_of_their_own(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    names = [str(each) for each in node.get("properties", ())]
    for _, name, other in collisions(names):
        yield Finding(
            f"{name!r} and {other!r} stand in one object",
            "Python would spell them alike",
            "describe one of them only",
            ("properties", name),
        )
    for name in names:
        if spelled(name) in OF_MODELS:
            yield Finding(
                f"a member is called {name!r}",
                "the generated class has a method or variable of this name",
                "leave it out: it is kept in `additional_properties`",
                ("properties", name),
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


def values_have_names_of_their_own(_: Document, node: Document, steps: Steps) -> Iterator[Finding]:
    """Yield values whose names in the generated enum are the same, or depend on their place; headers have no enum."""
    values = [str(each) for each in node.get("enum", ()) if "headers" not in steps]
    for index, value, other in collisions(values, lambda value: spelled(value.upper())):
        yield Finding(
            f"the values {value!r} and {other!r} stand in one enum",
            "they would get one name",
            "keep one of them, and accept others as text",
            ("enum", str(index)),
        )
    for index, value in enumerate(values):
        if not value[:1].isalpha() or not value.isascii():
            yield Finding(
                f"the value {value!r} stands in an enum",
                "it would be called by its place",
                "begin it with a letter of ASCII, or write a text without an enum",
                ("enum", str(index)),
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


def is_declared_once(document: Document, node: Document, steps: Steps) -> Iterator[Finding]:
    if ("schema" in node) == ("content" in node):
        yield Finding(
            "a parameter has not exactly one of 'schema' and 'content'",
            "the generator leaves it out",
            "write one of them",
        )
    if node.get("in") == "path" and (node.get("required") is not True or "content" in node):
        yield Finding(
            "a parameter of the path is not required, or holds JSON",
            "it is always a text in the URL",
            "write `required: true` and a `schema`",
        )
    if node.get("name") in OF_OPERATIONS:
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


def operations_are_called_by_their_names(document: Document, _: Document, __: Steps) -> Iterator[Finding]:
    named = list(operations(document))
    for index, each in enumerate(named):
        if each.name in [other.name for other in named[:index]]:
            yield Finding(
                f"a second operation is called {each.name!r}",
                "its module would replace the first",
                "rename one of them",
                ("paths", each.path, each.method, "operationId"),
            )


def paths_name_their_parameters(document: Document, _: Document, __: Steps) -> Iterator[Finding]:
    for each in operations(document):
        declared = [(p["in"], p["name"]) for p in parameters(document, each)]
        wanted = set(re.findall(r"\{(\w+)\}", each.path))
        place = ("paths", each.path, each.method)
        if wanted != {name for where, name in declared if where == "path"}:
            yield Finding(
                f"the path needs the parameters {sorted(wanted) or 'none'}",
                "the URL would keep or miss one of them",
                "declare exactly these with `in: path`",
                place,
            )
        for _, name, other in collisions([name for _, name in declared]):
            yield Finding(
                f"the parameters {name!r} and {other!r} stand in one operation",
                "Python would spell them alike",
                "send one of them in the JSON parameter",
                place,
            )
        if len(declared) != len({name for _, name in declared}):
            yield Finding(
                "two parameters have the same name",
                "the generator would rename one of them",
                "send one of them in the JSON parameter",
                place,
            )


def schemas_are_called_by_their_names(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    for name in node.get("schemas", ()):
        if not re.fullmatch(r"([A-Z][a-z]+)+", str(name)) or name in OF_CLASSES or hasattr(builtins, str(name)):
            yield Finding(
                f"a schema is called {name!r}",
                "the generated class would get another name, or hide one that the client needs",
                "write PascalCase, such as QueryMeta, and no name of Python",
                ("schemas", str(name)),
            )


OBJECT = (
    members_have_names_of_their_own,
    what_is_required_is_a_member,
    open_objects_have_no_members,
    is_a_schema_of_its_own,
)
TEXT = (is_a_schema_of_its_own, values_have_names_of_their_own, bounds_are_in_order)

RULES: Mapping[str, tuple[Rule, ...]] = {
    "document": (has_one_server, operations_are_called_by_their_names, paths_name_their_parameters),
    "components": (schemas_are_called_by_their_names,),
    "parameter": (is_declared_once, has_one_form),
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
