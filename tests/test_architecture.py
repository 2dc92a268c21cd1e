"""The rooms of the overlay and the types of what is public."""

import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import get_type_hints

import grimp
import pytest
import supermetrics_query
from supermetrics_query import _flows, events, testing

OVERLAY = "supermetrics_query"


@cache
def graph() -> grimp.ImportGraph:
    """Return who imports whom in the overlay, imports for type checkers included."""
    return grimp.build_graph(OVERLAY, exclude_type_checking_imports=False)


def circle_of(imports: Mapping[str, set[str]]) -> list[str]:
    """Return modules that import each other, in their order."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_circle_is_found() -> None:
    assert set(circle_of({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}


def test_no_modules_import_each_other() -> None:
    """The root package imports all of it lazily and is left out."""
    modules = graph().modules - {OVERLAY}
    imports = {module: graph().find_modules_directly_imported_by(module) & modules for module in modules}
    assert circle_of(imports) == []


@pytest.mark.parametrize("name", _flows.__all__)
def test_a_flow_that_is_imported_late_is_an_arrow_that_the_layers_see(name: str) -> None:
    assert graph().direct_import_exists(importer=_flows.__name__, imported=f"{_flows.__name__}.{name}")


def test_nothing_reaches_the_overlay_through_its_root() -> None:
    """Its names are imported lazily, so an arrow to the root would hide where it leads."""
    rooms = {module for module in graph().find_modules_that_directly_import(OVERLAY) if "._" in module}
    assert rooms == set()


def public() -> Iterator[tuple[str, object]]:
    """Yield every public class and function, and the methods of the classes."""
    for module in (supermetrics_query, events, testing):
        for name in getattr(module, "__all__", dir(module)):
            value = getattr(module, name)
            if not getattr(value, "__module__", "").startswith("supermetrics_query") or not callable(value):
                continue
            yield name, value
            if isinstance(value, type):
                methods = [each for each in vars(value).values() if inspect.isfunction(each)]
                yield from ((f"{name}.{each.__name__}", each) for each in methods if not each.__name__.startswith("_"))


PUBLIC = dict(public())


@pytest.mark.parametrize("name", PUBLIC)
def test_the_hints_of_what_is_public_can_be_resolved(name: str) -> None:
    assert get_type_hints(PUBLIC[name]) is not None


def test_what_is_exported_pickles_under_its_public_path() -> None:
    hidden = {
        name: value.__module__
        for name, value in PUBLIC.items()
        if isinstance(value, type) and not value.__module__.startswith("supermetrics_query_api")
        if value.__module__ not in {OVERLAY, f"{OVERLAY}.testing"}
    }
    assert hidden == {}
