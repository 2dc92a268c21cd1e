"""The tests on the pages pass: they are written into files under the names in the page, and run by pytest."""

import json
import re
from pathlib import Path

import httpx
import pytest
from supermetrics_query.emulator import Emulator

from tests.docs.pages import ROOT
from tests.support.inner import run_pytest

FILE = re.compile(r"^`(?P<name>\w+\.py)`[^\n]*:\n\n```py\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^(GET|POST|DELETE) +(/_emulator/\w+)(?: +(\{.*\}))?$", re.MULTILINE)
PAGES = ("README.md", "docs/testing.md")


def written(page: Path, folder: Path) -> int:
    """Write the files of a page and return how many tests they hold."""
    text = page.read_text()
    files = list(FILE.finditer(text))
    assert len(files) == text.count("```py\n"), f"a block of {page} has no name"
    for file in files:
        (folder / file["name"]).write_text(file["code"])
    return sum(len(re.findall(r"^def test_", file["code"], re.MULTILINE)) for file in files)


@pytest.mark.parametrize("name", PAGES)
def test_the_tests_of_a_page_pass(name: str, tmp_path: Path) -> None:
    expected = written(ROOT / name, tmp_path)
    ended = run_pytest(tmp_path)
    assert expected > 0
    assert (ended.exit_code, ended.count("passed")) == (0, expected), ended.output


def test_a_test_that_fails_is_detected(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`test_it.py`:\n\n```py\ndef test_it():\n    assert False\n```\n")
    assert written(page, tmp_path) == 1
    assert run_pytest(tmp_path).count("failed") == 1


def test_every_command_of_the_page_is_taken() -> None:
    commands = COMMAND.findall((ROOT / "docs/testing.md").read_text())
    with Emulator() as service, httpx.Client(base_url=service.origin, trust_env=False) as http:
        codes = [
            http.request(method, path, json=json.loads(body) if body else None).status_code
            for method, path, body in commands
        ]
    assert codes == [200] * 8
