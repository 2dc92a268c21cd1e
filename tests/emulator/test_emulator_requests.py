import json

import httpx
import pytest
from supermetrics_query.emulator import Emulator
from supermetrics_query.emulator.problems import Family

from tests.emulator.helpers import NO_TLS, Api, error_of


def test_a_request_without_a_key_is_refused(service: Emulator) -> None:
    answer = httpx.get(service.url + "/query/status", params={"schedule_id": "q"})
    assert (answer.status_code, error_of(answer)) == (401, "API_KEY_REQUIRED")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_unknown_key_is_refused(service: Emulator) -> None:
    with Api(service, "api_unknown") as other:
        answer = other.start()
    assert (answer.status_code, error_of(answer)) == (401, "API_KEY_INVALID")


def test_both_bases_lead_to_the_same_service(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q")
    answer = api.http.get(service.origin + "/v2/query/status", params={"schedule_id": "q"})
    assert answer.json()["meta"]["schedule_id"] == "q"


@pytest.mark.parametrize(
    ("family", "media_type"),
    [
        ("envelope", "application/json"),
        ("problem", "application/problem+json"),
        ("string", "application/json"),
    ],
)
def test_errors_come_in_the_chosen_family(family: Family, media_type: str) -> None:
    with Emulator(errors=family) as service, Api(service) as api:
        answer = api.poll("never")
    body = answer.json()
    assert answer.headers["Content-Type"] == media_type
    codes = {
        "envelope": lambda: body["error"]["code"],
        "problem": lambda: body["type"].rpartition("/")[2].upper().replace("-", "_"),
        "string": lambda: body["error"],
    }
    assert codes[family]() == "STATUS_NOT_FOUND"


def test_every_answer_carries_the_documented_headers(api: Api) -> None:
    for answer in (api.start(), api.poll("never")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert int(answer.headers["X-RateLimit-Remaining"]) <= int(answer.headers["X-RateLimit-Limit"])


BROKEN_QUERIES: list[dict[str, object]] = [
    {"ds_id": "UNKNOWN"},
    {"ds_id": None},
    {"ds_id": ["WEATHER"]},
    {"schedule_id": ""},
    {"schedule_id": "a b"},
    {"schedule_id": "x" * 51},
    {"fields": "date,unknown"},
    {"fields": [{"name": "date"}]},
    {"fields": ["date"] * 101},
    {"ds_accounts": "EWR,XXX"},
    {"ds_accounts": ["EWR"] * 101},
    {"settings": "none"},
    {"settings": {"emulator": "none"}},
    {"settings": {"emulator": []}},
    {"settings": {"emulator": {"run_seconds": -1}}},
    {"settings": {"emulator": {"run_seconds": True}}},
    {"settings": {"emulator": {"parts": 1.5}}},
    {"settings": {"emulator": {"error_status": 600}}},
    {"settings": {"emulator": {"outcome": 7}}},
    {"settings": {"emulator": {"unknown": 1}}},
    {"start_date": "2013-02-30"},
    {"offset_start": -1},
    {"offset_start": 1_000_001},
    {"offset_start": True},
    {"offset_start": 5, "offset_end": 4},
    {"max_rows": 0},
    {"sync_timeout": 3601},
    {"cache_minutes": "1"},
]


@pytest.mark.parametrize("broken", BROKEN_QUERIES, ids=lambda query: json.dumps(query)[:40])
def test_a_query_that_breaks_a_limit_is_refused(api: Api, broken: dict[str, object]) -> None:
    answer = api.start(**broken)
    assert answer.status_code == 400
    assert error_of(answer) in {"BAD_REQUEST", "ACCOUNT_ID_INVALID"}


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "{}", "[" * 5000, "\xff", '{"a": ' + "9" * 5000 + "}"])
def test_a_body_that_is_not_a_query_is_refused(api: Api, body: str) -> None:
    answer = api.http.post("/query/data/json", content=body.encode("latin-1"))
    assert (answer.status_code, error_of(answer)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999"])
def test_a_number_that_json_does_not_have_is_refused(api: Api, number: str) -> None:
    bodies = [f'{{"ds_id": "WEATHER", "sync_timeout": 0, "settings": {{"a": {each}}}}}' for each in ("1e3", number)]
    answers = [api.http.post("/query/data/json", content=body) for body in bodies]
    assert [answer.status_code for answer in answers] == [202, 400]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"json": ""},
        {"json": "[]"},
        {"json": '{"schedule_id": 7}'},
        {"json": '{"schedule_id": "q", "offset_end": "9"}'},
        {"schedule_id": "q", "offset_end": "many"},
        {"schedule_id": "q", "offset_end": "9" * 5000},
    ],
)
def test_a_status_request_that_breaks_a_limit_is_refused(api: Api, params: dict[str, str]) -> None:
    answer = api.http.get("/query/status", params=params)
    assert (answer.status_code, error_of(answer)) == (400, "BAD_REQUEST")


def test_unknown_members_are_tolerated(api: Api) -> None:
    assert api.start(system="tests").status_code == 202


def test_unknown_formats_paths_and_methods_are_refused(api: Api) -> None:
    assert api.start(format="xml").status_code == 400
    assert api.http.get("/query/nothing").status_code == 404
    assert api.http.delete("/query/status").status_code == 405


def test_the_request_log_holds_every_request(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q")
    service.advance(7)
    api.poll("q", offset_end=9)
    started, polled = service.requests
    assert (started.method, started.path, started.schedule_id) == ("POST", "/query/data/json", "q")
    assert (polled.method, polled.path, polled.at) == ("GET", "/query/status", 7)
    assert polled.params == {"schedule_id": "q", "offset_end": 9}


def test_the_request_log_holds_no_key(service: Emulator, api: Api) -> None:
    api.start()
    assert service.key not in repr(service.requests)


QUERY = {"ds_id": "WEATHER", "fields": "date,temp", "schedule_id": "q", "sync_timeout": 0}


def without_header(service: Emulator, key: str) -> list[httpx.Response]:
    """Start a query, poll it and list it with the key as a member of each request."""
    body = {**QUERY, "api_key": key}
    plain = {"schedule_id": "q", "api_key": key}
    url = service.url
    with httpx.Client(verify=NO_TLS) as http:
        return [
            http.post(f"{url}/query/data/json", json=body),
            http.get(f"{url}/query/status", params={"json": json.dumps(plain)}),
            http.get(f"{url}/query/status", params=plain),
            http.get(f"{url}/query/history", params={"json": "{}", "api_key": key}),
        ]


def test_a_key_is_taken_as_a_member_where_there_is_no_header(service: Emulator) -> None:
    assert {answer.status_code for answer in without_header(service, service.key)} <= {200, 202}
    assert {answer.status_code for answer in without_header(service, "another")} == {401}
    assert service.key not in repr(service.requests)
    assert [seen.schedule_id for seen in service.requests[:3]] == ["q"] * 3


def test_the_key_in_the_header_counts_before_a_member(service: Emulator, api: Api) -> None:
    assert (
        api.http.get("/query/status", params={"schedule_id": "q", "api_key": "x"}).json()["error"]["code"]
        != "API_KEY_INVALID"
    )
    stranger = {"Authorization": "Bearer another"}
    answer = httpx.get(f"{service.url}/query/history", params={"api_key": service.key}, headers=stranger, verify=NO_TLS)
    assert answer.status_code == 401


def test_the_request_log_holds_no_text_that_may_hold_a_key(service: Emulator) -> None:
    broken = '{"schedule_id": "q", "api_key": "' + service.key
    httpx.get(f"{service.url}/query/status", params={"json": broken, "schedule_id": "q"}, verify=NO_TLS)
    [seen] = service.requests
    assert (service.key in repr(seen), seen.params) == (False, {"schedule_id": "q"})


def test_a_query_is_the_same_whichever_way_its_key_is_sent(service: Emulator, api: Api) -> None:
    sent = {name: value for name, value in QUERY.items() if name != "schedule_id"}
    first = api.http.post("/query/data/json", json=sent).json()
    second = httpx.post(f"{service.url}/query/data/json", json={**sent, "api_key": service.key}, verify=NO_TLS).json()
    assert first["meta"]["schedule_id"] == second["meta"]["schedule_id"]
