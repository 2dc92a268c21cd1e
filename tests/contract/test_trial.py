"""What a trial of another generator shows."""

from pathlib import Path

import pytest

from tools.contract.generate import PACKAGE
from tools.contract.trial import changed_templates, differing, imports
from tools.contract.upstream import TEMPLATES, upstream


def test_the_generator_in_use_has_the_same_templates_as_itself() -> None:
    assert changed_templates(upstream()) == ""


def test_a_template_that_has_changed_is_shown_and_only_if_ours_replaces_it(tmp_path: Path) -> None:
    for path in TEMPLATES.glob("*.jinja"):
        (tmp_path / path.name).write_text((upstream() / path.name).read_text())
    (tmp_path / "types.py.jinja").write_text("new = True\n")
    (tmp_path / "client.py.jinja").write_text("new = True\n")
    shown = changed_templates(tmp_path)

    assert "+++ types.py.jinja" in shown
    assert shown.endswith("+new = True\n")
    assert "client.py.jinja" not in shown


def test_a_file_that_only_one_side_has_is_shown_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text("x = 1\n")

    assert differing(tmp_path / "old.py", tmp_path / "new.py").endswith("+x = 1\n")


def test_the_packages_that_the_generated_tree_imports_are_named(root: Path) -> None:
    assert {"attrs", "httpx", "typing"} <= imports(root / PACKAGE)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("import niquests", {"niquests"}),
        ("from a.b import c", {"a"}),
        ("def f():\n    import late.inner", {"late"}),
        ("from . import beside\nfrom ..models import more", set()),
    ],
)
def test_an_import_is_found_wherever_it_stands(tmp_path: Path, source: str, named: set[str]) -> None:
    (tmp_path / "module.py").write_text(source)

    assert imports(tmp_path) == named
