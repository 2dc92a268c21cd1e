"""A row of the table: a change, and what noticed it first. Each process has a copy of the project to judge in."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from attrs import frozen

from tests.contract.proof.edits import Notice
from tests.contract.proof.noticing import Seen, at_once, in_code
from tests.contract.proof.scratch import Scratch, copy
from tests.contract.proof.table import TABLE
from tools import ROOT
from tools.contract.document import Document, load

# What may notice a change that belongs to a row: people who read the reference see a harmless one in `make diff`, too.
ENOUGH = {notice: {notice} for notice in Notice} | {Notice.HARMLESS: {Notice.HARMLESS, Notice.DIFF}}


@frozen
class Row:
    """A line of the table."""

    expected: Notice
    name: str
    seen: Seen

    @property
    def is_proved(self) -> bool:
        return self.seen.notice in ENOUGH[self.expected]

    def __str__(self) -> str:
        return (
            f"{'' if self.is_proved else 'NOT PROVED '}{self.seen.notice:8} {self.name}\n         {self.seen.message}"
        )


@cache
def contract() -> Document:
    return load(ROOT / "openapi.yaml")


@cache
def scratch(work: str) -> Scratch:
    """Return the copy of the project that belongs to this process."""
    return copy(Path(mkdtemp(dir=work)))


def judged(work: str, expected: Notice, name: str, index: int) -> Row:
    """Make a change, given by its place in the table, and return what noticed it first."""
    change = TABLE[expected][index]
    try:
        seen = at_once(contract(), change) or in_code(contract(), change) or scratch(work).judge(contract(), change)
    except Exception as error:  # noqa: BLE001 - an exception without a place is what must not happen
        return Row(expected, name, Seen(Notice.HARMLESS, f"{type(error).__name__}: {error}"))
    return Row(expected, name, seen or Seen(Notice.HARMLESS, change.why))
