"""Changes of the contract are noticed. `make contract-proof` makes all of them; here are those that take no time."""

from collections.abc import Iterator

import pytest

from tests.contract.proof.edits import Change, Notice, at
from tests.contract.proof.noticing import at_once, in_code
from tests.contract.proof.table import TABLE
from tools.contract.document import Document
from tools.contract.names import Steps
from tools.contract.permitted import KEYWORDS
from tools.contract.refusals import kinds, refusals

FIXED = {"http", "bearer scheme"}  # there is one value, so any change is refused
EACH_SIXTH = slice(None, None, 6)
PERMITTED = [change for notice, changes in TABLE.items() if notice is not Notice.REFUSED for change in changes]


def called(change: Change) -> str:
    return change.name


def test_every_change_has_a_name_of_its_own() -> None:
    names = [change.name for changes in TABLE.values() for change in changes]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


@pytest.mark.parametrize("change", TABLE[Notice.REFUSED], ids=called)
def test_what_would_be_lost_is_refused_with_its_place(contract: Document, change: Change) -> None:
    assert refusals(change.before(contract)) == []
    (refused, *_) = refusals(change.after(contract))
    assert str(refused).startswith(f"openapi.yaml #{refused.pointer}: ")
    assert refused.why
    assert refused.do


@pytest.mark.parametrize("change", TABLE[Notice.CHECKS], ids=called)
def test_a_change_of_what_may_be_sent_reaches_the_checks(contract: Document, change: Change) -> None:
    seen = at_once(contract, change)
    assert seen is not None
    assert seen.notice is Notice.CHECKS


@pytest.mark.parametrize("notice", [Notice.CODE, Notice.TEXTS])
def test_a_change_of_what_is_permitted_reaches_the_generated_code(contract: Document, notice: Notice) -> None:
    for change in TABLE[notice][EACH_SIXTH]:
        assert at_once(contract, change) is None, change.name
        seen = in_code(contract, change)
        assert seen is not None, change.name
        assert seen.notice is notice, change.name


@pytest.mark.parametrize("notice", [Notice.TEST, Notice.DIFF, Notice.HARMLESS])
def test_nothing_else_is_refused(contract: Document, notice: Notice) -> None:
    assert [change.name for change in TABLE[notice] if at_once(contract, change)] == []


def test_what_is_harmless_has_a_reason() -> None:
    assert [change.name for change in TABLE[Notice.HARMLESS] if not change.why] == []


def held(document: Document) -> Iterator[tuple[Steps, str, object]]:
    """Yield each keyword of a contract with the place and the kind of the object that holds it, and its value."""
    for steps, kind in kinds(document):
        if kind in KEYWORDS:
            yield from (((*steps, word), kind, value) for word, value in at(document, steps).items())


def touched(before: Document, after: Document) -> set[tuple[str, str]]:
    """Return the keywords that differ between two contracts, with the kinds of the objects that hold them."""
    old, new = ({(path, kind): value for path, kind, value in held(each)} for each in (before, after))
    differing = {
        each for each in old.keys() | new.keys() if each not in old or each not in new or old[each] != new[each]
    }
    return {(kind, path[-1]) for path, kind in differing}


def test_every_keyword_that_is_permitted_is_changed(contract: Document) -> None:
    changed = {each for change in PERMITTED for each in touched(change.before(contract), change.after(contract))}
    permitted = {
        (kind, word)
        for kind, words in KEYWORDS.items()
        for word, keyword in words.items()
        if keyword.holds not in FIXED
    }
    assert sorted(permitted - changed) == []
