"""What is refused before anything is uploaded, and what the changelog must hold."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools.release.publish import check_changelog, check_new
from tools.release.pythons import named
from tools.release.steps import StepError, clean, run, step

LISTING = "supermetrics-query (0.2.0)\nAvailable versions: 0.2.0, 0.1.10\n"
NOTHING = "ERROR: No matching distribution found for supermetrics-query\n"


def test_a_version_is_published_once() -> None:
    check_new("0.1.1", LISTING, 0)
    check_new("0.1.0", NOTHING, 1)
    for version in ("0.2.0", "0.1.10"):
        with pytest.raises(StepError, match="published once"):
            check_new(version, LISTING, 0)


@pytest.mark.parametrize("listing", ["WARNING: Retrying (Retry(total=4))\n" + NOTHING, "ERROR: something else\n"])
def test_an_index_that_cannot_be_asked_does_not_count_as_one_without_the_version(listing: str) -> None:
    with pytest.raises(StepError, match="cannot be asked"):
        check_new("0.1.0", listing, 1)


DATED = "# Changelog\n\n## 0.1.0, 2026-12-01\n"


@pytest.mark.parametrize("text", ["## 0.1.0, not released\n", "## 0.1.00, 2026-12-01\n", ""])
def test_a_version_without_a_dated_section_is_not_published(text: str, tmp_path: Path) -> None:
    check_changelog(DATED, "0.1.0", tmp_path)
    with pytest.raises(StepError, match="has no line"):
        check_changelog(text, "0.1.0", tmp_path)


def test_a_version_is_not_published_while_a_fragment_waits(tmp_path: Path) -> None:
    (tmp_path / "+rows.fixed.md").touch()
    with pytest.raises(StepError, match=r"not in CHANGELOG.md yet: \+rows.fixed.md"):
        check_changelog(DATED, "0.1.0", tmp_path)


def test_every_fragment_is_of_a_kind_that_the_changelog_lists(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"]
    kinds = "|".join(each["directory"] for each in settings["type"])
    found = {path.name for path in (root / settings["directory"]).iterdir()}
    assert {name for name in found if not re.fullmatch(rf"(\d+|\+[a-z-]+)\.({kinds})\.md", name)} == {"README.md"}
    assert settings["start_string"] in (root / settings["filename"]).read_text(encoding="utf-8")


def test_the_oldest_python_that_is_promised_comes_first(root: Path) -> None:
    versions = named(root / "pyproject.toml")
    assert versions == sorted(versions, key=lambda each: int(each.partition(".")[2]))
    assert f'requires-python = ">={versions[0]}"' in (root / "pyproject.toml").read_text(encoding="utf-8")


def test_a_step_that_fails_ends_the_job_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, step("add it up"):
        run([sys.executable, "-c", "import sys; print('seven is missing'); sys.exit(3)"])
    assert ended.value.code == 1
    assert re.search(r"FAILED +add it up.*ended with 3.*seven is missing", capsys.readouterr().out, re.DOTALL)


def test_what_is_proved_does_not_see_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "overlays")
    monkeypatch.setenv("SUPERMETRICS_API_KEY", "fake_key")
    assert not {"PYTHONPATH", "SUPERMETRICS_API_KEY", "VIRTUAL_ENV"} & clean().keys()


def test_the_smoke_script_needs_nothing_but_the_package(root: Path) -> None:
    code = (root / "tools" / "release" / "smoke.py").read_text(encoding="utf-8")
    imported = set(re.findall(r"^(?:from|import) (\w+)", code, re.MULTILINE))
    assert imported - sys.stdlib_module_names == {"supermetrics_query", "supermetrics_query_api"}


def test_an_error_of_the_smoke_script_is_one_line(root: Path) -> None:
    script = "import smoke; smoke.expect(False, 'rows are lost')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root / "tools" / "release", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "smoke: rows are lost\n")
