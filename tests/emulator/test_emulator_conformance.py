"""Every answer of the emulator conforms to the contract, for requests that are generated from the contract.

Two checks of schemathesis are left out: `positive_data_acceptance`, because a document cannot say which data sources,
fields and ids exist, and `unsupported_method`, because a route for GET also serves HEAD. `negative_data_rejection`
already accepts query parameters with unknown names. There are few random requests, because the tests of boundaries
visit every limit in turn.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import requests
import schemathesis
from attrs import evolve, frozen
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, CheckFunction, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from supermetrics_query.emulator import INSTANT, Emulator
from supermetrics_query.emulator.faults import PATHS
from supermetrics_query.emulator.problems import Family

from tests.contract.inventory import contract_inventory
from tests.emulator.helpers import StandingClock
from tools.contract.document import Document, load, operations, resolved

AnyCase: TypeAlias = Case[Any]
Endpoint: TypeAlias = APIOperation[Any, Any, Any, Any]
Checks: TypeAlias = tuple[CheckFunction, ...]
CONTRACT = load(Path(__file__).parents[2] / "openapi.yaml")
OPERATIONS = {operation.name: operation for operation in operations(CONTRACT)}
SHORT = {
    name: short for name, each in OPERATIONS.items() for short, path in PATHS.items() if each.path.startswith(path)
}
MEDIA_TYPES: dict[Family, str] = {"envelope": "application/json", "problem": "application/problem+json"}
ANSWERED = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NO_PROBES: Checks = (*ANSWERED, not_a_server_error, negative_data_rejection)
CHECKED: Checks = (*NO_PROBES, ignored_auth)  # the last one repeats every request without a key and with a wrong one
BOUNDED = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# The tests send the keys, so none are generated; `ignored_auth` removes them again.
CONFIG = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})

VALID, INVALID = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
FAILING = {"emulator": {"outcome": "FAILURE", "error": "QUERY_AUTH_UNAVAILABLE"}}
KNOWN = {
    "ds_id": ["WEATHER"],
    "schedule_id": ["new", "newer"],
    "ds_accounts": ["JFK", ["EWR", "LGA"], {"filter_id": "^[EJ]"}],
    "date_range_type": ["custom", "last_month"],
    "start_date": ["2013-01-01"],
    "end_date": ["2013-01-31"],
    "compare_type": ["none", "prev_range"],
    "fields": ["date,temp", ["airport", {"id": "humid"}]],
    "filter": ["temp > 50", "airport =~ ^J"],
    "order_rows": ["temp desc", ["date"]],
    "offset_start": [0, 2],
    "offset_end": [2, 9],
}


def with_known_values(contract: Document) -> Document:
    """Return the contract narrowed to the values that the service knows, so that generated queries succeed."""
    narrowed = deepcopy(contract)
    schemas = narrowed["components"]["schemas"]
    schemas["ScheduleId"] = {"enum": ["ended", "text", "keyed", "running", "failed"]}
    members = schemas["DataQuery"]["properties"]
    assert KNOWN.keys() <= members.keys()
    members |= {name: {"enum": values} for name, values in KNOWN.items()}
    schemas["QueryHistoryRequest"]["properties"] |= {name: {"enum": ["today", "now"]} for name in ("since", "until")}
    return narrowed


def loaded(document: Document) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_dict(document, config=CONFIG)


SCHEMA, KNOWING = loaded(CONTRACT), loaded(with_known_values(CONTRACT))


def operation_of(schema: schemathesis.BaseSchema, name: str) -> Endpoint:
    found = OPERATIONS[name]
    return schema[found.path][found.method]


def documented_headers(name: str, status: int) -> set[str]:
    response = resolved(CONTRACT, OPERATIONS[name].definition["responses"][str(status)])
    return {header.lower() for header in response["headers"]}


def asking(schedule_id: str) -> dict[str, str]:
    return {"json": json.dumps({"schedule_id": schedule_id})}


# What a request in order has; that of a GET is the id of a query.
STARTING = {"path_parameters": {"format": "json"}, "body": {"ds_id": "WEATHER"}, "media_type": "application/json"}
IN_ORDER: dict[str, dict[str, Any]] = {"start_query": STARTING}


@frozen
class Caller:
    """Sends requests to a service, and compares the answers with the contract."""

    service: Emulator
    session: requests.Session
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def start(self, schedule_id: str, format: str = "json", **members: Any) -> None:
        body = {"ds_id": "WEATHER", "fields": "date,temp", "schedule_id": schedule_id, "sync_timeout": 0, **members}
        url = f"{self.service.url}/query/data/{format}"
        assert self.session.post(url, json=body, headers=self.headers, timeout=30).status_code in {200, 202, 403}

    def conforming(self, case: AnyCase, checks: Checks = CHECKED) -> Response:
        """Send a generated request, assert every check, and return the answer."""
        url, session, headers = self.service.url, self.session, self.headers
        return case.call_and_validate(base_url=url, session=session, headers=headers, checks=[*checks])

    def answered(self, name: str, **changed: Any) -> Response:
        """Send a valid request with some changes, assert that the answer has all documented headers, and return it."""
        case = operation_of(SCHEMA, name).Case(**IN_ORDER.get(name, {"query": asking("ended")}) | changed)
        url, session, headers = self.service.url, self.session, self.headers
        response = case.call_and_validate(base_url=url, session=session, headers=headers, checks=ANSWERED)
        assert documented_headers(name, response.status_code) <= response.headers.keys()
        return response


@contextmanager
def called(**behaviour: Any) -> Iterator[Caller]:
    with Emulator(plan=INSTANT, clock=StandingClock(), **behaviour) as service, requests.Session() as session:
        session.trust_env = False
        yield Caller(service, session, service.key)


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A caller of a service that has a query in every state."""
    with called() as calls:
        calls.start("ended")
        calls.start("text", "csv")
        calls.start("keyed", "keyjson")
        calls.start("failed", settings=FAILING)
        calls.start("running", settings={"emulator": {"run_seconds": 60}})
        yield calls


def answers(caller: Caller, name: str, schema: schemathesis.BaseSchema, mode: GenerationMode) -> set[int]:
    """Return the statuses of the answers to a few random requests."""
    seen: set[int] = set()

    @BOUNDED
    @given(operation_of(schema, name).as_strategy(generation_mode=mode))
    def conform(case: AnyCase) -> None:
        seen.add(caller.conforming(case).status_code)

    conform()
    return seen


def boundaries(name: str, schema: schemathesis.BaseSchema, mode: GenerationMode) -> Iterator[AnyCase]:
    """Yield a request for every limit, just within it or just beyond it."""
    operation = operation_of(schema, name)
    config = schema.config.generation_for(operation=operation)
    return schema.iter_coverage_cases(operation, generation_modes=[mode], generation_config=config)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_to_a_random_request_that_is_not_valid_conforms(caller: Caller, name: str) -> None:
    assert 400 in answers(caller, name, SCHEMA, INVALID)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_to_a_request_for_what_exists_conforms(caller: Caller, name: str) -> None:
    assert 200 in answers(caller, name, KNOWING, VALID)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_request_just_within_a_limit_gets_a_conforming_answer(caller: Caller, name: str) -> None:
    assert 200 in {caller.conforming(case, NO_PROBES).status_code for case in boundaries(name, KNOWING, VALID)}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_to_a_request_just_beyond_a_limit_conforms(caller: Caller, name: str) -> None:
    """Which member a refusal is about is for test_emulator_members.py: here, others may not be valid either."""
    found = [caller.conforming(case) for case in boundaries(name, SCHEMA, INVALID)]
    wrong_methods = {405}  # methods that no operation has
    assert {response.status_code for response in found} - wrong_methods == {400}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b'{"ds_id": "WEATHER", "settings": {"a": NaN}}',
        b'{"ds_id": "WEATHER", "settings": {"a": -1e999}}',
        b'{"ds_id": "WEATHER", "settings": {"emulator": {"error_status": 99}}}',
        b'{"ds_id": "WEATHER", "filter": "airport =~ a{99999999999999999999}"}',
        b'{"ds_id": "WEATHER", "filter": "airport =~ [[a]"}',
        b'{"ds_id": "WEATHER", "ds_accounts": {"filter_name": "a{99999999999999999999}"}}',
    ],
)
def test_a_query_that_generators_do_not_produce_is_refused_as_documented(caller: Caller, body: bytes) -> None:
    assert caller.answered("start_query", body=body).status_code == 400


@pytest.mark.parametrize("format", ["pdf", "json/", "a/b", "a\nb", "json\n", "\0"])
def test_a_format_of_any_spelling_is_refused_as_documented(caller: Caller, format: str) -> None:
    assert caller.answered("start_query", path_parameters={"format": format}).status_code == 400


@pytest.mark.parametrize("family", MEDIA_TYPES)
@pytest.mark.parametrize("error", sorted(contract_inventory(CONTRACT).errors))
def test_every_documented_error_can_be_produced_in_both_families(caller: Caller, error: str, family: Family) -> None:
    name, status = error.split()
    caller.service.fault(f"{SHORT[name]}:{status},body={family},retry_after=1")
    response = caller.answered(name)
    assert (response.status_code, response.headers["content-type"]) == (int(status), [MEDIA_TYPES[family]])


def refusals(caller: Caller) -> Iterator[Response]:
    """Yield answers that refuse a request, each without a fault."""
    caller.start("failed", settings=FAILING)
    yield caller.answered("start_query", body={})
    yield caller.answered("get_query_status", query=asking("unknown"))
    yield caller.answered("get_query_results", query=asking("failed"))
    yield caller.answered("get_query_status", query=asking("failed"))
    yield evolve(caller, key="wrong").answered("get_query_history")
    yield caller.answered("get_query_history")


@pytest.mark.parametrize("family", MEDIA_TYPES)
def test_every_refusal_without_a_fault_conforms_in_both_families(family: Family) -> None:
    with called(errors=family, per_second=5) as caller:
        found = [(response.status_code, response.headers["content-type"]) for response in refusals(caller)]
    assert found == [(status, [MEDIA_TYPES[family]]) for status in (400, 404, 404, 403, 401, 429)]
