"""Break every rule of the modules below, one at a time, and run the tests that concern it.

`python -m tools.mutants` takes a quarter of an hour; with words, only modules that have one of them in their name.
"""

import ast
import pickle
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools import ROOT
from tools.mutants.collected import run_collected
from tools.mutants.rules import mutants_of
from tools.mutants.runs import CONTEXT, Subject, survivors, whole_run

EMULATOR = ("tests/emulator",)
INPUT = (
    *("tests/client/test_input.py", "tests/contract/test_queries.py", "tests/client/test_pitfalls.py"),
    *("tests/hostile/test_oddities.py", "tests/hostile/test_foreign_exceptions.py"),
)
SUBJECTS: Mapping[Sequence[str], Sequence[str]] = {
    EMULATOR: [
        f"emulator.{name}"
        for name in (
            *("validation", "selection", "dates", "problems", "faults", "injection"),
            *("operations", "behaviour", "formats", "keys", "runs"),
        )
    ],
    INPUT: ["_contract.validation", "_client.base", "_client.inputs", "_core.polling", "_core.retrying"],
}
PACKAGE = "supermetrics_query"


def subject_of(name: str) -> Subject:
    path = ROOT / "overlays" / PACKAGE / f"{name.replace('.', '/')}.py"
    tree = ast.parse(path.read_text())
    return Subject(f"{PACKAGE}.{name}", path, tree, list(mutants_of(tree)))


def main(words: Sequence[str]) -> None:
    import httpx, starlette, uvicorn, hypothesis, schemathesis, yaml, jsonschema_rs, anyio, trio, aiohttp, typer, rich, msgspec, requests, multiprocessing.popen_fork

    for tests, names in SUBJECTS.items():
        subjects = [subject_of(name) for name in names if not words or any(word in name for word in words)]
        if not subjects:
            continue
        t = time.time()
        out = Path(f"/tmp/h-tables/found")
        out.unlink(missing_ok=True)
        process = CONTEXT.Process(target=run_collected, args=(subjects, tests, out))
        process.start()
        process.join()
        found = pickle.loads(out.read_bytes())
        print(
            f"{sum(len(s.mutants) for s in subjects)} mutants, {len(found)} after the quick half, {time.time() - t:.0f} s",
            flush=True,
        )
        by = {s.module: s for s in subjects}
        n = 0
        for each in survivors([whole_run(by[m], by[m].mutants[i], tests) for m, i in found]):
            n += 1
            print(f"{each.subject.module}:{each.mutant.line}: {each.mutant}", flush=True)
        print(f"== {n} survive, {time.time() - t:.0f} s", flush=True)


main(sys.argv[1:])
