"""Write down what users may rely on: `python -m tools.docs.public`; docs/compatibility.md says what that means.

One line per name, parameter and option, so that a diff reads as a list of changes. Types are left to the type checkers.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from importlib import import_module
from types import ModuleType

import attrs
from msgspec import Struct

from tools import ROOT
from tools.docs.public_commands import commands, exit_codes

PUBLIC = ROOT / "tests" / "release" / "public.txt"
MODULES = ("supermetrics_query", "supermetrics_query.emulator", "supermetrics_query.testing")
OURS = ("supermetrics_query", "supermetrics_query_api")
# Users receive these and do not make them.
HANDED_OUT = {"AsyncCombined", "AsyncQuery", "AsyncQueryPool", "Combined", "Query", "QueryPool"}
INTERNAL = {"differs_from", "picklable"}  # other modules call these
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
Parameter = inspect.Parameter


def exported(module: ModuleType) -> list[str]:
    """Name what a module exports: `__all__`, or else what it defines."""
    defined = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    return sorted(getattr(module, "__all__", [name for name in defined if not name.startswith("_")]))


def default(parameter: Parameter) -> str:
    if parameter.default is Parameter.empty:
        return ""
    unset = type(parameter.default).__name__ == "Unset"
    return "=UNSET" if unset else "=" + ADDRESS.sub("", repr(parameter.default))


def parameters(function: Callable[..., object]) -> Iterator[str]:
    """Write one line per parameter; keyword-only parameters have no number."""
    named = [each for each in inspect.signature(function).parameters.values() if each.name not in ("self", "cls")]
    for place, each in enumerate(named):
        number = "" if each.kind is Parameter.KEYWORD_ONLY else f"{place}: "
        yield f"({number}{each.name}{default(each)})"


def called(name: str, function: Callable[..., object]) -> Iterator[str]:
    yield f"{name}()"
    yield from (f"{name}{each}" for each in parameters(function))


def public_bases(kind: type) -> list[type]:
    """Return the nearest bases that users know; one that they do not know is replaced by its own bases."""
    found = [[base] if is_known(base) else public_bases(base) for base in kind.__bases__]
    return list(dict.fromkeys(base for bases in found for base in bases))


def is_known(base: type) -> bool:
    return base.__module__ == "builtins" or exports(base)


def exports(kind: type) -> bool:
    return any(kind.__name__ in exported(import_module(module)) for module in MODULES)


def fields(kind: type) -> Iterator[str]:
    """Yield the attrs or msgspec fields of a class, without those of a public base."""
    if issubclass(kind, Struct):
        yield from kind.__struct_fields__
    hidden = {
        each.name for base in kind.__mro__[1:] if attrs.has(base) and exports(base) for each in attrs.fields(base)
    }
    if attrs.has(kind):
        yield from (each.name for each in attrs.fields(kind) if each.name not in hidden)


def methods(kind: type) -> Iterator[tuple[str, object]]:
    """Yield the members that this project defines, without those of a public base."""
    hidden = {name for base in kind.__mro__[1:] if exports(base) for name in dir(base)}
    for name in sorted(set(dir(kind)) - hidden - INTERNAL):
        home = next((base for base in kind.__mro__ if name in vars(base)), type(kind))  # else the metaclass has it
        if home.__module__.partition(".")[0] in OURS:
            yield name, vars(home)[name]


def member(name: str, value: object) -> Iterator[str]:
    if isinstance(value, property):
        yield name
    elif isinstance(value, staticmethod | classmethod):
        yield from called(name, value.__func__)
    elif inspect.isfunction(value):
        yield from called(name, value)


def makes(kind: type) -> bool:
    """Return whether a class has a constructor of its own, not that of a public base."""
    if issubclass(kind, Struct):
        return True
    home = next(base for base in kind.__mro__ if "__init__" in vars(base))
    own = home is kind or not exports(home)
    return own and home.__module__.partition(".")[0] in OURS and not getattr(kind, "_is_protocol", False)


def class_of(name: str, kind: type) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in public_bases(kind) if base is not object)
    yield f"class {name}({bases})"
    if issubclass(kind, Enum):
        yield from (f"{name}.{each.name} = {each.value!r}" for each in kind)
        return
    if name not in HANDED_OUT and makes(kind):
        yield from (f"{name}{each}" for each in parameters(kind))
    yield from (f"{name}.{each}" for each in fields(kind) if not each.startswith("_"))
    for each, value in methods(kind):
        if not each.startswith("_"):
            yield from member(f"{name}.{each}", value)


def described(name: str, value: object) -> Iterator[str]:
    """Write everything about one public name."""
    if isinstance(value, type):
        yield from class_of(name, value)
    elif callable(value):
        yield from called(name, value)
    else:
        yield name if name == "__version__" else f"{name} = {value!r}"


def public(modules: tuple[str, ...] = MODULES) -> str:
    """Write down the whole public interface."""
    lines: list[str] = []
    for module in map(import_module, modules):
        lines += ["", f"[{module.__name__}]"]
        for name in exported(module):
            lines += dict.fromkeys(described(name, getattr(module, name)))
    lines += ["", "[supermetrics-query]", *commands(), *exit_codes()]
    return "\n".join(lines).lstrip() + "\n"


def main() -> int:
    PUBLIC.write_text(public(), encoding="utf-8")
    print(f"tests/release/{PUBLIC.name} is written; a removed or changed line is a breaking change")
    return 0


if __name__ == "__main__":
    sys.exit(main())
