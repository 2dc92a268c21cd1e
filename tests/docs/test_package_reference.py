"""The reference of the Python package: every public name has one definition, and every parameter says what it does."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise

import attrs
import pytest
import supermetrics_query
from msgspec import Struct
from supermetrics_query import emulator, testing

from tests.docs.pages import ROOT
from tools.docs.public import HANDED_OUT, fields, makes, methods
from tools.docs.reference import linked, problems, public_names, titled

PACKAGE = "supermetrics_query"
PUBLIC = (ROOT / "tests/release/public.txt").read_text()
DIRECTIVE = re.compile(r"^::: (\S+)$", re.MULTILINE)
ARGS = re.compile(r"\n\nArgs:\n(?P<lines>(?: .*\n?)+)")
ARGUMENT = re.compile(r"^    \*{0,2}(?P<name>\w+): \S", re.MULTILINE)
# What other modules of the package use; whatever else these modules define is public.
HELPERS = {
    "cli": set(),
    "errors": {"E", "plain_data", "rebuilt"},
    "events": {"LEVELS", "LOGGER", "described", "guarded", "own_frames", "warn"},
    "pytest_plugin": {"API_KEY", "BASE_URL", "CLOCK", "DIRECT", "EMULATOR", "SPEED", "pytest_configure"},
    "testing": set(),
}
GIVEN = {"self", "cls"}


def source(module: str) -> ast.Module:
    """Return the source of a module of the package."""
    path = ROOT / "overlays" / module.replace(".", "/")
    return ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())


def defined_in(module: str) -> Iterator[str]:
    """Yield what a module defines at its top and does not hide."""
    for node in source(module).body:
        match node:
            case ast.ClassDef() | ast.FunctionDef():
                names = [node.name]
            case ast.Assign():
                names = [each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)]
            case ast.AnnAssign(target=ast.Name() as target):
                names = [target.id]
            case _:
                names = []
        yield from (name for name in names if not name.startswith("_"))


def public_paths() -> Iterator[str]:
    """Yield the path of everything that is public, each once."""
    yield from (f"{PACKAGE}.{name}" for name in supermetrics_query.__all__)
    yield from (f"{PACKAGE}.emulator.{name}" for name in emulator.__all__)
    for module, helpers in HELPERS.items():
        names = set(defined_in(f"{PACKAGE}.{module}")) - helpers - set(supermetrics_query.__all__)
        yield from (f"{PACKAGE}.{module}.{name}" for name in names)


def defined() -> Counter[str]:
    """Return how often the pages define each path."""
    return Counter(path for page in ROOT.glob("docs/**/*.md") for path in DIRECTIVE.findall(page.read_text()))


@pytest.mark.parametrize("path", sorted(public_paths()))
def test_every_public_name_has_one_definition(path: str) -> None:
    assert defined()[path] == 1


def test_nothing_else_is_defined_but_types_that_signatures_name() -> None:
    others = {path.rpartition(".")[2] for path in defined() if path not in set(public_paths())}
    assert others == {
        *("Clock", "Column", "ErrorBody", "Family", "HeaderRow", "Kind", "OnBytes", "OnProgress", "OnProgressAsync"),
        *("Planner", "Readable", "Row", "Schema", "Seconds", "SourceMaker", "Target", "TokenProvider", "TransportName"),
    }


def public_classes() -> Iterator[tuple[str, str, type]]:
    """Yield the public classes that are written by hand, each with the module that defines it."""
    for name in supermetrics_query.__all__:
        home = import_module(supermetrics_query.HOME_OF[name], PACKAGE).__name__
        value = getattr(supermetrics_query, name)
        if isinstance(value, type) and home.startswith(f"{PACKAGE}."):
            yield name, home, value
    for name in emulator.__all__:
        value = getattr(emulator, name)
        if isinstance(value, type):
            yield name, value.__module__, value
    yield "FakeClock", testing.__name__, testing.FakeClock


CLASSES = {name: (home, kind) for name, home, kind in public_classes() if name != "PartQuery"}


def public_callables() -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield the public functions, methods and constructors that are written by hand."""
    for module in (supermetrics_query, emulator):
        functions = [(name, getattr(module, name)) for name in module.__all__]
        yield from ((name, each) for name, each in functions if inspect.isfunction(each))
    for name, (_, kind) in CLASSES.items():
        own = [(each, value) for each, value in methods(kind) if inspect.isfunction(value) and not each.startswith("_")]
        yield from ((f"{name}.{each}", value) for each, value in own)
        if name not in HANDED_OUT and makes(kind) and not is_plain(kind):
            yield f"{name}()", next(vars(base)["__init__"] for base in kind.__mro__ if "__init__" in vars(base))


def is_plain(kind: type) -> bool:
    """Return whether a library makes the constructor, from members that say themselves what they are."""
    return attrs.has(kind) or issubclass(kind, Struct)


CALLABLES = dict(public_callables())


def explained(function: Callable[..., object]) -> set[str]:
    """Return the parameters that a docstring explains."""
    found = ARGS.search(inspect.getdoc(function) or "")
    return set(ARGUMENT.findall(found["lines"])) if found else set()


@pytest.mark.parametrize("name", sorted(CALLABLES))
def test_every_parameter_is_explained_where_an_editor_shows_it_or_at_the_twin_in_sync_code(name: str) -> None:
    function, twin = CALLABLES[name], CALLABLES.get(name.removeprefix("Async"))
    known = explained(function) or (explained(twin) if twin else set())
    assert set(inspect.signature(function).parameters) - GIVEN == known


@pytest.mark.parametrize("name", sorted(each for each in CALLABLES if each.startswith("Async")))
def test_a_method_in_async_code_has_a_sentence_that_is_complete(name: str) -> None:
    sentence = (inspect.getdoc(CALLABLES[name]) or "").splitlines()[0]
    assert sentence.endswith(".")
    assert not re.search(r"\bsee\b", sentence)


@cache
def member_docs(home: str, name: str) -> dict[str, str]:
    """Return the docstrings that stand below the members of a class."""
    [kind] = [node for node in source(home).body if isinstance(node, ast.ClassDef) and node.name == name]
    return dict(docs_below(kind.body))


def docs_below(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield the members of a body that are followed by text, with the text."""
    for member, below in pairwise(body):
        target = member.target if isinstance(member, ast.AnnAssign) else None
        match below:
            case ast.Expr(value=ast.Constant(value=str() as text)) if isinstance(target, ast.Name):
                yield target.id, text


@pytest.mark.parametrize("name", sorted(name for name, (_, kind) in CLASSES.items() if is_plain(kind)))
def test_every_member_of_a_value_says_what_it_is(name: str) -> None:
    home, kind = CLASSES[name]
    assert [each for each in fields(kind) if not each.startswith("_") and each not in member_docs(home, name)] == []


def heading(anchor: str, name: str = "x") -> str:
    """Return a heading as mkdocstrings makes it."""
    return f'<h3 id="{anchor}" class="doc doc-heading">{name}<a href="#{anchor}" class="headerlink">&para;</a></h3>'


def anchors_of_all() -> list[str]:
    return [places[0] for places in public_names(PUBLIC).values()]


def test_a_site_that_defines_everything_once_has_no_problem() -> None:
    assert problems(PUBLIC, map(heading, dict.fromkeys(anchors_of_all()))) == []


@pytest.mark.parametrize("anchor", ["QueryClient", "QueryClient.run", "QueryClient.run(resume)", "Lane.POLL", "split"])
def test_what_a_site_leaves_out_or_defines_twice_is_a_problem(anchor: str) -> None:
    anchors = dict.fromkeys(anchors_of_all())
    path = f"{PACKAGE}.{anchor}"
    assert problems(PUBLIC, map(heading, [*anchors, path])) == [f"{path} is defined 2 times"]
    assert len(problems(PUBLIC, map(heading, anchors.keys() - {path}))) == 1


def test_a_parameter_of_a_value_may_be_defined_by_its_member_or_by_a_base() -> None:
    text = "[m]\nclass A(B)\nA(0: x)\nclass B()\n"
    pages = [heading(f"{PACKAGE}.A"), heading(f"{PACKAGE}.B"), heading(f"{PACKAGE}.B.x")]
    assert problems(text.replace("[m]", f"[{PACKAGE}]"), pages) == []
    assert problems(text.replace("[m]", f"[{PACKAGE}]"), pages[:2]) == [f"{PACKAGE}: A(0: x) is missing"]


@pytest.mark.parametrize(
    ("anchor", "title"),
    [
        ("QueryClient", "QueryClient"),
        ("QueryClient.run", "QueryClient.run"),
        ("emulator.Plan.parts", "Plan.parts"),
        ("_client.query.OnProgress", "OnProgress"),
        ("RedisLimiter(name)", "RedisLimiter(name=)"),
        ("split(by_days)", "split(by_days=)"),
        ("query_from_url(**changes)", "query_from_url(**changes)"),
    ],
)
def test_a_heading_says_what_it_defines_as_code_would(anchor: str, title: str) -> None:
    parameter = anchor.partition("(")[2].rstrip(")")
    shown = titled(heading(f"{PACKAGE}.{anchor}", parameter or "x"))
    assert re.sub(r"<[^>]*>", "", shown).removesuffix("&para;") == title


def test_code_in_prose_links_what_is_public_and_members_of_the_class_it_stands_under() -> None:
    names = anchors_of_all()
    shown = linked(
        f"{heading(f'{PACKAGE}.Query.pages')}<p><code>wait</code> <code>split</code> <code>jitter</code></p>", names
    )
    assert re.findall(r'identifier="([^"]*)"', shown) == [f"{PACKAGE}.Query.wait", f"{PACKAGE}.split"]
