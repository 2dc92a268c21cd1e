"""The ways to break a rule in a module, each a change of its syntax tree.

A condition holds always, or never. A bound moves by one. An entry of a table, a call that only checks, or the validator
of a member is gone. What is caught passes on as it came.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from attrs import frozen

BOUNDS: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@frozen
class Mutant:
    """One broken rule: where it is, what becomes of what, and how to break it in the tree."""

    line: int
    place: str
    before: str
    after: str
    is_table: bool
    apply: Callable[[], None]

    def __str__(self) -> str:
        """Name it in words that do not change when lines move."""
        return f"{self.place}: {self.before} -> {self.after}"


def mutants_of(tree: ast.AST, place: str = "", *, is_table: bool = True) -> Iterator[Mutant]:
    """Yield the mutants of a tree. `place` names what it is in; `is_table` says that this runs once, at the import."""
    for field, value in ast.iter_fields(tree):
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or is_about_types(tree, field, child):
                continue
            for label, after in replacements(tree, field, child):
                yield replaced(tree, field, index, after, label, place, is_table=is_table)
            if (is_table and field in ("value", "args")) or isinstance(tree, ast.ExceptHandler):
                yield from entries_gone(child, place)
            name = named(child) if is_table else ""
            yield from mutants_of(child, name or place, is_table=is_table and not isinstance(child, FUNCTIONS))


def named(node: ast.AST) -> str:
    """Return the name of a definition or of a variable, else nothing."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
    return ""


def is_about_types(parent: ast.AST, field: str, child: ast.AST) -> bool:
    """Return whether a node is read by type checkers only."""
    return (
        field in ("annotation", "returns", "slice")
        or (isinstance(child, ast.Subscript) and isinstance(parent, ast.Assign))
        or (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING")
    )


def replaced(
    parent: ast.AST, field: str, index: int | None, after: ast.AST, label: str, place: str, *, is_table: bool
) -> Mutant:
    """Return the mutant that has another node at a place of the tree."""
    holder: Any = getattr(parent, field)
    before = holder if index is None else holder[index]
    ast.fix_missing_locations(ast.copy_location(after, before))
    apply = partial(setattr, parent, field, after) if index is None else partial(holder.__setitem__, index, after)
    around = f" in {shown(parent)}" if isinstance(before, ast.Constant) else ""
    return Mutant(before.lineno, place, shown(before) + around, label or shown(after), is_table, apply)


def shown(node: ast.AST) -> str:
    """Return a node as code on one line."""
    return " ".join(ast.unparse(node).split())


def replacements(parent: ast.AST, field: str, child: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may stand in the place of a node, so that a rule is broken, and what to call it."""
    yield from (held(child, always=value) for value in truths(parent, field, child))
    match child:
        case ast.Compare():
            yield from (("", each) for each in moved(child))
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield "gone", ast.Pass()
        case ast.Constant(value=int(number)) if not isinstance(number, bool) and not isinstance(parent, ast.Subscript):
            yield "", ast.Constant(number + 1)
        case ast.Raise(exc=ast.AST()) | ast.Return() if isinstance(parent, ast.ExceptHandler):
            yield "", ast.Raise()
        case ast.keyword(arg="validator"):
            yield "gone", ast.keyword("validator", ast.Constant(None))


def held(condition: Any, *, always: bool) -> tuple[str, ast.AST]:
    """Return a condition that holds always or never. It is evaluated, so that it uses the same variables."""
    if always:
        return "always", ast.BoolOp(ast.Or(), [condition, ast.Constant(value=True)])
    return "never", ast.BoolOp(ast.And(), [condition, ast.Constant(value=False)])


def moved(comparison: ast.Compare) -> Iterator[ast.Compare]:
    """Yield a comparison with each of its bounds moved by one."""
    for index, sign in enumerate(comparison.ops):
        if other := BOUNDS.get(type(sign)):
            signs = [*comparison.ops[:index], other(), *comparison.ops[index + 1 :]]
            yield ast.Compare(comparison.left, signs, comparison.comparators)


def truths(parent: ast.AST, field: str, child: ast.AST) -> list[bool]:
    """Return the values that a condition may have for good, none for what is no condition.

    A part of an `and` or an `or` is without effect, so that the others decide; that breaks the whole in one way.
    """
    if isinstance(child, ast.Constant):
        return []
    if isinstance(parent, ast.BoolOp) and field == "values":
        return [isinstance(parent.op, ast.And)]
    is_test = field in ("test", "ifs") and not isinstance(parent, ast.Assert)
    is_truth = isinstance(child, ast.Compare) or (isinstance(child, ast.UnaryOp) and isinstance(child.op, ast.Not))
    if isinstance(child, ast.BoolOp):
        return [isinstance(child.op, ast.Or)] if is_test or isinstance(parent, ast.Return | ast.Lambda) else []
    if not (is_test or is_truth) or (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)):
        return []
    return [False] if isinstance(parent, ast.While) else [True, False]


def entries_gone(child: ast.AST, place: str) -> Iterator[Mutant]:
    """Yield a mutant for each entry of a table."""
    match child:
        case ast.Dict(keys=[_, *_] as keys, values=values):
            lists: Sequence[list[Any]] = [keys, values]
            entries = [key or value for key, value in zip(keys, values, strict=True)]  # `**others` has no key
        case ast.Set(elts=entries) | ast.Tuple(elts=entries, ctx=ast.Load()) | ast.List(elts=entries, ctx=ast.Load()):
            lists = [entries]
        case _:
            return
    for index, entry in enumerate(entries):
        yield Mutant(entry.lineno, place, shown(entry), "gone", is_table=True, apply=partial(drop, lists, index))


def drop(lists: Sequence[list[Any]], index: int) -> None:
    """Remove an item of each list."""
    for each in lists:
        del each[index]
