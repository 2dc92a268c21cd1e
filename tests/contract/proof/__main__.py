"""Make every change of the table and print what noticed it: `make contract-proof`, or with words of the names to try."""

import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from time import monotonic

from attrs import frozen

from tests.contract.proof.edits import Notice
from tests.contract.proof.noticing import Seen, at_once, in_code
from tests.contract.proof.scratch import Scratch, copy
from tests.contract.proof.table import TABLE
from tools import ROOT
from tools.contract.document import Document, load

WORKERS = min(cpu_count() or 1, 4)
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


def pool_of(work: str) -> ProcessPoolExecutor:
    """Return processes that copy the project before they begin."""
    return ProcessPoolExecutor(WORKERS, get_context("spawn"), scratch, (work,))


def judged(work: str, expected: Notice, name: str, index: int) -> Row:
    """Make a change, given by its place in the table, and return what noticed it first."""
    change = TABLE[expected][index]
    try:
        seen = at_once(contract(), change) or in_code(contract(), change) or scratch(work).judge(contract(), change)
    except Exception as error:  # noqa: BLE001 - an exception without a place is what must not happen
        return Row(expected, name, Seen(Notice.HARMLESS, f"{type(error).__name__}: {error}"))
    return Row(expected, name, seen or Seen(Notice.HARMLESS, change.why))


def chosen(words: list[str]) -> Iterator[tuple[Notice, str, int]]:
    for notice, changes in TABLE.items():
        for index, change in enumerate(changes):
            if all(word in change.name for word in words):
                yield notice, change.name, index


def summary(rows: list[Row], seconds: float) -> str:
    counts = Counter(row.seen.notice for row in rows)
    noticed = ", ".join(f"{counts[notice]} {notice}" for notice in Notice if counts[notice])
    silent = sum(not row.is_proved for row in rows)
    return f"{len(rows)} changes in {seconds:.0f} s: {noticed}; {silent} not proved"


def main(words: list[str]) -> int:
    began = monotonic()
    (ROOT / "build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=ROOT / "build", prefix="proof-") as work, pool_of(work) as pool:
        waiting = [pool.submit(judged, work, *each) for each in chosen(words)]
        rows = []
        for each in waiting:
            rows.append(each.result())
            print(rows[-1], flush=True)
    print(summary(rows, monotonic() - began))
    return not all(row.is_proved for row in rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
