"""Nothing that the contract declares is lost on the way to the generated functions, and no name is left out."""

import inspect

import attrs
import pytest
from supermetrics_query_api import models

from tests.contract.signatures import mismatches
from tools.contract.document import Document


def test_every_declared_parameter_reaches_the_generated_function(document: Document) -> None:
    assert list(mismatches(document)) == []


def test_a_parameter_that_was_not_generated_is_named(document: Document) -> None:
    status = document["paths"]["/query/status"]["get"]
    status["parameters"].append({"name": "made-up", "in": "query", "schema": {"type": "string"}})

    assert list(mismatches(document)) == ["get_query_status: made_up is declared and not generated"]


def test_a_parameter_of_a_path_is_a_parameter_of_its_operations(document: Document) -> None:
    document["paths"]["/query/status"]["parameters"] = [{"name": "made_up", "in": "query", "schema": {}}]

    assert list(mismatches(document)) == ["get_query_status: made_up is declared and not generated"]


def test_a_body_that_was_taken_out_of_the_contract_is_named(document: Document) -> None:
    del document["paths"]["/query/data/{format}"]["post"]["requestBody"]

    assert list(mismatches(document)) == ["start_query: body is generated and not declared"]


def test_an_operation_that_was_not_generated_is_named_by_its_parameters(document: Document) -> None:
    document["paths"]["/query/status"]["get"]["operationId"] = "make_up_query"

    assert list(mismatches(document)) == ["make_up_query: json is declared and not generated"]


@pytest.mark.parametrize("name", [each for each in models.__all__ if attrs.has(getattr(models, each))])
def test_a_model_takes_keyword_arguments_only_so_that_a_member_may_be_inserted(name: str) -> None:
    taken = inspect.signature(getattr(models, name)).parameters.values()

    assert {each.kind for each in taken} <= {inspect.Parameter.KEYWORD_ONLY}
