"""docs/command-line.md is true: its lines run, its table is that of the code, its picture is drawn by the code."""

import re
from pathlib import Path

import pytest
from supermetrics_query.cli.app import COMMANDS
from supermetrics_query.cli.exits import MEANINGS
from supermetrics_query.emulator import Emulator, read_csv

from tests.cli.shell import shell
from tools.docs import progress_picture

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
SCRIPTS = [text for text in re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) if "emulate" not in text]
[QUERY] = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
URL = "https://api.supermetrics.com/enterprise/v2/query/data/json?ds_id=GAWA&fields=date,sessions\n"
SESSIONS = "date,sessions\n2026-10-01,120\n2026-10-02,95\n"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.splitlines()[0][:50])
def test_the_lines_of_the_page_run(supermetrics_emulator: Emulator, tmp_path: Path, script: str) -> None:
    (tmp_path / "sessions.csv").write_text(SESSIONS)
    (tmp_path / "query.yaml").write_text(QUERY)
    (tmp_path / "url.txt").write_text(URL)
    supermetrics_emulator.add_source("GAWA", read_csv(tmp_path / "sessions.csv"))
    done = shell(supermetrics_emulator, f"set -e\n{script}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Usage" not in done.stderr


def test_the_page_has_lines_to_run() -> None:
    assert len(SCRIPTS) == 5


def test_the_table_of_the_page_is_the_table_of_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert {int(code): meaning for code, meaning in rows} == MEANINGS


def test_the_page_names_every_command() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == {each.__name__ for each in COMMANDS}


def test_the_picture_is_what_the_code_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert progress_picture.PICTURE.read_text(encoding="utf-8") == progress_picture.drawn()
