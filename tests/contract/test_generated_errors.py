"""The generated client reads an error in the family in which it is sent, and loses nothing of it."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from supermetrics_query.emulator import Emulator
from supermetrics_query.emulator.problems import Family
from supermetrics_query_api import AuthenticatedClient
from supermetrics_query_api.models import DataQuery, ErrorEnvelope, ErrorString, OutputFormat, ProblemDetails

from tests.contract.contract_examples import Example, complaints, examples
from tests.contract.inventory import documented_errors
from tools.contract.document import load

CONTRACT = load(Path(__file__).resolve().parents[2] / "openapi.yaml")
MODELS: dict[str, type[Any]] = {"envelope": ErrorEnvelope, "string": ErrorString, "problem": ProblemDetails}
JSON = {"json": "{}"}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "start_query": {"format_": OutputFormat.JSON, "body": DataQuery(ds_id="WEATHER")},
}
Call = Callable[[str, AuthenticatedClient], Any]


def module_of(operation: str) -> ModuleType:
    return import_module(f"supermetrics_query_api.api.queries.{operation}")


def directly(operation: str, client: AuthenticatedClient) -> Any:
    with client:
        return module_of(operation).sync_detailed(client=client, **ARGUMENTS.get(operation, JSON))


def in_a_loop(operation: str, client: AuthenticatedClient) -> Any:
    async def call() -> Any:
        async with client:
            return await module_of(operation).asyncio_detailed(client=client, **ARGUMENTS.get(operation, JSON))

    return asyncio.run(call())


@pytest.fixture(scope="module", params=[*MODELS])
def family(request: pytest.FixtureRequest) -> Family:
    chosen: Family = request.param
    return chosen


@pytest.fixture(scope="module")
def service(family: Family) -> Iterator[Emulator]:
    with Emulator(errors=family, per_second=1000) as running:
        yield running


@pytest.mark.parametrize("call", [directly, in_a_loop])
@pytest.mark.parametrize("error", [*documented_errors(CONTRACT)])
def test_an_error_is_read_in_its_own_family(service: Emulator, family: Family, call: Call, error: str) -> None:
    operation, status = error.split()
    service.fault(status)
    answer = call(operation, AuthenticatedClient(service.url, service.key))

    assert answer.status_code == int(status)
    parsed: Any = answer.parsed
    assert type(parsed) is MODELS[family]
    assert parsed.to_dict() == json.loads(answer.content)
    assert not parsed.additional_properties


def test_the_code_of_an_error_is_where_its_family_has_it(service: Emulator, family: Family) -> None:
    parsed = directly("get_query_status", AuthenticatedClient(service.url, "not-a-key")).parsed
    codes: dict[str, Callable[[], str]] = {
        "envelope": lambda: parsed.error.code,
        "string": lambda: parsed.error,
        "problem": lambda: parsed.type_.rpartition("/")[2].upper().replace("-", "_"),
    }

    assert codes[family]() == "API_KEY_INVALID"


ERRORS = [each for each in examples(CONTRACT) if re.match(r"\w+ [45]\d\d application/", each.where)]


@pytest.mark.parametrize("example", ERRORS, ids=lambda each: each.where)
def test_every_example_of_an_error_is_read_by_the_model_it_obeys(example: Example) -> None:
    operation, status, *_ = example.where.split()
    client = AuthenticatedClient("http://localhost", "key")
    read = vars(module_of(operation))["_parse_response"]
    parsed = read(client=client, response=httpx.Response(int(status), json=example.value))

    assert parsed.to_dict() == example.value
    assert complaints(CONTRACT, {"$ref": f"#/components/schemas/{type(parsed).__name__}"}, example.value) == []
    assert not parsed.additional_properties
