"""The pages are correct: examples run, the tests they name exist, links have a target."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from supermetrics_query import PollPolicy, Progress
from supermetrics_query._core.polling import gap
from supermetrics_query.emulator import Emulator, Plan, Source
from supermetrics_query.emulator.sources import DATE, INTEGER, Column
from supermetrics_query.testing import FakeClock

from tests.docs.pages import ROOT, Example, examples, links, pages, proofs
from tests.flows.scenarios import SCENARIOS

EXAMPLES = [example for path in pages() for example in examples(path)]
OVERLAY = ROOT / "overlays/supermetrics_query"

TODAY = date(2026, 11, 2)
SESSIONS = Source(
    (Column("date", DATE, is_metric=False), Column("sessions", INTEGER, is_metric=True)),
    [("2026-10-01", 120), ("2026-10-02", 95), ("2026-10-03", 143)],
    date="date",
)


def page(name: str) -> str:
    """Return the text of a page."""
    return (ROOT / f"docs/{name}.md").read_text()


def emulator(clock: FakeClock, plan: Mapping[str, Any] | None = None, faults: Sequence[str] = ()) -> Emulator:
    """Make the service that the examples of the pages use."""
    return Emulator(plan=Plan(**plan or {}), faults=faults, clock=clock, sources={"GAWA": SESSIONS}, today=TODAY)


@pytest.fixture
def service(example: Example, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve what an example expects, under the address in the environment."""
    with emulator(clock := FakeClock(), **example.service) as running:
        monkeypatch.setenv("SUPERMETRICS_API_KEY", running.key)
        monkeypatch.setenv("SUPERMETRICS_BASE_URL", running.url)
        monkeypatch.setattr("supermetrics_query._client.base.SystemClock", lambda: clock)
        yield


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
def test_an_example_does_what_the_page_says(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    assert example.run() == example.asserts, example.place
    assert example.prints in (None, capsys.readouterr().out), example.place


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
def test_an_example_asserts_something_or_shows_what_it_prints(example: Example) -> None:
    assert example.checks, example.place


def test_a_failing_example_names_its_page_and_line(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("# A page\n\n```python\nx = 1\nassert x == 2\n```\n")
    [example] = examples(path)
    with pytest.raises(AssertionError) as caught:
        example.run()
    assert (caught.traceback[-1].path, caught.traceback[-1].lineno) == (path, 4)  # counted from 0


def test_an_assert_that_is_not_reached_is_detected(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("```python\nassert True\nif False:\n    assert True\n```\n")
    [example] = examples(path)
    assert (example.run(), example.asserts) == ({2}, {2, 4})


def test_the_pages_that_teach_have_examples() -> None:
    usage = ("start", "one-query", "many-queries", "many-accounts", "queries", "tables")
    teaching = (*usage, "operations", "polling", "errors")
    assert {f"docs/{name}.md" for name in teaching} <= {str(example.path.relative_to(ROOT)) for example in EXAMPLES}


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_that_a_page_names_exists(path: Path) -> None:
    missing = [f"{file}::{name}" for file, name in proofs(path) if name not in names_in(ROOT / file)]
    assert not missing


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(path: Path) -> None:
    assert [link for link in links(path) if not (path.parent / link).exists()] == []


def test_every_pitfall_has_a_proof_or_a_reason() -> None:
    rows = re.findall(r"^\| (\d+) \|(.+)\|(.+)\|(.+)\|$", page("pitfalls"), re.MULTILINE)
    assert [int(row[0]) for row in rows] == list(range(1, 32))
    assert [row[0] for row in rows if "::" not in row[3] and not row[3].strip().startswith("Cannot happen: ")] == []


def test_every_guarantee_has_a_proof() -> None:
    rows = re.findall(r"^\| (\d+) \|.+\|.+\|(.+)\|$", page("guarantees"), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, len(rows) + 1))
    assert all("::test_" in proof for _, proof in rows)


def test_the_architecture_names_every_module_and_no_other() -> None:
    named = re.findall(r"^\| `([\w/]+)` \|", page("architecture"), re.MULTILINE)
    assert sorted(named) == sorted(modules())


def test_the_gaps_in_the_table_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (\d+) s \| (?:none|(\d+) of (\d+)) \| ([\d.]+) s", page("polling"), re.MULTILINE)
    assert len(rows) == 6
    for age, ready, total, seconds in rows:
        progress = Progress(int(ready), int(total)) if ready else None
        assert gap(PollPolicy(jitter=0), float(age), progress, lambda: 0.5) == pytest.approx(float(seconds))


def modules() -> Iterator[str]:
    """Name the modules and packages at the top of the overlay."""
    for path in OVERLAY.glob("*.py"):
        yield path.stem
    for path in OVERLAY.glob("*/__init__.py"):
        yield path.parent.name


def names_in(path: Path) -> set[str]:
    """Return the tests in a file, or the rules in the table of scenarios."""
    if not path.exists():
        return set()
    if path.stem == "scenarios":
        return {scenario.rule for scenario in SCENARIOS}
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
