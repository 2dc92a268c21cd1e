"""Compare what the contract declares with what the generated functions take.

The generator may silently drop what it does not understand; only the signature shows it.
"""

import builtins
import inspect
import keyword
from collections.abc import Iterator
from importlib import import_module

from tools.contract.document import Document, Operation, operations, parameters

PACKAGE = "supermetrics_query_api"


def spelled(name: str) -> str:
    """Spell a name as the generator does: it adds an underscore to names that Python uses."""
    argument = name.replace("-", "_").lower()
    taken = keyword.iskeyword(argument) or hasattr(builtins, argument)
    return f"{argument}_" if taken else argument


def declared(document: Document, operation: Operation) -> set[str]:
    """Name the arguments that an operation should have."""
    names = {spelled(each["name"]) for each in parameters(document, operation)}
    return names | ({"body"} if "requestBody" in operation.definition else set())


def generated(operation: Operation) -> set[str]:
    """Name the arguments that the generated function has; none when there is no such function."""
    tag = operation.definition["tags"][0]
    try:
        module = import_module(f"{PACKAGE}.api.{tag}.{operation.name}")
    except ModuleNotFoundError:
        return set()
    return set(inspect.signature(vars(module)["_get_kwargs"]).parameters)


def mismatches(document: Document) -> Iterator[str]:
    """Name every argument that only one side has."""
    for operation in operations(document):
        wanted, found = declared(document, operation), generated(operation)
        for name in sorted(wanted - found):
            yield f"{operation.name}: {name} is declared and not generated"
        for name in sorted(found - wanted):
            yield f"{operation.name}: {name} is generated and not declared"
