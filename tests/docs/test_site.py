"""The site: every page is in the menu, and excerpts of files match the files."""

import re
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT

DOCS = ROOT / "docs"
FROM_THE_ROOT = {"changes.md", "contributing.md"}  # tools/docs/site_hooks.py
PART = re.compile(r"^<!-- from: (?P<file>\S+) -->\n```py\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)
GUIDES = [DOCS / f"{name}.md" for name in ("service", "nightly", "comparison")]


def menu(node: Any) -> list[str]:
    """Return the pages of a menu in their order."""
    if isinstance(node, str):
        return [node]
    children = node.values() if isinstance(node, dict) else node
    return [page for child in children for page in menu(child)]


def settings() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    return loaded


def test_every_page_is_in_the_menu() -> None:
    written = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}
    decisions = {page for page in written if re.fullmatch(r"decisions/\d{4}-.*", page)}
    assert set(menu(settings()["nav"])) == (written - decisions) | FROM_THE_ROOT


def test_no_page_is_in_the_menu_twice() -> None:
    pages = menu(settings()["nav"])
    assert len(pages) == len(set(pages))


def test_every_decision_is_in_the_index_under_its_title() -> None:
    decisions = sorted(DOCS.glob("decisions/0*.md"))
    titles = [path.read_text().splitlines()[0] for path in decisions]
    expected = [(re.sub(r"^# \d+\. ", "", title), path.name) for title, path in zip(titles, decisions, strict=True)]
    assert re.findall(r"^1\. \[(.*)\]\((.*)\)$", (DOCS / "decisions/index.md").read_text(), re.MULTILINE) == expected


def parts(page: Path) -> list[tuple[str, str]]:
    """Return the excerpts of a page, each with its file."""
    return [(found["file"], found["code"]) for found in PART.finditer(page.read_text())]


def stands_in(file: Path, code: str) -> bool:
    """Return whether a file holds this code at any indentation."""
    text = file.read_text()
    return any(f"\n{indent(code, ' ' * depth)}" in text for depth in (0, 4, 8))


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_a_guide_shows_what_stands_in_the_example(page: Path) -> None:
    shown = parts(page)
    assert len(shown) == page.read_text().count("```py\n") > 0
    assert [code for file, code in shown if not stands_in(ROOT / file, code)] == []


def test_a_part_that_has_changed_is_detected(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- from: mkdocs.yml -->\n```py\nsite_name: another\n```\n")
    [(file, code)] = parts(page)
    assert not stands_in(ROOT / file, code)


@pytest.mark.parametrize("picture", sorted(DOCS.glob("pictures/*.svg")), ids=lambda picture: picture.name)
def test_a_picture_is_shown_by_a_page_and_fetches_nothing(picture: Path) -> None:
    shown = [page for page in DOCS.glob("*.md") if f"](pictures/{picture.name})" in page.read_text()]
    assert shown
    assert picture.read_text().replace("http://www.w3.org/2000/svg", "").count("://") == 0
