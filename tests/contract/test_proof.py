"""Changes of the contract are noticed. `make contract-proof` makes all of them; here are those that take no time."""

from collections.abc import Iterator

import pytest

from tests.contract.proof.edits import Change, Notice
from tests.contract.proof.noticing import at_once, in_code
from tests.contract.proof.table import TABLE
from tests.contract.test_lowering import paths_that_differ
from tools.contract.document import Document
from tools.contract.permitted import KEYWORDS
from tools.contract.refusals import Steps, kinds, refusals

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


def touched(before: Document, after: Document) -> Iterator[tuple[str, str]]:
    """Yield the keywords that differ between two contracts, with the kinds of the objects that hold them."""
    places = kinds(before) | kinds(after)
    for path in paths_that_differ(before, after):
        inside = [(steps, kind) for steps, kind in places if steps[: len(path)] == path]
        holder = longest({steps for steps, _ in places if steps == path[: len(steps)]})
        yield from ((kind, word) for _, kind in inside for word in KEYWORDS[kind])
        yield from ((kind, path[len(holder)]) for steps, kind in places if steps == holder if len(path) > len(holder))


def longest(places: set[Steps]) -> Steps:
    return max(places, key=len)


def test_every_keyword_that_is_permitted_is_changed(contract: Document) -> None:
    changed = {each for change in PERMITTED for each in touched(change.before(contract), change.after(contract))}
    permitted = {(kind, word) for kind, words in KEYWORDS.items() for word in words}
    assert sorted(permitted - changed) == []
