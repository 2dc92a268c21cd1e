"""`python -m benchmarks full` measures, judges and keeps build/bench.json; `quick` is short and judges nothing."""

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import evolve

from benchmarks import table
from benchmarks.environment import clean
from benchmarks.plan import JOBS, TARGETS
from benchmarks.running import Outcome, outcomes
from benchmarks.service import ROOT

KEPT = ROOT / "build" / "bench.json"
PACKAGES = ("supermetrics-query", "supermetrics", "httpx", "httpcore", "msgspec", "anyio", "sniffio", "aiohttp")
LIST_VERSIONS = "import importlib.metadata as m; print(*(f'{each.name}=={each.version}' for each in m.distributions()))"


def main(arguments: Sequence[str]) -> int:
    """Measure, print, keep and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("mode", choices=["full", "quick"])
    parser.add_argument("--peer", default=sys.executable, help="the Python that has the others installed")
    options = parser.parse_args(arguments)
    quick = options.mode == "quick"
    versions = {**versions_of(options.peer), **versions_of(sys.executable)}
    measured = outcomes(JOBS, options.peer, quick=quick)
    return verdict(table.lines(TARGETS, measured), measured, quick=quick, versions=versions)


def versions_of(python: str) -> dict[str, str]:
    """Return which versions of the packages that matter are installed."""
    listed = subprocess.run(
        [python, "-c", LIST_VERSIONS], env=clean(), capture_output=True, text=True, check=True
    ).stdout
    installed = dict(each.split("==") for each in listed.split())
    return {name: installed[name] for name in PACKAGES if name in installed}


def verdict(
    lines: Sequence[table.Line],
    measured: Mapping[str, Outcome],
    *,
    quick: bool,
    versions: Mapping[str, str],
    kept: Path = KEPT,
) -> int:
    """Print the table, keep everything, and return the exit status."""
    judged = [evolve(line, held=None) for line in lines] if quick else lines
    print(table.rendered(judged))
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(document(judged, measured, quick=quick, versions=versions), indent=1) + "\n")
    if quick:
        print("quick: too short to judge by; the pauses between polls and the growth are left out")
        return 0
    missed = table.missed(judged)
    print(f"missed: {', '.join(missed)}" if missed else "every target is held")
    return 1 if missed else 0


def document(
    lines: Sequence[table.Line], measured: Mapping[str, Outcome], *, quick: bool, versions: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return all that was measured, and with which versions; nothing identifies the machine."""
    return {
        "mode": "quick" if quick else "full",
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "versions": versions,
        "table": table.as_json(lines),
        "jobs": [outcome.as_json() for outcome in measured.values()],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
