"""Changes since the last release are rated, and the version must be raised accordingly."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.contract.diff import CURRENT, RELEASED, Rating, compare, demanded, rate, version
from tools.contract.document import Document, dump, load
from tools.contract.redocly import installed

needs_redocly = pytest.mark.skipif(not installed(), reason="Redocly is not installed: make contract")


def require_a_member_of_the_json_parameter(document: Document) -> None:
    request = document["components"]["schemas"]["QueryStatusRequest"]
    request["properties"]["made_up"] = {"type": "string"}
    request["required"].append("made_up")


def remove_an_operation(document: Document) -> None:
    del document["paths"]["/query/history"]


def add_a_member_to_the_answer(document: Document) -> None:
    document["components"]["schemas"]["QueryMeta"]["properties"]["made_up"] = {"type": "string"}


def add_a_member_to_the_json_parameter(document: Document) -> None:
    document["components"]["schemas"]["QueryStatusRequest"]["properties"]["made_up"] = {"type": "boolean"}


def add_a_status(document: Document) -> None:
    document["components"]["schemas"]["StatusCode"]["enum"].append("MADE_UP")


def add_a_format(document: Document) -> None:
    document["components"]["schemas"]["OutputFormat"]["enum"].append("made_up")


def add_an_error(document: Document) -> None:
    responses = document["paths"]["/query/results"]["get"]["responses"]
    responses["418"] = {"$ref": "#/components/responses/UnprocessableContent"}


def change_a_description(document: Document) -> None:
    document["components"]["schemas"]["QueryMeta"]["description"] = "All that is known."


def change_an_example(document: Document) -> None:
    document["components"]["examples"]["query_running"]["value"]["data"] = None


CHANGES = [
    (require_a_member_of_the_json_parameter, "breaking", "2.0.0"),
    (remove_an_operation, "breaking", "2.0.0"),
    (add_a_member_to_the_answer, "additive", "1.1.0"),
    (add_a_member_to_the_json_parameter, "additive", "1.1.0"),
    (add_a_status, "additive", "1.1.0"),
    (add_a_format, "additive", "1.1.0"),
    (add_an_error, "additive", "1.1.0"),
    (change_a_description, "none", "1.0.1"),
    (change_an_example, "none", "1.0.1"),
]


@pytest.fixture
def old(document: Document, tmp_path: Path) -> Path:
    document["info"]["version"] = "1.0.0"
    return written(document, tmp_path / "old.yaml")


def written(document: Document, path: Path) -> Path:
    path.write_bytes(dump(document))
    return path


@needs_redocly
@pytest.mark.parametrize(("change", "rating", "needed"), CHANGES)
def test_a_change_is_rated_and_demands_its_version(
    old: Path,
    change: Callable[[Document], None],
    rating: str,
    needed: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = load(old)
    change(changed)

    assert compare(old, written(changed, old.with_name("new.yaml"))) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{rating} ")
    assert said.endswith(f"info.version must be at least {needed} after 1.0.0 and is 1.0.0\n")


@needs_redocly
@pytest.mark.parametrize("raised", ["1.1.0", "1.2.0", "2.0.0"])
def test_a_version_that_was_raised_enough_passes(old: Path, raised: str) -> None:
    changed = load(old)
    add_a_status(changed)
    changed["info"]["version"] = raised

    assert compare(old, written(changed, old.with_name("new.yaml"))) == 0


@needs_redocly
def test_the_same_document_needs_no_other_version(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(old, old) == 0
    assert capsys.readouterr().out == "changes since 1.0.0: 0; 1.0.0 is enough\n"


@needs_redocly
def test_a_document_that_cannot_be_read_is_no_pass(old: Path) -> None:
    changed = load(old)
    changed["openapi"] = "9.9.9"

    with pytest.raises(SystemExit, match=r"9\.9\.9"):
        compare(old, written(changed, old.with_name("new.yaml")))


@pytest.mark.parametrize(
    ("ratings", "needed"),
    [
        ([], (1, 4, 2)),
        ([Rating.NONE, Rating.NONE], (1, 4, 3)),
        ([Rating.NONE, Rating.ADDITIVE], (1, 5, 0)),
        ([Rating.BREAKING, Rating.ADDITIVE, Rating.NONE], (2, 0, 0)),
    ],
)
def test_the_gravest_change_decides(ratings: list[Rating], needed: tuple[int, int, int]) -> None:
    assert demanded((1, 4, 2), ratings) == needed


@pytest.mark.parametrize(
    ("path", "rating"),
    [
        ("#/components/schemas/ProblemDetails/properties/title", Rating.ADDITIVE),
        ("#/components/schemas/ErrorInfo/properties/description", Rating.ADDITIVE),
        ("#/paths/~1query~1status/get/responses/200/content/application~1json/examples/more", Rating.NONE),
        ("#/tags/0", Rating.NONE),
        ("#/paths/~1query~1status/get/tags/0", Rating.ADDITIVE),
    ],
)
def test_a_member_is_not_taken_for_an_explanation(path: str, rating: Rating) -> None:
    assert rate({"path": path, "impact": "minor"}) == rating


def test_the_released_contract_is_not_newer_than_this_one(root: Path) -> None:
    assert version(load(root / RELEASED)) <= version(load(root / CURRENT))
