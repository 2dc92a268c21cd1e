"""Generate the table of docs/comparison.md from the outcomes of the last run."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .jobs import JOBS

FOLDER = Path(__file__).parent
OUTCOMES = FOLDER / "outcomes.json"
PAGE = FOLDER.parent / "comparison.md"
CONTENDERS: Mapping[str, str] = {
    "ours": "supermetrics-query",
    "official": "official SDK, `supermetrics` 0.5.1",
    "by_hand": "by hand, httpx",
}
BLOCK = re.compile(r"(?<=<!-- written by make compare -->\n\n).*?(?=\n<!-- end -->)", re.DOTALL)
Outcomes = Mapping[str, Mapping[str, Mapping[str, Any]]]


def read() -> Outcomes:
    """Return the outcomes of the last run."""
    outcomes: Outcomes = json.loads(OUTCOMES.read_text())
    return outcomes


def with_table(page: str, outcomes: Outcomes) -> str:
    """Return the page with the table for these outcomes."""
    return BLOCK.sub(lambda _: table(outcomes), page)


def table(outcomes: Outcomes) -> str:
    """Return the outcomes as a Markdown table."""
    head = [("Job", *CONTENDERS.values()), ("---",) * (len(CONTENDERS) + 1)]
    rows = [(job.title, *(cell(outcomes[name][each]) for each in CONTENDERS)) for name, job in JOBS.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in (*head, *rows))


def cell(outcome: Mapping[str, Any]) -> str:
    """Return one cell, with the number of starts unless it is 1."""
    starts = outcome["starts"]
    counted = "" if starts == 1 else f"; the query was sent {starts} times"
    return f"{outcome['verdict']}{counted}".replace("|", "\\|")
