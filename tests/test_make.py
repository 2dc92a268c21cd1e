"""The Makefile explains itself."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_make_alone_explains_every_target() -> None:
    explained = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S607
    targets = re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(targets) > 10
    unexplained = [target for target in targets if not re.search(rf"^  make {target} +\S", explained, re.MULTILINE)]
    assert unexplained == []


def test_ci_runs_make_check() -> None:
    assert "make check" in (ROOT / ".ci" / "run").read_text()


def planned(*arguments: str) -> list[str]:
    """Return the commands that make would run."""
    command = ["make", "--dry-run", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.parametrize("target", ["demo", "test", "test-contract"])
def test_what_takes_long_says_so_before_it_begins(target: str, tmp_path: Path) -> None:
    commands = planned(target, f"VENV={tmp_path / 'venv'}")
    assert re.search(r"Setting up .*: about \d+ s", commands[0])
    first = next(place for place, each in enumerate(commands) if re.search("-m pytest|supermetrics-query demo", each))
    assert re.search(r"Running .*: about \d+ (s|min)\b", commands[first - 1])


def test_clean_removes_every_environment() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert makefile.count("-m venv") == 1
    environments = {f".venv{name}" for name in ("", "-release", "-site", "-compare", "-bench", "-peer")}
    assert environments == {word for word in planned("clean", "VENV=.venv")[0].split() if word.startswith(".venv")}
