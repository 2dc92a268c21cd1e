"""Lowering touches parameters that are declared by content, open objects that are sent, and errors in two families."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tools.contract.document import Document, operations, parameters
from tools.contract.lowering import lower

MISSING = object()
JSON = ("application/json", "application/problem+json")
ENVELOPE, STRING, PROBLEM = (
    {"$ref": f"#/components/schemas/{name}"} for name in ("ErrorEnvelope", "ErrorString", "ProblemDetails")
)
SETTINGS = ("components", "schemas", "DataQuery", "properties", "settings")


def paths_that_differ(one: Any, other: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the deepest paths at which two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from paths_that_differ(one.get(key, MISSING), other.get(key, MISSING), (*path, str(key)))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from paths_that_differ(*pair, (*path, str(index)))
    elif one != other:
        yield path


def content_parameters(document: Document) -> set[tuple[str, ...]]:
    return {
        ("paths", operation.path, operation.method, "parameters", str(index))
        for operation in operations(document)
        for index, parameter in enumerate(operation.definition.get("parameters", []))
        if "content" in parameter
    }


def errors_in_two_families(document: Document) -> set[tuple[str, ...]]:
    responses = document["components"]["responses"].items()
    return {("components", "responses", name, "content") for name, each in responses if len(each["content"]) > 1}


def changes(document: Document) -> set[tuple[str, ...]]:
    """Return the places that lowering changes: of an error in two families the body, of anything else the member."""
    errors = errors_in_two_families(document)
    return {path[:4] if path[:4] in errors else path[:-1] for path in paths_that_differ(document, lower(document))}


def test_only_what_the_generator_does_not_understand_is_changed(document: Document) -> None:
    assert changes(document) == {*content_parameters(document), *errors_in_two_families(document), SETTINGS}


def test_only_the_way_they_are_declared_is_changed(document: Document) -> None:
    parts = {path[-1] for path in paths_that_differ(document, lower(document))}

    assert parts == {"content", "schema", "$ref", "anyOf", "description", "application/json", "examples"}


def test_an_open_object_that_is_sent_may_be_any_mapping(document: Document) -> None:
    settings = lower(document)["components"]["schemas"]["DataQuery"]["properties"]["settings"]
    schema = document["components"]["schemas"]["QuerySettings"]

    assert settings == {
        "description": schema["description"],
        "anyOf": [{"$ref": "#/components/schemas/QuerySettings"}, {}],
    }


def test_an_object_with_members_of_its_own_keeps_its_class(document: Document) -> None:
    document["components"]["schemas"]["QuerySettings"]["properties"] = {"no_headers": {"type": "boolean"}}

    assert lower(document)["components"]["schemas"] == document["components"]["schemas"]


def test_a_lowered_parameter_is_a_string_that_keeps_what_it_holds(document: Document) -> None:
    (parameter,) = lower(document)["paths"]["/query/status"]["get"]["parameters"]

    assert parameter["schema"] == {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": "#/components/schemas/QueryStatusRequest"},
    }


@pytest.mark.parametrize("order", [JSON, JSON[::-1]])
def test_an_error_in_two_families_is_a_choice_that_ends_with_the_one_that_fits_all(
    document: Document, order: tuple[str, ...]
) -> None:
    response = document["components"]["responses"]["Forbidden"]
    response["content"] = {form: response["content"][form] for form in order}
    document["paths"]["/query/status"]["get"]["responses"]["418"] = response
    lowered = lower(document)

    for place in (
        lowered["components"]["responses"]["Forbidden"],
        lowered["paths"]["/query/status"]["get"]["responses"]["418"],
    ):
        ((_, content),) = place["content"].items()
        assert content == {"schema": {"anyOf": [ENVELOPE, STRING, PROBLEM]}}


def test_other_media_types_of_a_response_are_kept(document: Document) -> None:
    response = document["components"]["responses"]["Forbidden"]
    response["content"]["text/html"] = {"schema": {"type": "string"}}
    lowered = lower(document)["components"]["responses"]["Forbidden"]["content"]

    assert [*lowered] == ["application/problem+json", "text/html"]


def test_no_parameter_declared_by_content_is_left(document: Document) -> None:
    shared = document["paths"]["/query/status"]["get"]["parameters"].pop()
    document["components"]["parameters"] = {"Json": shared}
    document["paths"]["/query/status"]["parameters"] = [{"$ref": "#/components/parameters/Json"}]
    lowered = lower(document)

    left = [
        each["name"]
        for operation in operations(lowered)
        for each in parameters(lowered, operation)
        if "content" in each
    ]
    assert left == []


def test_the_source_document_is_not_changed(document: Document) -> None:
    before = deepcopy(document)
    lower(document)

    assert document == before


def test_lowering_twice_is_lowering_once(document: Document) -> None:
    once = lower(document)

    assert lower(once) == once
