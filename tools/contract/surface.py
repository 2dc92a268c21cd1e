"""What changed in the names and signatures of the generated package: read two trees and compare.

The trees are parsed, not imported: both have the same name, and nothing in them needs to run.
"""

import ast
from collections.abc import Iterator, Mapping, Set
from itertools import count
from pathlib import Path

from attrs import frozen

from tools.contract.rating import KIND, Change, Direction, Rating
from tools.contract.relations import Relation, among

Sides = Set[Direction]
BOTH: Sides = frozenset(Direction)
UNSET = "UNSET"


@frozen
class Fact:
    """What stands behind a name: a type, a default or value, a place among positional arguments, and who writes it."""

    annotation: str = ""
    default: str = ""
    position: int | None = None
    sides: Sides = frozenset()


Facts = dict[str, Fact]


def surface(tree: Path) -> Facts:
    """Return the public names of a generated tree; what belongs to a name stands after it."""
    facts: Facts = {}
    for path in sorted(tree.glob("models/[!_]*.py")):
        for node in parsed(path):
            if isinstance(node, ast.ClassDef):
                facts |= {node.name: Fact(), **dict(members(node))}
    for path in sorted(tree.glob("api/*/[!_]*.py")):
        facts |= dict(functions(f"{path.parent.name}.{path.stem}", parsed(path)))
    return facts


def parsed(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text(encoding="utf-8")).body


def members(kind: ast.ClassDef) -> Iterator[tuple[str, Fact]]:
    """Yield the attributes, values and methods of a class."""
    by_keyword = any("kw_only=True" in ast.unparse(each) for each in kind.decorator_list)
    positions = count()
    for node in kind.body:
        match node:
            case ast.AnnAssign(target, annotation, value):
                position = None if by_keyword else next(positions)
                yield f"{kind.name}.{spelled(target)}", Fact(spelled(annotation), default(value), position)
            case ast.Assign([target], value):
                yield f"{kind.name}.{spelled(target)}", Fact(default=spelled(value))
            case ast.FunctionDef(name) if not name.startswith("_"):
                yield f"{kind.name}.{name}", Fact()


def functions(name: str, body: list[ast.stmt]) -> Iterator[tuple[str, Fact]]:
    """Yield the functions of an operation, and the arguments and the result that they share."""
    yield name, Fact()
    for node in body:
        match node:
            case ast.FunctionDef("sync_detailed", given, returns=ast.Subscript(_, result)):
                yield f"{name}()", Fact(spelled(result), sides={Direction.READ})
                yield from ((f"{name}({each})", fact) for each, fact in arguments(given))
            case ast.FunctionDef(function) | ast.AsyncFunctionDef(function) if not function.startswith("_"):
                yield f"{name}.{function}", Fact()


def arguments(given: ast.arguments) -> Iterator[tuple[str, Fact]]:
    defaults = [None] * (len(given.args) - len(given.defaults)) + [*given.defaults]
    for position, (each, value) in enumerate(zip(given.args, defaults, strict=True)):
        yield each.arg, Fact(spelled(each.annotation), default(value), position, {Direction.SENT})
    for each, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield each.arg, Fact(spelled(each.annotation), default(value), None, {Direction.SENT})


def spelled(node: ast.AST | None) -> str:
    return ast.unparse(node) if node else ""


def default(node: ast.AST | None) -> str:
    """Return a default; whether a repr shows it is no part of it."""
    return UNSET if UNSET in spelled(node) else spelled(node)


def changes(old: Facts, new: Facts, written_by: Mapping[str, Sides]) -> Iterator[Change]:
    """Yield what changed, without what belongs to a name that came or went; a class is written by callers, or by us."""
    for name in dict.fromkeys((*old, *new)):
        owner = owner_of(name)
        if (owner in old) == (owner in new):
            sides = written_by.get(owner, BOTH)
            if name not in new:
                yield Change(Rating.BREAKING, name, "is gone from the package")
            elif name not in old:
                yield came(name, new[name], sides)
            else:
                yield from changed(name, old[name], new[name], sides, listings(new))


def owner_of(name: str) -> str:
    """Return the name that another belongs to: `start_query` for `start_query(body)`."""
    return name[: max(name.rfind("."), name.rfind("("), 0)]


def listings(facts: Facts) -> set[str]:
    """Return the enums, whose values are texts."""
    return {owner_of(name) for name, fact in facts.items() if fact.default and not fact.annotation}


def came(name: str, fact: Fact, sides: Sides) -> Change:
    """Rate a new name: one that callers must give breaks them."""
    if fact.annotation and not fact.default and Direction.SENT in (fact.sides or sides):
        return Change(Rating.BREAKING, name, "is new in the package, and must be given")
    return Change(Rating.ADDITIVE, name, "is new in the package")


def changed(name: str, one: Fact, other: Fact, sides: Sides, texts: set[str]) -> Iterator[Change]:
    """Yield what became of one name."""
    if one.position != other.position:
        yield Change(Rating.BREAKING, name, f"was argument {one.position} and is argument {other.position}")
    if one.default and other.default and one.default != other.default:
        yield Change(Rating.BREAKING, name, f"was {one.default} and is {other.default} in the package")
    relation = relate(one.annotation, other.annotation, texts)
    if relation is not Relation.SAME:
        rating = max(KIND[side][relation] for side in one.sides or sides)
        yield Change(rating, name, f"was {one.annotation} and is {other.annotation} in the package")


def relate(one: str, other: str, texts: set[str]) -> Relation:
    """Relate two types; a text that is listed is still a text."""
    before, after = alternatives(one), alternatives(other)
    if ("Any" in before) != ("Any" in after):
        return Relation.NARROWER if "Any" in before else Relation.WIDER
    return among(before, after - (texts - before if "str" in before & after else set()))


def alternatives(annotation: str) -> set[str]:
    """Return the types that a union consists of; an int is also a float."""
    named = {spelled(each) for each in parts(ast.parse(annotation or "None", mode="eval").body)}
    return named | ({"int"} if "float" in named else set())


def parts(union: ast.expr) -> Iterator[ast.expr]:
    if isinstance(union, ast.BinOp):
        yield from (each for side in (union.left, union.right) for each in parts(side))
    else:
        yield union
