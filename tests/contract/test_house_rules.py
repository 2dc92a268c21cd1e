"""How the contract is written, beyond what a validator checks."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.contract_examples import examples
from tools.contract.document import Document, operations, parameters, resolved

Path = tuple[str, ...]
COMMON = {"Access-Control-Allow-Origin"}
LIMITED = COMMON | {"X-RateLimit-Limit", "X-RateLimit-Remaining"}
# The errors that the contract knows, each with all of its headers.
ERROR_HEADERS = {
    "400": LIMITED,
    "401": LIMITED | {"WWW-Authenticate"},
    "403": LIMITED,
    "404": LIMITED,
    "422": LIMITED,
    "429": LIMITED | {"Retry-After"},
    "500": COMMON,
}


def nodes(node: Any, path: Path = ()) -> Iterator[tuple[Path, Document]]:
    """Yield every object of the document but its examples."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield path, node
    for key, child in children:
        if key not in {"example", "examples"}:
            yield from nodes(child, (*path, str(key)))


def responses(document: Document) -> Iterator[tuple[str, str, Document]]:
    for operation in operations(document):
        for status, response in operation.definition["responses"].items():
            yield operation.name, status, resolved(document, response)


def error_responses(document: Document) -> Iterator[tuple[str, str, Document]]:
    return (each for each in responses(document) if not each[1].startswith("2"))


def successes(document: Document) -> Iterator[tuple[str, str, Document]]:
    return (each for each in responses(document) if each[1].startswith("2"))


def is_named_schema(path: Path) -> bool:
    return path[:2] == ("components", "schemas") and len(path) == 3


def is_an_object(node: Document) -> bool:
    return node.get("type") == "object" or not node.keys().isdisjoint({"properties", "additionalProperties"})


def inline_objects(document: Document) -> list[str]:
    return ["/".join(path) for path, node in nodes(document) if is_an_object(node) and not is_named_schema(path)]


def test_the_document_is_plain_json(contract: Document) -> None:
    assert json.loads(json.dumps(contract)) == contract


def test_every_operation_is_called_verb_noun(contract: Document) -> None:
    names = [operation.name for operation in operations(contract)]

    assert [name for name in names if not re.fullmatch(r"(get|start)(_[a-z]+)+", name)] == []
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("member", ["summary", "description", "tags", "security"])
def test_every_operation_is_explained_and_protected(contract: Document, member: str) -> None:
    assert [each.name for each in operations(contract) if not each.definition.get(member)] == []


def test_every_operation_takes_a_bearer_token(contract: Document) -> None:
    schemes = {each.name: each.definition["security"] for each in operations(contract)}

    assert [name for name, scheme in schemes.items() if scheme != [{"bearer": []}]] == []


def test_every_tag_is_declared(contract: Document) -> None:
    declared = {tag["name"] for tag in contract["tags"]}

    assert {tag for each in operations(contract) for tag in each.definition["tags"]} == declared


def test_every_object_has_a_name(contract: Document) -> None:
    assert inline_objects(contract) == []


def test_an_object_without_a_name_is_found(document: Document) -> None:
    document["components"]["schemas"]["QueryMeta"]["properties"]["licence"] = {"type": "object"}

    assert inline_objects(document) == ["components/schemas/QueryMeta/properties/licence"]


def test_every_set_of_values_in_a_body_has_a_name(contract: Document) -> None:
    inline = [
        "/".join(path)
        for path, node in nodes(contract)
        if "enum" in node and not is_named_schema(path) and "headers" not in path
    ]
    assert inline == []


@pytest.mark.parametrize("section", ["schemas", "headers", "responses", "securitySchemes"])
def test_every_component_is_explained(contract: Document, section: str) -> None:
    components = contract["components"][section]

    assert [name for name, each in components.items() if not each.get("description")] == []


def test_every_parameter_is_explained(contract: Document) -> None:
    unexplained = [
        f"{operation.name} {parameter['name']}"
        for operation in operations(contract)
        for parameter in parameters(contract, operation)
        if not parameter.get("description")
    ]
    assert unexplained == []


def unexplained(document: Document) -> list[str]:
    """Name every member of an object that has no description, neither beside it nor at its reference."""
    return [
        f"{name}.{member}"
        for name, schema in document["components"]["schemas"].items()
        for member, each in schema.get("properties", {}).items()
        if not resolved(document, each).get("description")
    ]


def test_every_member_of_an_object_is_explained(contract: Document) -> None:
    assert unexplained(contract) == []


@pytest.mark.parametrize(
    ("schema", "member"), [("QueryMeta", "progress"), ("QueryProgress", "queries_total"), ("ProblemDetails", "type")]
)
def test_a_member_that_is_not_explained_is_found(document: Document, schema: str, member: str) -> None:
    del document["components"]["schemas"][schema]["properties"][member]["description"]

    assert unexplained(document) == [f"{schema}.{member}"]


def test_every_schema_is_called_in_one_way(contract: Document) -> None:
    names = contract["components"]["schemas"]

    assert [name for name in names if not re.fullmatch(r"([A-Z][a-z]+)+", name)] == []


def test_every_operation_answers_the_errors_that_every_call_can_get(contract: Document) -> None:
    for operation in operations(contract):
        assert {"400", "401", "403", "429", "500"} <= operation.definition["responses"].keys(), operation.name


def test_every_error_is_one_that_the_contract_knows(contract: Document) -> None:
    assert {status for _, status, _ in error_responses(contract)} == ERROR_HEADERS.keys()


def test_every_error_carries_its_headers(contract: Document) -> None:
    wrong = [
        f"{name} {status}"
        for name, status, response in error_responses(contract)
        if response.get("headers", {}).keys() != ERROR_HEADERS.get(status)
    ]
    assert wrong == []


def test_every_error_comes_in_every_family(contract: Document) -> None:
    families = {
        "application/problem+json": {"$ref": "#/components/schemas/ProblemDetails"},
        "application/json": {"$ref": "#/components/schemas/ErrorBody"},
    }
    wrong = [
        f"{name} {status}"
        for name, status, response in error_responses(contract)
        if {media_type: body["schema"] for media_type, body in response["content"].items()} != families
    ]
    assert wrong == []


def test_a_problem_names_the_status_it_is_sent_with(contract: Document) -> None:
    wrong = [
        example.where
        for example in examples(contract)
        if example.schema == {"$ref": "#/components/schemas/ProblemDetails"}
        if str(example.value["status"]) not in example.where.split()
    ]
    assert wrong == []


def test_every_success_carries_its_headers(contract: Document) -> None:
    wrong = [
        f"{name} {status}"
        for name, status, response in successes(contract)
        if response.get("headers", {}).keys() != LIMITED
    ]
    assert wrong == []


def test_json_stands_first_where_rows_come_in_many_forms(contract: Document) -> None:
    assert {next(iter(response["content"])) for _, _, response in successes(contract)} == {"application/json"}


def is_open(node: Document) -> bool:
    return any(choice.get("type") == "string" for choice in node["anyOf"])


def closed_uses(document: Document, name: str) -> list[str]:
    """Name the places where a set of codes is used without a string beside it."""
    reference = {"$ref": f"#/components/schemas/{name}"}
    opened = {path for path, node in nodes(document) if "anyOf" in node and is_open(node)}
    return ["/".join(path) for path, node in nodes(document) if node == reference and path[:-2] not in opened]


@pytest.mark.parametrize("name", ["StatusCode", "ErrorCode"])
def test_a_set_of_codes_is_open_in_an_answer_and_closed_in_a_request(contract: Document, name: str) -> None:
    wrong = [place for place in closed_uses(contract, name) if "Request/properties" not in place]

    assert wrong == []


def test_a_set_of_codes_that_was_closed_is_found(document: Document) -> None:
    del document["components"]["schemas"]["ErrorInfo"]["properties"]["code"]["anyOf"][1]

    assert closed_uses(document, "ErrorCode") == ["components/schemas/ErrorInfo/properties/code/anyOf/0"]


@pytest.mark.parametrize("name", ["StatusCode", "ErrorCode"])
def test_every_code_is_explained_and_no_other(contract: Document, name: str) -> None:
    schema = contract["components"]["schemas"][name]

    assert re.findall(r"^\| `(\w+)` \|", schema["description"], re.MULTILINE) == schema["enum"]
