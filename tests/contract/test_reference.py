"""The reference is one page that shows every operation without a network."""

import re
from pathlib import Path

import pytest

from tests.contract.browser import CHROMIUM, visible_text
from tools.contract.document import Document, operations
from tools.contract.redocly import installed
from tools.contract.reference import POLICY, build

pytestmark = pytest.mark.skipif(not installed(), reason="Redocly is not installed: make contract")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")


@pytest.fixture(scope="module")
def page(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("reference") / "reference.html"
    build(root / "openapi.yaml", output)
    return output


def test_the_page_fetches_nothing(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert f'content="{POLICY}"' in text
    assert re.findall(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=", text) == []


@needs_chromium
def test_the_page_shows_every_operation(page: Path, contract: Document, tmp_path: Path) -> None:
    # The page renders what is below its start only on scrolling; this address renders every operation.
    text = visible_text(f"{page.as_uri()}#/queries", tmp_path, "QueryStatusRequest")

    assert [each.name for each in operations(contract) if each.definition["summary"] not in text] == []
    assert [each.name for each in operations(contract) if f"{each.method} {each.path}" not in text.lower()] == []
    assert "QueryStatusRequest" in text
