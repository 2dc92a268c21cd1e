"""A failed generation changes nothing; changes by hand to the generated tree are detected."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools.contract.document import Document, dump
from tools.contract.generate import PACKAGE, check, differences, main, swap

MODEL = Path("models", "query_meta.py")


def break_a_reference(document: Document) -> None:
    meta = document["components"]["schemas"]["QueryMeta"]
    meta["properties"]["progress"] = {"$ref": "#/components/schemas/Nowhere"}


def leave_out_the_items_of_a_list(document: Document) -> None:
    del document["components"]["schemas"]["ResultRows"]["items"]


@pytest.mark.parametrize("spoil", [break_a_reference, leave_out_the_items_of_a_list])
def test_a_document_that_cannot_be_generated_from_fails_and_leaves_everything_as_it_was(
    project: Path,
    root: Path,
    document: Document,
    spoil: Callable[[Document], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(document)
    (project / "openapi.yaml").write_bytes(dump(document))

    assert main([], root=project) == 1
    assert "is unchanged" in capsys.readouterr().err
    assert differences(project / PACKAGE, root / PACKAGE) == []
    assert list((project / "build").iterdir()) == []


def test_the_committed_tree_is_what_the_contract_gives(project: Path) -> None:
    assert main(["--check"], root=project) == 0


def test_generation_brings_a_changed_tree_back(project: Path, root: Path) -> None:
    package = project / PACKAGE
    (package / MODEL).write_text("edited = True\n")
    (package / "stray.py").touch()
    (package / "py.typed").unlink()

    assert main([], root=project) == 0
    assert differences(package, root / PACKAGE) == []


def test_the_first_generation_needs_no_old_tree(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()

    assert swap(tmp_path / PACKAGE, fresh) == 0
    assert (tmp_path / PACKAGE).is_dir()


def edit(path: Path) -> None:
    path.write_text(path.read_text() + "\n")


def add(path: Path) -> None:
    path.with_name("added.py").touch()


@pytest.mark.parametrize(
    ("change", "named"),
    [(edit, "query_meta.py"), (add, "added.py"), (Path.unlink, "query_meta.py")],
    ids=["edited", "added", "removed"],
)
def test_a_change_by_hand_is_named_and_not_repaired(
    project: Path, root: Path, change: Callable[[Path], None], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(project / PACKAGE / MODEL)

    assert check(project / PACKAGE, root / PACKAGE) == 1
    assert f"models/{named} is not what openapi.yaml generates" in capsys.readouterr().out
    assert check(project / PACKAGE, root / PACKAGE) == 1


def add_a_name_again(text: str) -> str:
    return text.replace("  version: 1.0.0\n", "  version: 1.0.0\n  version: 1.0.0\n", 1)


def add_a_title(text: str) -> str:
    return text.replace("    QueryMeta:\n", "    QueryMeta:\n      title: Meta\n", 1)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (add_a_name_again, "'version' stands twice in one object"),
        (
            add_a_title,
            "openapi.yaml #/components/schemas/QueryMeta/title: 'title' stands in an answered object: it renames",
        ),
        (lambda _: "", "openapi.yaml holds no object"),
        (lambda text: text.replace("paths:", "paths", 1), "openapi.yaml cannot be read: "),
    ],
    ids=["a name twice", "a title", "nothing", "no YAML"],
)
def test_what_would_be_lost_is_said_with_its_place(
    project: Path, spoil: Callable[[str], str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = project / "openapi.yaml"
    contract.write_text(spoil(contract.read_text()))

    assert main([], root=project) == 1
    assert said in capsys.readouterr().err
