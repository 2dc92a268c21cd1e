"""Names in the contract: which may stand there, and which would collide as names of Python."""

import builtins
import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus

from attrs import frozen

from tools.contract.document import Document, operations, parameters
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
    "path": Value(
        "a path such as /query/{format}",
        matches(r"(/[a-z_]+|/\{[a-z_]+\})+"),
        "the generator would spell its parameters in another way",
    ),
    "response": Value(
        "a registered HTTP status, in quotes",
        is_status,
        "the generated client raises ValueError for it, or the overlay has no exception",
    ),
    "answer": Value(
        "one of " + ", ".join(MEDIA_TYPES), one_of(*MEDIA_TYPES), "nothing reads an answer of this media type"
    ),
    "request": Value("application/json", one_of("application/json"), "the overlay sends JSON only"),
    "scheme": Value("bearer", one_of("bearer"), "the client sends a bearer token and nothing else"),
    "header": Value("a name of letters and hyphens", matches(r"[A-Za-z][A-Za-z-]*"), "it is no name of a header"),
    "sent": Value(
        "a name in snake_case",
        matches(r"[a-z][a-z0-9]*(_[a-z0-9]+)*"),
        "the checks know a member by the name that Python gives it",
    ),
    "answered": Value(
        "a name of letters, digits and underscores",
        matches(r"@?[A-Za-z][A-Za-z0-9_]*"),
        "the generator leaves out other characters",
    ),
}


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
    for _index, name, other in collisions(names):
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


def schemas_are_called_by_their_names(_: Document, node: Document, __: Steps) -> Iterator[Finding]:
    for name in node.get("schemas", ()):
        if not re.fullmatch(r"([A-Z][a-z]+)+", str(name)) or name in OF_CLASSES or hasattr(builtins, str(name)):
            yield Finding(
                f"a schema is called {name!r}",
                "the generated class would get another name, or hide one that the client needs",
                "write PascalCase, such as QueryMeta, and no name of Python",
                ("schemas", str(name)),
            )


def operations_are_called_by_their_names(document: Document, _: Document, __: Steps) -> Iterator[Finding]:
    """Yield operations whose module would replace that of an earlier one."""
    earlier: set[str] = set()
    for each in operations(document):
        if each.name in earlier:
            yield Finding(
                f"a second operation is called {each.name!r}",
                "its module would replace the first",
                "rename one of them",
                ("paths", each.path, each.method, "operationId"),
            )
        earlier.add(each.name)


def paths_name_their_parameters(document: Document, _: Document, __: Steps) -> Iterator[Finding]:
    for each in operations(document):
        wanted = set(re.findall(r"\{(\w+)\}", each.path))
        if wanted != {parameter["name"] for parameter in parameters(document, each) if parameter["in"] == "path"}:
            yield Finding(
                f"the path needs the parameters {sorted(wanted) or 'none'}",
                "the URL would keep or miss one of them",
                "declare exactly these with `in: path`",
                ("paths", each.path, each.method),
            )


def parameters_have_names_of_their_own(document: Document, _: Document, __: Steps) -> Iterator[Finding]:
    for each in operations(document):
        names = [parameter["name"] for parameter in parameters(document, each)]
        if len({spelled(name) for name in names}) < len(names):
            yield Finding(
                "two parameters have the same name",
                "the generator would rename one of them",
                "send one of them in the JSON parameter",
                ("paths", each.path, each.method),
            )
