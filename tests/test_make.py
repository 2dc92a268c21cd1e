"""The Makefile explains itself."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_make_alone_explains_every_target() -> None:
    explained = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S607
    targets = re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(targets) > 10
    unexplained = [target for target in targets if not re.search(rf"^  make {target} +\S", explained, re.MULTILINE)]
    assert unexplained == []


def test_ci_runs_make_check() -> None:
    assert "make check" in (ROOT / ".ci" / "run").read_text()
