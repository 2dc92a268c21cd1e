"""Make every change of the table and print what noticed it: `make contract-proof`, or CHANGE="two alternatives".

With words, only the changes whose names hold all of them are made.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count
from tempfile import TemporaryDirectory
from time import monotonic

from tests.contract.proof.edits import Notice
from tests.contract.proof.rows import Row, judged, scratch
from tests.contract.proof.table import TABLE
from tools import ROOT

WORKERS = min(cpu_count() or 1, 4)


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
    with (
        TemporaryDirectory(dir=ROOT / "build", prefix="proof-") as work,
        ProcessPoolExecutor(WORKERS, initializer=scratch, initargs=(work,)) as pool,
    ):
        waiting = [pool.submit(judged, work, *each) for each in chosen(words)]
        rows = []
        for each in waiting:
            rows.append(each.result())
            print(rows[-1], flush=True)
    print(summary(rows, monotonic() - began))
    return not all(row.is_proved for row in rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
