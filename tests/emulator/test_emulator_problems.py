"""What an error of the emulator says, in each of the three families."""

import pytest
from supermetrics_query.emulator import Emulator
from supermetrics_query.emulator.problems import Family, ServiceError

from tests.emulator.helpers import Api


@pytest.mark.parametrize(
    ("family", "described", "plain"),
    [
        (
            "envelope",
            {"error": {"code": "BAD_REQUEST", "message": "Bad request", "description": "ds_id is required."}},
            {"error": {"code": "STATUS_NOT_FOUND", "message": "Status not found"}},
        ),
        (
            "string",
            {"error": "BAD_REQUEST", "message": "ds_id is required."},
            {"error": "STATUS_NOT_FOUND", "message": "Status not found"},
        ),
    ],
)
def test_an_error_has_a_description_where_there_is_one(
    family: Family, described: dict[str, object], plain: dict[str, object]
) -> None:
    with Emulator(errors=family) as service, Api(service) as api:
        bodies = [api.http.post("/query/data/json", json={}).json(), api.poll("never").json()]
    assert [{name: body[name] for name in body if name != "meta"} for body in bodies] == [described, plain]


def test_a_problem_has_a_detail_of_the_characters_that_the_contract_allows() -> None:
    with Emulator(errors="problem") as service, Api(service) as api:
        bodies = [api.http.post("/query/data/json", json={}).json(), api.poll("never").json()]
    assert [(body["title"], body["status"], body["detail"]) for body in bodies] == [
        ("Bad request", 400, "dsid is required."),
        ("Status not found", 404, "Status not found"),
    ]


def test_a_code_that_nobody_knows_comes_with_500() -> None:
    assert ServiceError("MADE_UP").status == 500
