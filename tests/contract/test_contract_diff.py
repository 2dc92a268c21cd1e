"""Changes since the last release are rated by what callers feel, and the version must be raised accordingly."""

from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.contract.changes import CHANGES, Edit, extend
from tests.contract.generating import generate
from tools import ROOT
from tools.contract.diff import CURRENT, RELEASED, Contract, compare, demanded, difference, version
from tools.contract.document import Document, dump, load
from tools.contract.generate import PACKAGE
from tools.contract.rating import Direction, Rating, rate
from tools.contract.surface import Fact, changes, surface
from tools.contract.wire import Walk

STATUSES = "components schemas StatusCode enum"
A_STATUS = extend(STATUSES, "MADE_UP")


@cache
def current() -> Contract:
    """Return the contract, with the package that is committed."""
    return Contract(load(ROOT / CURRENT), surface(ROOT / PACKAGE))


def edited(document: Document, *edits: Edit) -> Document:
    copied = deepcopy(document)
    for edit in edits:
        edit(copied)
    return copied


def written(document: Document, path: Path) -> Path:
    path.write_bytes(dump(document))
    return path


@pytest.fixture
def old(document: Document, tmp_path: Path) -> Path:
    document["info"]["version"] = "1.0.0"
    return written(document, tmp_path / "old.yaml")


@pytest.mark.parametrize(("edit", "rating", "place"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_rated_by_what_callers_feel(edit: Edit, rating: str, place: str) -> None:
    before = current()
    after = Contract.of(edited(before.document, edit), generate)

    found = difference(before, after)

    assert found[0].rating.name.lower() == rating, found
    assert place in [each.place for each in found], found
    assert difference(after, after) == []


def test_a_document_does_not_differ_from_itself(contract: Document) -> None:
    assert difference(current(), Contract.of(deepcopy(contract), generate)) == []


def test_formatting_the_package_changes_nothing_that_callers_feel(contract: Document) -> None:
    assert Contract.of(contract).package == current().package


def weight(old: Document, new: Document) -> int:
    """Return the gravest rating of what travels; -1 for no change."""
    return max((change.rating for change in Walk(old, new).changes()), default=-1)


@given(
    names=st.lists(st.sampled_from(sorted(CHANGES)), min_size=2, max_size=4, unique_by=lambda name: CHANGES[name][2])
)
@settings(deadline=None, max_examples=60)
def test_several_changes_weigh_no_less_than_the_gravest_of_them(names: list[str]) -> None:
    before, edits = current().document, [CHANGES[name][0] for name in names]
    try:
        together = edited(before, *edits)
    except (KeyError, IndexError):  # one change takes away what another one changes
        reject()

    assert weight(before, together) >= max(weight(before, edited(before, edit)) for edit in edits)


def test_a_breaking_name_is_not_hidden_by_what_is_added() -> None:
    before = current()
    edits = [CHANGES[name][0] for name in ("a component renamed", "a member added to json", "a description")]

    found = difference(before, Contract.of(edited(before.document, *edits), generate))

    assert [each.rating for each in found] == sorted((each.rating for each in found), reverse=True)
    assert {each.rating for each in found} == set(Rating)


@pytest.mark.parametrize(("raised", "result"), [("1.0.9", 1), ("1.1.0", 0)])
def test_the_version_must_rise_as_far_as_the_change(
    old: Path, raised: str, result: int, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = edited(load(old), A_STATUS)
    changed["info"]["version"] = raised

    assert compare(old, written(changed, old.with_name("new.yaml"))) == result
    said = capsys.readouterr().out
    assert said.startswith("additive  StatusCode: enum gained ['MADE_UP']\n")
    assert ("info.version must be at least 1.1.0 after 1.0.0" in said) == bool(result)


def test_the_same_document_needs_no_other_version(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(old, old) == 0
    assert capsys.readouterr().out == "changes since 1.0.0: 0; 1.0.0 is enough\n"


def test_a_document_that_cannot_be_generated_is_no_pass(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = edited(load(old), lambda document: document.update(openapi="9.9.9"))

    assert compare(old, written(changed, old.with_name("new.yaml"))) == 1
    assert "9.9.9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ratings", "needed"),
    [
        ([], (1, 4, 2)),
        ([Rating.PATCH, Rating.PATCH], (1, 4, 3)),
        ([Rating.PATCH, Rating.ADDITIVE], (1, 5, 0)),
        ([Rating.BREAKING, Rating.ADDITIVE, Rating.PATCH], (2, 0, 0)),
    ],
)
def test_the_gravest_change_decides(ratings: list[Rating], needed: tuple[int, int, int]) -> None:
    assert demanded((1, 4, 2), ratings) == needed


@pytest.mark.parametrize("word", ["multipleOf", "maxLength", "enum", "pattern", "required", "readOnly"])
def test_what_belongs_to_no_side_is_rated_as_what_is_sent(word: str) -> None:
    values = {"enum": ([1, 2], [1]), "required": (False, True), "readOnly": (False, True), "pattern": ("a", "b")}
    before, after = values.get(word, (5, 4))

    assert rate(word, None, before, after) == rate(word, Direction.SENT, before, after) == Rating.BREAKING


def package(root: Path, source: str) -> Path:
    (root / "models").mkdir(parents=True)
    (root / "models" / "query.py").write_text(source, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("decorator", "rating"), [("@_attrs_define", Rating.BREAKING), ("@_attrs_define(kw_only=True)", Rating.ADDITIVE)]
)
def test_an_inserted_member_breaks_callers_who_may_leave_out_its_name(
    tmp_path: Path, decorator: str, rating: Rating
) -> None:
    class_ = f"{decorator}\nclass Query:\n    first: str\n    second: str | Unset = UNSET\n"
    longer = class_.replace("    second", "    between: str | Unset = UNSET\n    second")

    one, other = (surface(package(tmp_path / name, text)) for name, text in (("old", class_), ("new", longer)))

    assert max(change.rating for change in changes(one, other, {})) is rating


def test_what_differs_only_in_the_order_of_arguments_breaks() -> None:
    one, other = (
        {
            f"queries.poll({name})": Fact("str", position=place, sides={Direction.SENT})
            for place, name in enumerate(names)
        }
        for names in ("ab", "ba")
    )

    assert {change.rating for change in changes(one, other, {})} == {Rating.BREAKING}


def test_the_released_contract_is_not_newer_than_this_one(root: Path) -> None:
    assert version(load(root / RELEASED)) <= version(load(root / CURRENT))
