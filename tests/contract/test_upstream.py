"""A generator whose templates are not those that ours replaced generates nothing until somebody has looked."""

from pathlib import Path

import pytest

from tools.contract.generate import PACKAGE, differences, main
from tools.contract.upstream import RECORD, complaint, reason, recorded, replaced

MODEL = "model.py.jinja"


def written(path: Path, templates: dict[str, str]) -> Path:
    path.write_text("".join(f"{hashed}  {name}\n" for name, hashed in templates.items()))
    return path


def test_the_record_is_that_of_the_generator_in_use() -> None:
    assert recorded(RECORD) == replaced()
    assert complaint() == ""


def test_the_record_has_the_format_of_sha256sum() -> None:
    assert [line for line in RECORD.read_text().splitlines() if len(line.split("  ")[0]) != 64] == []


@pytest.mark.parametrize(
    ("templates", "said"),
    [
        ({MODEL: "0" * 64}, f"{MODEL} of openapi-python-client * has changed."),
        ({"gone.jinja": "0" * 64}, "gone.jinja of openapi-python-client * is in the record and ours is gone."),
    ],
)
def test_what_to_look_at_is_said_in_a_sentence(tmp_path: Path, templates: dict[str, str], said: str) -> None:
    found = complaint(written(tmp_path / "record", recorded(RECORD) | templates))
    before, after = said.split("*")

    assert found.startswith(f"look at this: the template {before}")
    assert found.splitlines()[0].endswith(after)
    assert found.endswith("then run `make templates`.")


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("a", "a", ""),
        ("a", "b", "has changed"),
        ("a", "", "does not exist any more"),
        ("a", None, "is in the record and ours is gone"),
        (None, "a", "is replaced by ours and is not in the record"),
        (None, "", "is replaced by ours and is not in the record"),
    ],
)
def test_each_difference_has_its_own_words(before: str | None, now: str | None, said: str) -> None:
    assert reason(before, now) == said


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_nothing_is_generated_by_a_generator_whose_templates_have_changed(
    project: Path, root: Path, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    record = written(tmp_path / "record", recorded(RECORD) | {MODEL: "0" * 64})

    assert main(arguments, root=project, record=record) == 1
    assert f"look at this: the template {MODEL} " in capsys.readouterr().err
    assert differences(project / PACKAGE, root / PACKAGE) == []
