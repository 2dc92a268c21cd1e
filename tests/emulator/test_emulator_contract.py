"""Every answer of the emulator conforms to the contract: status, media type, headers and body."""

from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import jsonschema_rs
import pytest
import yaml
from supermetrics_query.emulator import INSTANT, Emulator
from supermetrics_query.emulator.problems import Family

from tests.emulator.helpers import Api

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = yaml.safe_load((ROOT / "openapi.yaml").read_text())
START, STATUS, RESULTS, HISTORY = "/query/data/{format}", "/query/status", "/query/results", "/query/history"
RUNNING = {"scheduled_seconds": 0, "queued_seconds": 0, "run_seconds": 3600}
Ask = Callable[[Api], httpx.Response]
Response = Mapping[str, Mapping[str, Mapping[str, object]]]


def results(schedule_id: str, format: str) -> Ask:
    def ask(api: Api) -> httpx.Response:
        api.start(format=format, schedule_id=schedule_id)
        return api.http.get("/query/results", params={"schedule_id": schedule_id})

    return ask


def polled(**start: object) -> Ask:
    def ask(api: Api) -> httpx.Response:
        return api.poll(api.started(**start))

    return ask


def listed(api: Api) -> httpx.Response:
    api.start()
    return api.http.get(HISTORY)


def without_key(api: Api) -> httpx.Response:
    del api.http.headers["Authorization"]
    return api.poll("q")


def limited(api: Api) -> httpx.Response:
    return next(answer for answer in (api.poll("q") for _ in range(99)) if answer.status_code == 429)


ANSWERS: list[tuple[str, Ask, int]] = [
    (START, lambda api: api.start(), 200),
    (START, lambda api: api.start(plan=RUNNING), 202),
    (START, lambda api: api.start(format="keyjson"), 200),
    (START, lambda api: api.start(format="csv"), 200),
    (START, lambda api: api.start(fields="unknown"), 400),
    (START, lambda api: api.start(ds_accounts="unknown"), 400),
    (STATUS, polled(), 200),
    (STATUS, polled(filter="temp > 999"), 200),
    (STATUS, polled(plan=RUNNING), 200),
    (STATUS, polled(plan={"outcome": "FAILURE"}), 200),
    (STATUS, polled(plan={"outcome": "PAUSED"}), 200),
    (STATUS, lambda api: api.poll("never"), 404),
    (STATUS, lambda api: api.http.get(STATUS), 400),
    (STATUS, without_key, 401),
    (STATUS, limited, 429),
    *((RESULTS, results("q", format), 200) for format in ("json", "keyjson", "ndjson", "csv", "tsv", "html")),
    (RESULTS, lambda api: api.http.get(RESULTS, params={"schedule_id": "never"}), 404),
    (HISTORY, listed, 200),
]


@pytest.mark.parametrize("family", ["envelope", "problem", "string"])
@pytest.mark.parametrize(("path", "ask", "status"), ANSWERS)
def test_every_answer_is_one_that_the_contract_describes(path: str, ask: Ask, status: int, family: Family) -> None:
    with Emulator(plan=INSTANT, errors=family, per_second=20) as service, Api(service) as api:
        answer = ask(api)
    assert answer.status_code == status
    described = response_of(path, status)
    media_type = answer.headers["Content-Type"].partition(";")[0]
    body = answer.json() if media_type in {"application/json", "application/problem+json"} else answer.text
    assert errors(described["content"][media_type]["schema"], body) == []
    assert not {name.lower() for name in described.get("headers", {})} - answer.headers.keys() - {"retry-after"}


def response_of(path: str, status: int) -> Response:
    method = "post" if path == START else "get"
    found: Response = DOCUMENT["paths"][path][method]["responses"][str(status)]
    while "$ref" in found:
        found = DOCUMENT["components"]["responses"][str(found["$ref"]).rpartition("/")[2]]
    return found


def errors(schema: object, body: object) -> list[str]:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": DOCUMENT["components"]}
    validator = jsonschema_rs.validator_for({**whole, "allOf": [schema]})
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(body)]
