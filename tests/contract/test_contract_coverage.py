"""The client handles all that the contract promises; the tests name any addition that it does not handle."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
from supermetrics_query import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    QueryFailedError,
    RateLimitError,
    RetryPolicy,
    ServerError,
    UnprocessableError,
)
from supermetrics_query._contract.codes import BY_CODE, judge
from supermetrics_query._contract.status import ENDINGS
from supermetrics_query._models import KNOWN_CODES

from tests.contract.inventory import Inventory, contract_inventory, unhandled
from tests.support.answers import problem, status, success
from tests.support.scripted import ScriptedClient, Step, scripted_client
from tools.contract.document import Document, load, operations, resolved

CONTRACT = load(Path(__file__).resolve().parents[2] / "openapi.yaml")
ONCE = RetryPolicy(attempts=1)


def download(subject: ScriptedClient) -> object:
    """Wait for a query and read its rows as bytes."""
    return subject.call(subject.client.attach("night-1"), "download", "rows.csv")


# How each operation is reached, and what is answered before it is.
OPERATIONS: dict[str, tuple[Callable[[ScriptedClient], object], tuple[Step, ...]]] = {
    "get_query_status": (lambda subject: subject.call(subject.client, "status", "night-1"), ()),
    "start_query": (lambda subject: subject.start(), ()),
    "get_query_results": (download, (success(),)),
    "get_query_history": (lambda subject: subject.collect(subject.client, "history"), ()),
}

ERRORS: dict[str, type[ApiError]] = {
    "400": BadRequestError,
    "401": AuthenticationError,
    "403": PermissionDeniedError,
    "404": NotFoundError,
    "422": UnprocessableError,
    "429": RateLimitError,
    "500": ServerError,
}

HANDLED = Inventory(
    operations=frozenset(OPERATIONS),
    errors=frozenset(f"{operation} {error}" for operation in OPERATIONS for error in ERRORS),
    status_codes=frozenset(KNOWN_CODES),
    error_codes=frozenset(BY_CODE),
)


def test_nothing_that_the_contract_promises_is_unhandled() -> None:
    assert unhandled(contract_inventory(CONTRACT), HANDLED) == []


def test_what_is_added_to_the_contract_and_not_handled_is_named() -> None:
    changed: Document = deepcopy(CONTRACT)
    changed["components"]["schemas"]["StatusCode"]["enum"].append("MADE_UP")
    changed["components"]["schemas"]["ErrorCode"]["enum"].append("QUERY_MADE_UP")
    changed["paths"]["/query/status"]["get"]["responses"]["418"] = {"description": "A made-up error."}
    assert unhandled(contract_inventory(changed), HANDLED) == [
        "errors: get_query_status 418",
        "status_codes: MADE_UP",
        "error_codes: QUERY_MADE_UP",
    ]


def raised_by(subject: ScriptedClient, operation: str) -> ApiError:
    """Return what an operation raises, or its cause where the query itself has failed."""
    call, _ = OPERATIONS[operation]
    with pytest.raises((ApiError, QueryFailedError)) as caught:
        call(subject)
    error = caught.value.__cause__ if isinstance(caught.value, QueryFailedError) else caught.value
    assert isinstance(error, ApiError)
    return error


@pytest.mark.parametrize("name", sorted(contract_inventory(CONTRACT).errors))
def test_every_documented_error_becomes_its_exception(backend: str, name: str) -> None:
    operation, error_status = name.split()
    before = OPERATIONS[operation][1]
    # A status of 404 leads to a poll, which shows whether the query has expired.
    answers = (*before, problem(int(error_status), "another-thing"), *([success()] if before else []))
    error = raised_by(scripted_client(backend, *answers, retry=ONCE), operation)
    assert type(error) is ERRORS[error_status]
    assert error.status == int(error_status)


def examples() -> Iterator[Any]:
    """Yield every error example of the contract with the operation it belongs to."""
    for operation in operations(CONTRACT):
        for error_status, reference in operation.definition["responses"].items():
            response = resolved(CONTRACT, reference)
            for media_type, content in response.get("content", {}).items() if error_status[0] != "2" else ():
                for label, example in content.get("examples", {}).items():
                    value = resolved(CONTRACT, example)["value"]
                    yield pytest.param(
                        operation.name, int(error_status), media_type, value, id=f"{operation.name}-{label}"
                    )


@pytest.mark.parametrize(("operation", "http", "media_type", "value"), [*examples()])
def test_every_error_example_of_the_contract_keeps_what_it_says(
    operation: str, http: int, media_type: str, value: Document
) -> None:
    answer = httpx.Response(http, json=value, headers={"content-type": media_type})
    before = OPERATIONS[operation][1]
    error = raised_by(scripted_client("sync", *before, answer, *before, retry=ONCE), operation)
    said = value.get("error", value)
    said = said if isinstance(said, dict) else {"code": said, "message": value.get("message")}
    assert error.code == said.get("code")
    assert str(said.get("message", said.get("title"))) in str(error)


@pytest.mark.parametrize("code", sorted(contract_inventory(CONTRACT).error_codes))
def test_every_error_code_has_a_meaning_whatever_its_status(code: str) -> None:
    assert {judge(code, "about:blank", http) for http in (200, 400, 429, 500, 503)} == {BY_CODE[code]}


@pytest.mark.parametrize("code", sorted(contract_inventory(CONTRACT).status_codes))
def test_every_status_code_is_known_and_either_pending_or_an_end(code: str) -> None:
    subject = scripted_client("sync", status(code))
    seen = subject.call(subject.client, "status", "night-1")
    assert seen.is_known
    assert seen.is_terminal is (code in ENDINGS)
