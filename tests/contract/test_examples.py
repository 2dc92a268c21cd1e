"""Every example is valid, and the generated models read it without loss."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import supermetrics_query_api.models as generated

from tests.contract.contract_examples import Example, complaints, examples, holders
from tools.contract.document import Document, resolved


def test_every_example_obeys_its_schema(contract: Document) -> None:
    broken = {
        example.where: errors
        for example in examples(contract)
        if (errors := complaints(contract, example.schema, example.value))
    }
    assert broken == {}


def test_an_example_that_breaks_its_schema_is_named(document: Document) -> None:
    running = document["components"]["examples"]["query_running"]["value"]
    running["meta"]["progress"]["queries_ready"] = "three"

    broken = [each.where for each in examples(document) if complaints(document, each.schema, each.value)]
    assert broken == ["get_query_status 200 application/json running"]


def is_a_file(schema: Document) -> bool:
    """Return whether a schema describes a file of bytes, which has no example in YAML."""
    return "contentMediaType" in schema


def test_everything_that_travels_has_an_example(contract: Document) -> None:
    without = [
        holder.where
        for holder in holders(contract)
        if not {"example", "examples"} & holder.node.keys() and not is_a_file(resolved(contract, holder.node["schema"]))
    ]
    assert without == []


def statuses(document: Document, where: str) -> set[str]:
    """Collect the status codes that the examples of one answer show."""
    shown = [each.value for each in examples(document) if each.where.startswith(where)]
    return {value["meta"]["status_code"] for value in shown if "status_code" in value["meta"]}


def test_every_status_is_shown_by_an_example(contract: Document) -> None:
    every = set(contract["components"]["schemas"]["StatusCode"]["enum"])

    assert statuses(contract, "get_query_status 200 application/json") == every


def test_a_query_that_waits_in_the_queue_is_shown_with_both_statuses(contract: Document) -> None:
    accepted = contract["components"]["examples"]["query_queued"]["value"]
    shown = {each.where for each in examples(contract) if each.value == accepted}

    assert {"start_query 200 application/json queued", "start_query 202 application/json queued"} <= shown


def test_work_that_grows_is_shown(contract: Document) -> None:
    shown = contract["components"]["examples"]
    first, later = (shown[name]["value"]["meta"] for name in ("query_running", "query_running_with_more_work"))

    assert first["schedule_id"] == later["schedule_id"]
    assert first["progress"]["queries_total"] < later["progress"]["queries_total"]


def test_a_success_without_rows_is_shown(contract: Document) -> None:
    empty = contract["components"]["examples"]["query_success_without_rows"]["value"]

    assert (empty["meta"]["status_code"], empty["data"]) == ("SUCCESS", [])


@pytest.mark.parametrize("family", ["ErrorEnvelope", "ErrorString"])
def test_every_family_of_plain_errors_is_shown(contract: Document, family: str) -> None:
    schema = {"$ref": f"#/components/schemas/{family}"}
    shown = [each for each in examples(contract) if each.schema == {"$ref": "#/components/schemas/ErrorBody"}]

    assert [each for each in shown if not complaints(contract, schema, each.value)] != []


def choices(document: Document, schema: Document) -> Iterator[Document]:
    """Yield the named schemas that a schema may stand for."""
    if "$ref" in schema and "anyOf" not in resolved(document, schema):
        yield schema
    for choice in resolved(document, schema).get("anyOf", []):
        yield from choices(document, choice)


def model_of(document: Document, example: Example) -> Any:
    """Find the generated class that an example is read with, or None for rows, texts and plain values."""
    for choice in choices(document, example.schema):
        model = getattr(generated, choice["$ref"].rpartition("/")[2], None)
        if hasattr(model, "from_dict") and not complaints(document, choice, example.value):
            return model
    return None


def instants(value: Any) -> Any:
    """Write every instant in one way: the generated models turn `Z` into `+00:00`."""
    if isinstance(value, dict):
        return {key: instants(each) for key, each in value.items()}
    if isinstance(value, list):
        return [instants(each) for each in value]
    if isinstance(value, str) and "T" in value and value[:4].isdigit():
        return datetime.fromisoformat(value)
    return value


def test_every_example_survives_the_generated_models(contract: Document) -> None:
    read = [(example, model) for example in examples(contract) if (model := model_of(contract, example))]
    changed = [
        example.where
        for example, model in read
        if instants(model.from_dict(example.value).to_dict()) != instants(example.value)
    ]
    assert changed == []
    assert len(read) > 50


def test_the_generated_models_keep_members_that_they_do_not_know() -> None:
    value = {"schedule_id": "a", "made_up": 2}

    assert generated.HistoryEntry.from_dict(value).to_dict() == value


@pytest.mark.parametrize("model", [generated.QueryMeta, generated.HistoryEntry])
def test_the_generated_models_keep_a_status_that_they_do_not_know(model: Any) -> None:
    assert model.from_dict({"status_code": "MADE_UP"}).status_code == "MADE_UP"


def test_the_generated_models_keep_an_error_that_they_do_not_know() -> None:
    assert generated.ErrorInfo.from_dict({"code": "Error:"}).code == "Error:"
