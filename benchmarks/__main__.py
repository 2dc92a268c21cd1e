"""`python -m benchmarks full` measures, judges and keeps build/bench.json; `quick` is short and judges nothing."""

import argparse
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from attrs import evolve

from benchmarks import table
from benchmarks.plan import JOBS, TARGETS
from benchmarks.running import Outcome, outcomes
from benchmarks.service import ROOT

KEPT = ROOT / "build" / "bench.json"
PACKAGES = ("supermetrics-query", "supermetrics", "httpx", "httpcore", "msgspec", "anyio", "sniffio", "aiohttp")


def main(arguments: Sequence[str]) -> int:
    """Measure, print, keep and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("mode", choices=["full", "quick"])
    quick = parser.parse_args(arguments).mode == "quick"
    versions = {name: version(name) for name in PACKAGES}
    measured = outcomes(JOBS, quick=quick)
    return verdict(table.lines(TARGETS, measured), measured, quick=quick, versions=versions)


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
        print("quick: too short to judge by; the pauses between looks and the growth are left out")
        return 0
    missed = table.missed(judged)
    print(f"missed: {', '.join(missed)}" if missed else "every target is held")
    return 1 if missed else 0


def document(
    lines: Sequence[table.Line], measured: Mapping[str, Outcome], *, quick: bool, versions: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return all that was measured, and with which versions; nothing of the machine."""
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
