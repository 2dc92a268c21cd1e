"""Queries of every kind that the contract allows."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from supermetrics_query_api.limits import LIMITS

MEMBERS = {name: kinds for name, kinds in LIMITS["DataQuery"].items() if name != "api_key"}  # which is never sent
TOP = [path for path in MEMBERS if "[]" not in path and "." not in path]

letters = st.characters(exclude_categories=["Cs"])


def texts(limits: Mapping[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in limits:
        return st.from_regex(limits["pattern"].replace("$", r"\Z"))
    return st.text(letters, max_size=30) | st.just("ä" * limits.get("maxLength", 2000))


def within(path: str) -> st.SearchStrategy[Any]:
    """Return a strategy for the valid values of a member."""
    return st.one_of([within_kind(path, kind, limits) for kind, limits in MEMBERS[path].items()])


def within_kind(path: str, kind: str, limits: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    match kind:
        case "date":
            return st.dates()
        case "string":
            return texts(limits)
        case "integer":
            return st.integers(limits["minimum"], limits["maximum"])
        case "array":
            some = st.lists(within(f"{path}[]"), max_size=3)
            return some | some.map(tuple) | within(f"{path}[]").map(lambda item: [item] * limits["maxItems"])
    return objects(path)


def objects(path: str) -> st.SearchStrategy[Any]:
    known = {each.removeprefix(f"{path}."): within(each) for each in MEMBERS if each.startswith(f"{path}.")}
    needed = {name: value for name, value in known.items() if name == "id"}
    optional = {name: value for name, value in known.items() if name != "id"} | {"beta": anything}
    return st.fixed_dictionaries(needed, optional=optional)


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(letters, max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(letters, max_size=3), inner, max_size=2),
    max_leaves=4,
)
queries = st.fixed_dictionaries(
    {"ds_id": within("ds_id")}, optional={path: within(path) for path in TOP if path not in ("ds_id", "offset_end")}
)
