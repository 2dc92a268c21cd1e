"""What may stand in the contract is what is proved; everything else is refused with its place."""

import ast
from pathlib import Path

import pytest

from tests.contract.test_house_rules import nodes, responses
from tools.contract.document import Document
from tools.contract.permitted import KEYWORDS, NEEDS, PROOFS, SECTIONS
from tools.contract.redocly import installed
from tools.contract.reference import build
from tools.contract.refusals import refusals

JSON = {"application/json"}
EVERY_FORM = JSON | {
    *("text/csv", "text/tab-separated-values", "application/x-ndjson", "application/vnd.apache.parquet", "text/html")
}
# Where an answer that is no error is read, and as what: a download keeps what comes, all else reads JSON.
READ = {
    "get_query_status 200": JSON,
    "start_query 200": EVERY_FORM,
    "start_query 202": JSON,
    "get_query_results 200": EVERY_FORM,
    "get_query_history 200": JSON,
}


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("proof", sorted(PROOFS))
def test_every_proof_of_a_keyword_is_a_test(root: Path, proof: str) -> None:
    path, _, name = proof.partition("::")
    assert name in names_in(root / path)


def test_every_kind_that_needs_a_keyword_may_hold_it() -> None:
    assert [(kind, word) for kind, words in NEEDS.items() for word in words if word not in KEYWORDS[kind]] == []
    assert set(SECTIONS.values()) <= KEYWORDS["components"].keys()


def test_the_contract_holds_nothing_that_is_not_permitted(contract: Document) -> None:
    assert refusals(contract) == []


def test_every_media_type_stands_where_it_is_read(contract: Document) -> None:
    media_types = {
        f"{name} {status}": set(response["content"])
        for name, status, response in responses(contract)
        if status.startswith("2")
    }
    assert media_types == READ


def test_a_width_promises_no_more_than_its_bounds(contract: Document) -> None:
    widths = {"int32": 2**31 - 1, "int64": 2**63 - 1}
    beyond = [
        "/".join(path)
        for path, node in nodes(contract)
        if node.get("type") == "integer" and node.get("maximum", 0) > widths.get(str(node.get("format")), 2**63 - 1)
    ]
    assert beyond == []


@pytest.mark.skipif(not installed(), reason="Redocly is not installed: make contract")
def test_the_reference_shows_every_text(root: Path, contract: Document, tmp_path: Path) -> None:
    build(root / "openapi.yaml", tmp_path / "reference.html")
    page = tmp_path.joinpath("reference.html").read_text(encoding="utf-8")
    texts = {str(node[word]) for _, node in nodes(contract) for word in ("description", "summary") if word in node}
    first_lines = {text.splitlines()[0] for text in texts if not text.startswith("{")}
    assert sorted(line for line in first_lines if escaped(line) not in page) == []


def escaped(text: str) -> str:
    """Return a text as the page embeds it."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("`", "`")
