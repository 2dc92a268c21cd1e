"""Every member of every request, one at a time: what the contract allows passes, and what it does not allow is refused.

Each case changes one member of a request that succeeds, so nothing else can be the reason of a refusal.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen
from supermetrics_query.emulator import INSTANT, Emulator

from tests.emulator.helpers import Api, StandingClock, error_of
from tools.contract.document import Document, load, request_schemas
from tools.contract.limits import kinds_of, required_of

CONTRACT = load(Path(__file__).parents[2] / "openapi.yaml")
SCHEMAS: Mapping[str, Document] = request_schemas(CONTRACT)
VALID: Mapping[str, Mapping[str, object]] = {
    "DataQuery": {"ds_id": "WEATHER", "schedule_id": "valid", "fields": "date"},
    "QueryStatusRequest": {"schedule_id": "valid"},
    "QueryResultsRequest": {"schedule_id": "valid"},
    "QueryHistoryRequest": {},
}
PATHS = {
    "QueryStatusRequest": "/query/status",
    "QueryResultsRequest": "/query/results",
    "QueryHistoryRequest": "/query/history",
}
# One value of each kind that JSON has.
SAMPLES: Mapping[str, object] = {
    "string": "x",
    "integer": 7,
    "array": [],
    "object": {"id": "x"},
    "boolean": True,
    "number": 1.5,
    "null": None,
}


@frozen
class Case:
    """A value of a member, which is a path such as `fields[].id`."""

    request: str
    path: str
    why: str
    value: object

    @property
    def name(self) -> str:
        """The member of the request that the path begins with."""
        return self.path.partition(".")[0].removesuffix("[]")

    @property
    def changed(self) -> dict[str, object]:
        """The valid request with this value."""
        return {**VALID[self.request], **self.placed}

    @property
    def placed(self) -> dict[str, object]:
        """The member with this value in it."""
        outer, _, inner = self.path.partition(".")
        value = {inner: self.value} if inner else self.value
        return {self.name: [value] if outer.endswith("[]") else value}

    def __str__(self) -> str:
        return f"{self.request}.{self.path} {self.why}"


def text_of(length: int) -> str:
    return "x" * length


def at_the_limits(kind: str, limits: Mapping[str, Any], item: object) -> Iterator[tuple[str, object, object]]:
    """Yield each limit with the last value that it allows, and the first that it does not allow."""
    for word, limit in limits.items():
        match word:
            case "minimum":
                yield word, limit, limit - 1
            case "maximum":
                yield word, limit, limit + 1
            case "minLength":
                yield word, text_of(limit), text_of(limit - 1)
            case "maxLength":
                yield word, text_of(limit), text_of(limit + 1)
            case "maxItems":
                yield word, [item] * limit, [item] * (limit + 1)
            case "pattern":
                yield word, "x", "x y"
            case _:
                pytest.fail(f"{kind} {word}: say here what lies within it, and what beyond")


def members() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield each member of each request, with the kinds that it takes."""
    for request, schema in SCHEMAS.items():
        for path, kinds in kinds_of(CONTRACT, schema).items():
            yield request, path, kinds


def limit_cases() -> Iterator[tuple[Case, Case]]:
    """Yield for each limit a case within it and one beyond it."""
    for request, path, kinds in members():
        for kind, limits in kinds.items():
            for word, within, beyond in at_the_limits(kind, limits, "x"):
                why = f"{kind} {word}"
                yield Case(request, path, why, within), Case(request, path, why, beyond)


def wrong_kinds() -> Iterator[Case]:
    """Yield a value of each kind that a member does not take."""
    for request, path, kinds in members():
        for kind in SAMPLES.keys() - kinds.keys():
            yield Case(request, path, f"is {kind}", SAMPLES[kind])


def omissions() -> Iterator[Case]:
    """Yield an object without the member that it needs, for each member in a member that is needed."""
    for request, schema in SCHEMAS.items():
        for path in required_of(CONTRACT, schema):
            outer, dot, _ = path.rpartition(".")
            if dot:
                yield Case(request, outer, f"lacks {path}", {"beta": 1})


LIMITS = list(limit_cases())
BEYOND = [beyond for _, beyond in LIMITS] + sorted(wrong_kinds(), key=str) + list(omissions())
WITHIN = [within for within, _ in LIMITS]


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """A service that keeps the query of the valid requests."""
    with Emulator(plan=INSTANT, clock=StandingClock()) as service, Api(service) as api:
        assert api.http.post("/query/data/json", json=VALID["DataQuery"]).status_code == 200
        yield api


def answer(api: Api, request: str, sent: Mapping[str, object]) -> httpx.Response:
    if request == "DataQuery":
        return api.http.post("/query/data/json", json=sent)
    return api.http.get(PATHS[request], params={"json": json.dumps(sent)})


def is_about(response: httpx.Response, name: str) -> bool:
    """Return whether an answer refuses a request because of the kind or the limits of a member."""
    if response.status_code != 400 or error_of(response) != "BAD_REQUEST":
        return False
    return str(response.json()["error"]["description"]).startswith(f"{name} must be ")


@pytest.mark.parametrize("request_name", SCHEMAS)
def test_every_request_that_the_cases_change_succeeds(api: Api, request_name: str) -> None:
    assert answer(api, request_name, VALID[request_name]).status_code == 200


@pytest.mark.parametrize("case", BEYOND, ids=str)
def test_a_member_that_the_contract_does_not_allow_is_refused_by_its_name(api: Api, case: Case) -> None:
    response = answer(api, case.request, case.changed)
    assert is_about(response, case.name), response.text


@pytest.mark.parametrize("case", WITHIN, ids=str)
def test_a_member_at_its_limit_is_not_refused_for_it(api: Api, case: Case) -> None:
    response = answer(api, case.request, case.changed)
    assert response.status_code < 500
    assert not is_about(response, case.name), response.text


@pytest.mark.parametrize(
    "path", [(name, path) for name, schema in SCHEMAS.items() for path in required_of(CONTRACT, schema)]
)
def test_a_member_that_a_request_needs_is_missed_by_its_name(api: Api, path: tuple[str, str]) -> None:
    request, name = path
    if "." in name:  # among the cases above
        return
    response = answer(api, request, {each: value for each, value in VALID[request].items() if each != name})
    assert response.json()["error"] == {
        "code": "BAD_REQUEST",
        "message": "Bad request",
        "description": f"{name} is required.",
    }


def test_members_were_found_in_every_depth() -> None:
    assert {case.path for case in BEYOND} >= {"fields[].id", "ds_accounts.filter_id", "ds_segments[]", "status_codes[]"}
    assert {case.request for case in BEYOND} == set(VALID)
    assert len(LIMITS) > 40


PLAIN = [
    ({"offset_start": "1", "offset_end": "2"}, 200, ""),
    ({"offset_start": "1000001"}, 400, "offset_start must be a whole number from 0 to 1000000."),
    ({"offset_end": "\u0663"}, 400, "offset_end must be a whole number from 0 to 1000000."),
    ({"offset_end": "-1"}, 400, "offset_end must be a whole number from 0 to 1000000."),
]


@pytest.mark.parametrize(("offsets", "status", "description"), PLAIN)
def test_a_plain_parameter_is_a_number_where_the_contract_means_one(
    api: Api, offsets: dict[str, str], status: int, description: str
) -> None:
    response = api.http.get("/query/status", params={"schedule_id": "valid", **offsets})
    assert response.status_code == status
    if status == 200:
        assert len(response.json()["data"]) == 2
    else:
        assert response.json()["error"]["description"] == description


@pytest.mark.parametrize(("path", "name"), [("/query/results", "limit"), ("/query/history", "limit")])
def test_every_operation_takes_plain_numbers(api: Api, path: str, name: str) -> None:
    answers = [api.http.get(path, params={"schedule_id": "valid", name: value}) for value in ("1", "0")]
    assert [response.status_code for response in answers] == [200, 400]


def test_a_plain_parameter_is_text_where_the_contract_means_text(api: Api) -> None:
    api.start(schedule_id="7")
    assert api.http.get("/query/status", params={"schedule_id": "7"}).status_code == 200


FIELDS = (
    "fields must be a string of at most 1000 characters, "
    "or a list of at most 100 values, each a string of at most 100 characters, or an object with id."
)


@pytest.mark.parametrize(
    ("changed", "description"),
    [
        ({"ds_id": 7}, "ds_id must be a string of at most 50 characters."),
        ({"schedule_id": 7}, "schedule_id must be a string of at most 50 characters matching [A-Za-z0-9_-]{1,50}."),
        ({"settings": 7}, "settings must be an object."),
        ({"fields": 7}, FIELDS),
    ],
)
def test_a_refusal_says_what_the_contract_allows(api: Api, changed: dict[str, object], description: str) -> None:
    assert answer(api, "DataQuery", {**VALID["DataQuery"], **changed}).json()["error"]["description"] == description
