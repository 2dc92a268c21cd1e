"""The generated limits are those of the contract, no more and no fewer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from supermetrics_query_api.limits import LIMITS, REQUIRED

from tools.contract.document import SCHEMAS, Document, request_schemas
from tools.contract.limits import LIMITS as WORDS
from tools.contract.limits import limits


def limits_in(node: object) -> Iterator[tuple[str, object]]:
    """Find every limit in a schema, at any depth."""
    if isinstance(node, dict):
        yield from ((key, value) for key, value in node.items() if key in WORDS and not isinstance(value, dict))
        for child in node.values():
            yield from limits_in(child)
    if isinstance(node, list):
        for child in node:
            yield from limits_in(child)


def inlined(document: Document, node: object) -> object:
    """Replace references by what they refer to."""
    if isinstance(node, dict) and "$ref" in node:
        return inlined(document, document["components"]["schemas"][node["$ref"].removeprefix(SCHEMAS)])
    if isinstance(node, dict):
        return {key: inlined(document, value) for key, value in node.items()}
    return [inlined(document, value) for value in node] if isinstance(node, list) else node


def test_everything_that_is_sent_has_limits(contract: Document) -> None:
    assert list(LIMITS) == list(request_schemas(contract)) == list(REQUIRED)
    assert {"DataQuery", "QueryStatusRequest", "QueryResultsRequest", "QueryHistoryRequest"} <= set(LIMITS)


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_of_the_contract_is_there_and_no_other(contract: Document, name: str) -> None:
    expected = sorted(map(str, limits_in(inlined(contract, contract["components"]["schemas"][name]))))
    kinds = [limit for member in LIMITS[name].values() for limit in member.values()]

    assert sorted(str(pair) for limit in kinds for pair in limit.items()) == expected


def test_every_pattern_is_about_the_whole_text() -> None:
    patterns = {str(limit) for word, limit in limits_in(LIMITS) if word == "pattern"}

    assert patterns
    assert all(pattern.startswith("^") and pattern.endswith("$") for pattern in patterns)


def test_members_are_found_by_their_path() -> None:
    assert LIMITS["DataQuery"]["fields"] == {"string": {"maxLength": 1000}, "array": {"maxItems": 100}}
    assert LIMITS["DataQuery"]["fields[].id"] == {"string": {"maxLength": 100}}
    assert LIMITS["DataQuery"]["start_date"] == {"date": {}, "string": {"maxLength": 100}}
    assert REQUIRED["DataQuery"] == ["ds_id", "fields[].id"]


def test_a_kind_that_is_named_twice_has_no_limits_to_rely_on(document: Document) -> None:
    member = document["components"]["schemas"]["DataQuery"]["properties"]["ds_id"]
    del member["type"], member["maxLength"]
    member["anyOf"] = [{"type": "string", "maxLength": 3}, {"type": "string", "pattern": "^x"}]

    assert '"ds_id": {"string": {}},' in limits(document)


def test_the_limits_can_be_read_without_any_other_package(root: Path) -> None:
    source = (root / "generated/supermetrics_query_api/limits.py").read_text()

    assert "import" not in source
    assert source.splitlines()[0].endswith('Written by `make generate`."""')
