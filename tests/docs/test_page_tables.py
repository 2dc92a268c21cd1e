"""Tables and trees of the pages say what the contract and the code say."""

import re
from collections.abc import Iterator
from inspect import signature

import pytest
import supermetrics_query
from attrs import fields_dict
from supermetrics_query import DataQuery, errors
from supermetrics_query._contract.codes import BY_CODE, BY_STATUS, by_status
from supermetrics_query._contract.requests import attributes
from supermetrics_query._contract.status import ENDINGS
from supermetrics_query.errors import SupermetricsQueryError
from supermetrics_query_api.limits import LIMITS

from tests.docs.pages import ROOT

MEMBERS = {name: kinds for name, kinds in LIMITS["DataQuery"].items() if name.isidentifier() and name != "api_key"}
TREE_OF_MODULE = str(errors.__doc__).split("\n\n")[1]


def page(name: str) -> str:
    return (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")


def rows(text: str, head: str) -> list[list[str]]:
    """Return the cells of the table whose head begins with some text, row by row."""
    _, found, table = text.partition(f"\n| {head} |")
    assert found, f"there is no table that begins with {head}"
    lines = table.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(cell: str) -> list[str]:
    """Return what stands in a cell as code."""
    return re.findall(r"`(\w+)`", cell)


def classes() -> Iterator[tuple[str, str]]:
    """Yield every exception of the package with its base."""
    for name in supermetrics_query.__all__:
        kind = getattr(supermetrics_query, name)
        if isinstance(kind, type) and issubclass(kind, SupermetricsQueryError):
            yield (
                name,
                next(
                    base.__name__
                    for base in kind.__mro__[1:]
                    if base is Exception or issubclass(base, SupermetricsQueryError)
                ),
            )


def tree_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield every exception in a tree with its base: what it is drawn behind, or else under, further to the left."""
    above = {-1: "Exception"}
    for line in text.splitlines():
        column = line.index(re.findall(r"\w+", line)[0])
        above = {at: name for at, name in above.items() if at < column}
        under = above[max(above)]
        for group in line[column:].partition("  ")[0].split(" · "):
            chain = [under, *(name.split()[0] for name in group.split(" ── "))]
            yield from zip(chain[1:], chain, strict=False)
            above[column] = chain[1]


@pytest.mark.parametrize("tree", [page("errors").partition("```text\n")[2].partition("```")[0], TREE_OF_MODULE])
def test_the_tree_of_exceptions_is_that_of_the_code(tree: str) -> None:
    assert dict(tree_of(tree)) == dict(classes()), "docs/errors.md, or the docstring of errors.py"


def test_the_statuses_in_the_tree_are_those_that_raise_the_exception() -> None:
    drawn = {int(status): name for name, status in re.findall(r"(\w+Error) +(\d{3})$", page("errors"), re.MULTILINE)}
    assert drawn == {status: kind.__name__ for status, kind in BY_STATUS.items()}


def test_there_is_something_to_do_about_every_exception() -> None:
    advised = [name for row in rows(page("errors"), "Exception | Meaning") for name in names(row[0])]
    abstract = {"SupermetricsQueryError", "ApiError", "LimitExceededError"}
    assert sorted(advised) == sorted(dict(classes()).keys() - abstract), "docs/errors.md, What to do"


def test_every_attribute_that_the_page_names_exists() -> None:
    for exception, attributes_, *_ in rows(page("errors"), "Exception | Attributes"):
        kind = getattr(errors, *names(exception) or ["SupermetricsQueryError"])
        own = fields_dict(kind).keys() | {"__cause__"}
        others = {"QueryStatus", "as_completed", "TransportError"}
        assert set(names(attributes_)) <= own | others, exception


def test_the_page_says_which_client_errors_are_retried() -> None:
    retried = {int(each) for row in rows(page("errors"), "Retried") for each in re.findall(r"\b4\d\d\b", row[0])}
    assert retried == {each for each in range(400, 500) if by_status(each, named=False, typed=False).transient}


@pytest.mark.parametrize("name", ["errors", "polling"])
def test_every_code_that_a_page_names_is_one_that_the_contract_knows(name: str) -> None:
    codes = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", page(name)))
    assert codes <= BY_CODE.keys() | ENDINGS.keys() | {"SUPERMETRICS_API_KEY"}, f"docs/{name}.md"


def test_the_page_says_how_a_wait_ends_for_every_end_of_a_query() -> None:
    found = {code: row[2] for row in rows(page("polling"), "Poll result") for code in names(row[0]) if code in ENDINGS}
    raised = {code: (names(cell) or ["None"])[0] for code, cell in found.items()}
    assert raised == {code: kind.__name__ if kind else "None" for code, kind in ENDINGS.items()}, "docs/polling.md"


def accepted() -> Iterator[tuple[str, str]]:
    """Yield each member in the table of docs/queries.md with what it accepts."""
    for row in rows(page("queries"), "Parameter | Accepts"):
        yield from ((name, row[1]) for name in names(row[0]) if "with a filter" not in row[0])


def test_the_page_of_queries_names_members_by_their_names_in_python() -> None:
    unknown = [name for name, _ in accepted() if name not in signature(DataQuery).parameters]
    assert unknown == [], "docs/queries.md"


def test_the_page_of_queries_says_what_every_member_that_takes_more_than_one_kind_accepts() -> None:
    api_names = {python: name for name, python in attributes().items()}
    described = {api_names[name]: text for name, text in accepted()}
    kinds = {name: "list" if "array" in kinds else "`date`" for name, kinds in MEMBERS.items() if len(kinds) > 1}
    assert kinds.keys() <= described.keys(), "docs/queries.md"
    assert [name for name, word in kinds.items() if word not in described[name]] == []
    renamed = {name for name, python in attributes().items() if name != python}
    assert renamed | {"settings"} == described.keys() - kinds.keys()


@pytest.mark.parametrize("name", ["operations", "one-query", "many-accounts"])
def test_the_most_rows_of_a_query_are_those_of_the_contract(name: str) -> None:
    assert f"{MEMBERS['max_rows']['integer']['maximum']:,}" in page(name)


def test_the_length_of_a_schedule_id_is_that_of_the_contract() -> None:
    longest = MEMBERS["schedule_id"]["string"]["maxLength"]
    assert f"up to {longest} letters" in page("polling"), "docs/polling.md"
