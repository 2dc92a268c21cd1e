"""Additions to the contract are named until the client handles them."""

import pytest
from attrs import evolve

from tests.contract.inventory import Inventory, contract_inventory, unhandled
from tools.contract.document import Document


def test_every_operation_is_listed(contract: Document) -> None:
    assert {
        "get_query_status",
        "start_query",
        "get_query_results",
        "get_query_history",
    } <= contract_inventory(contract).operations


def test_an_error_is_listed_with_its_operation(contract: Document) -> None:
    errors = contract_inventory(contract).errors

    assert {"get_query_status 404", "start_query 422", "get_query_results 404"} <= errors
    assert not any(error.endswith((" 200", " 202")) for error in errors)


def test_every_code_is_listed(contract: Document) -> None:
    inventory = contract_inventory(contract)

    assert {"SCHEDULED", "STOPPED", "PROCESS_EXITED"} <= inventory.status_codes
    assert {"API_KEY_INVALID", "STATUS_NOT_FOUND", "SERVICE_UNAVAILABLE"} <= inventory.error_codes


def test_what_handles_everything_misses_nothing(contract: Document) -> None:
    inventory = contract_inventory(contract)

    assert unhandled(inventory, inventory) == []


def test_what_handles_more_than_is_promised_misses_nothing(contract: Document) -> None:
    inventory = contract_inventory(contract)
    more = evolve(inventory, status_codes=inventory.status_codes | {"MADE_UP"})

    assert unhandled(inventory, more) == []


def test_what_handles_nothing_misses_everything() -> None:
    promised = Inventory(frozenset({"b", "a"}), frozenset({"a 500"}), frozenset({"UP"}), frozenset({"DOWN"}))

    assert unhandled(promised, Inventory()) == [
        "operations: a",
        "operations: b",
        "errors: a 500",
        "status_codes: UP",
        "error_codes: DOWN",
    ]


@pytest.mark.parametrize(
    ("schema", "named"), [("StatusCode", "status_codes: MADE_UP"), ("ErrorCode", "error_codes: MADE_UP")]
)
def test_a_code_that_was_added_to_the_contract_is_named(document: Document, schema: str, named: str) -> None:
    handled = contract_inventory(document)
    document["components"]["schemas"][schema]["enum"].append("MADE_UP")

    assert unhandled(contract_inventory(document), handled) == [named]


def test_an_error_that_was_added_to_the_contract_is_named(document: Document) -> None:
    handled = contract_inventory(document)
    responses = document["paths"]["/query/results"]["get"]["responses"]
    responses["418"] = {"$ref": "#/components/responses/ResultsUnavailable"}

    assert unhandled(contract_inventory(document), handled) == ["errors: get_query_results 418"]


def test_an_operation_that_was_added_to_the_contract_is_named_with_its_errors(document: Document) -> None:
    handled = contract_inventory(document)
    responses = {"200": {"description": "Stopped."}, "404": {"$ref": "#/components/responses/StatusNotFound"}}
    document["paths"]["/query/made-up"] = {"post": {"operationId": "make_up_query", "responses": responses}}

    assert unhandled(contract_inventory(document), handled) == [
        "operations: make_up_query",
        "errors: make_up_query 404",
    ]
