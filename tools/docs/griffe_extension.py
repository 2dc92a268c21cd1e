"""What griffe, which only reads the source, is told of this package, so that the reference shows what users see.

- Classes of attrs and msgspec get the constructor that those libraries make from the members, and the true defaults.
- What a public class inherits from one that is not public counts as its own.
- A default that is a constant of this package is shown by its value.
- A method of an async class takes the sections of its docstring (`Args:` and so on) from its twin in sync code, unless
  it has its own. Its sentence and its types are always its own.
"""

import ast
import builtins
import copy
import enum
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import griffe

MAKERS = re.compile(r"(?:attrs\.)?(?:frozen|define|_attrs_define)(?:\((?P<options>.*)\))?", re.DOTALL)
FIELD = re.compile(r"(?:attrs\.)?(?:field|_attrs_field)")
SECTIONS = re.compile(r"\n\n(?:Args|Returns|Yields|Raises|Warns):\n.*", re.DOTALL)
TWIN = re.compile(r"Async(?=[A-Z])")


class PublicApi(griffe.Extension):
    """Completes a package once it has been read."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._functions: list[griffe.Function] = []

    def on_function_instance(self, *, func: griffe.Function, **_: object) -> None:
        """Keep a function of a package: a module of the same name, such as `emulator.app`, would take its place."""
        if func.parent is not None and func.parent.is_module and func.parent.is_init_module:
            self._functions.append(func)

    def on_package(self, *, pkg: griffe.Module, **_: object) -> None:
        """Complete every class of a package."""
        for function in self._functions:
            if function.parent is not None and function.package is pkg:
                function.parent.set_member(function.name, function)
        classes = list(classes_of(pkg))
        for kind in classes:
            complete_fields(kind)
        public = {name for module in (pkg, pkg.members.get("emulator")) if module for name in module.members}
        for kind in classes:
            adopt_members(kind, public)
        for kind in classes:
            kind.bases = [base for base in kind.bases if is_shown(str(base), public)]
            share_sections(kind)
            show_defaults(kind, public)


def classes_of(module: griffe.Module) -> Iterator[griffe.Class]:
    """Yield the classes that a module and those below it define."""
    for member in module.members.values():
        if isinstance(member, griffe.Module):
            yield from classes_of(member)
        elif isinstance(member, griffe.Class):
            yield member


def maker_of(kind: griffe.Class) -> str | None:
    """Return the text of the options with which a library makes a constructor, None where no library does."""
    if any(str(base) == "Struct" for base in kind.bases):
        return ", ".join(f"{name}={value}" for name, value in kind.keywords.items())
    found = [match for each in kind.decorators if (match := MAKERS.fullmatch(str(each.value)))]
    return (found[0]["options"] or "") if found else None


def complete_fields(kind: griffe.Class) -> None:
    """Show the defaults of the fields of a class in place of how they are declared, and its constructor."""
    options = maker_of(kind)
    own = [parameter for each in fields(kind) if (parameter := parameter_of(each, "kw_only=True" in (options or "")))]
    if options is None:  # nobody makes an error of this package, so their constructors are left out
        return
    inherited = [
        each
        for base in reversed(kind.mro())
        if maker_of(base) is not None and "__init__" in base.members
        for each in base.members["__init__"].parameters
        if each.name != "self" and each.name not in kind.members
    ]
    this = griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword)
    ordered = sorted([*inherited, *own], key=lambda each: each.kind is griffe.ParameterKind.keyword_only)
    kind.set_member("__init__", griffe.Function("__init__", parameters=griffe.Parameters(this, *ordered)))


def fields(kind: griffe.Class) -> list[griffe.Attribute]:
    """Return the attributes of a class that are fields."""
    members = [each for each in kind.members.values() if isinstance(each, griffe.Attribute)]
    return [each for each in members if each.annotation is not None and "property" not in each.labels]


def parameter_of(attribute: griffe.Attribute, kw_only: bool) -> griffe.Parameter | None:  # noqa: FBT001
    """Return the parameter of a field, None where the constructor does not take it; show the field by its default."""
    options = field_options(attribute)
    if options is not None:
        attribute.value = default_of(options)
    if options is not None and str(options.get("init")) == "False":
        return None
    by_name = kw_only if options is None or "kw_only" not in options else str(options["kw_only"]) == "True"
    kind = griffe.ParameterKind.keyword_only if by_name else griffe.ParameterKind.positional_or_keyword
    return griffe.Parameter(attribute.name, annotation=attribute.annotation, kind=kind, default=attribute.value)


def field_options(attribute: griffe.Attribute) -> dict[str, str | griffe.Expr] | None:
    """Return the keywords of `field(...)`, None where a field is declared without it."""
    value = attribute.value
    if not isinstance(value, griffe.ExprCall) or not FIELD.fullmatch(str(value.function)):
        return None
    return {each.name: each.value for each in value.arguments if isinstance(each, griffe.ExprKeyword)}


def default_of(options: dict[str, str | griffe.Expr]) -> str | griffe.Expr | None:
    """Return the default that the keywords of `field(...)` give."""
    if "factory" in options:
        return griffe.ExprCall(function=options["factory"], arguments=[])
    return options.get("default")


def adopt_members(kind: griffe.Class, public: set[str]) -> None:
    """Let what a class inherits from classes that are not public be its own."""
    for base in kind.mro():
        if base.name not in public and base.package.path == kind.package.path:
            for name, member in base.members.items():
                if name not in kind.members and not member.is_alias:
                    kind.set_member(name, copy.copy(member))


def is_shown(base: str, public: set[str]) -> bool:
    """Return whether a base says something to users: it is public, or one of Python's own that they may catch."""
    return base in public or hasattr(builtins, base) or hasattr(enum, base)


def share_sections(kind: griffe.Class) -> None:
    """Give the methods of an async class the sections of their twins in the sync class."""
    twin = kind.parent.members.get(TWIN.sub("", kind.name)) if kind.parent and TWIN.match(kind.name) else None
    if not isinstance(twin, griffe.Class):
        return
    for name, method in kind.members.items():
        other = twin.members.get({"aclose": "close"}.get(name, name))
        if method.docstring and other and other.docstring and not SECTIONS.search(method.docstring.value):
            found = SECTIONS.search(other.docstring.value)
            method.docstring.value += found[0] if found else ""


def show_defaults(kind: griffe.Class, public: set[str]) -> None:
    """Show a default that is a constant of this package, and is not public, by its value."""
    for member in kind.members.values():
        if isinstance(member, griffe.Attribute):
            member.value = shown(member.value, kind.module, public)
        for parameter in member.parameters if isinstance(member, griffe.Function) else ():
            parameter.default = shown(parameter.default, kind.module, public)


def shown(default: str | griffe.Expr | None, module: griffe.Module, public: set[str]) -> str | griffe.Expr | None:
    """Return the value of a constant, and anything else as it is."""
    name = str(default)
    if not isinstance(default, griffe.ExprName) or not name.isupper() or name in public:
        return default
    member = module.members.get(name)
    home = (
        module.modules_collection[member.target_path.rpartition(".")[0]] if isinstance(member, griffe.Alias) else module
    )
    return constants(Path(str(home.filepath))).get(name, default)


@cache
def constants(path: Path) -> dict[str, str]:
    """Return what the names at the top of a module are assigned; griffe leaves out `A, B = 1, 2`."""
    nodes = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    pairs = [pair for node in nodes for pair in assigned(node.targets[0], node.value)]
    return {target.id: ast.unparse(value) for target, value in pairs if isinstance(target, ast.Name)}


def assigned(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return each target of an assignment with its value."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]
