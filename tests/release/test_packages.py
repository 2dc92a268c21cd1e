"""The complaints about a wheel and an sdist that are not as they should be."""

from pathlib import Path

import pytest

from tools.release.packages import SBOM, Built, built, check_private, check_sources, check_wheel, compare
from tools.release.steps import StepError

SOURCES = {
    "generated/supermetrics_query_api/py.typed": b"",
    "overlays/supermetrics_query/py.typed": b"",
    "overlays/supermetrics_query/errors.py": b"code",
    "openapi.yaml": b"contract",
    SBOM: b"bill",
}
WHEEL = {
    "supermetrics_query_api/py.typed": b"",
    "supermetrics_query/py.typed": b"",
    "supermetrics_query/errors.py": b"code",
    "supermetrics_query-1.dist-info/METADATA": b"",
    "supermetrics_query-1.dist-info/sboms/sbom.cdx.json": b"bill",
}


def without(contents: dict[str, bytes], part: str) -> dict[str, bytes]:
    return {name: data for name, data in contents.items() if part not in name}


def test_a_wheel_that_holds_both_packages_is_accepted() -> None:
    check_wheel(WHEEL, SOURCES)
    with pytest.raises(StepError, match="errors"):
        check_wheel(without(WHEEL, "errors"), SOURCES)


@pytest.mark.parametrize(
    ("wheel", "named"),
    [
        (WHEEL | {"supermetrics_query/errors.py": b"other"}, "errors.py"),
        (WHEEL | {"supermetrics_query/stray.pyc": b""}, "stray.pyc"),
        (WHEEL | {"supermetrics_query-1.dist-info/sboms/sbom.cdx.json": b"old"}, "sbom.cdx.json"),
        (without(WHEEL, "sboms"), "sbom.cdx.json"),
    ],
)
def test_a_wheel_that_is_not_the_sources_is_refused(wheel: dict[str, bytes], named: str) -> None:
    with pytest.raises(StepError, match=named):
        check_wheel(wheel, SOURCES)


@pytest.mark.parametrize("package", ["supermetrics_query", "supermetrics_query_api"])
def test_both_packages_are_typed(package: str) -> None:
    with pytest.raises(StepError, match=f"{package}/py.typed"):
        check_wheel(without(WHEEL, f"{package}/py.typed"), without(SOURCES, f"{package}/py.typed"))


def test_an_sdist_is_what_git_holds() -> None:
    check_sources({"a", "b", "PKG-INFO"}, {"a", "b"})
    with pytest.raises(StepError, match=r"notes\.txt is in the sdist and not in git"):
        check_sources({"a", "notes.txt"}, {"a"})
    with pytest.raises(StepError, match=r"openapi\.yaml is in git and not in the sdist"):
        check_sources({"a"}, {"a", "openapi.yaml"})


def test_nothing_names_the_machine() -> None:
    check_private({"a": b"nothing"}, {"/srv/somebody/"})
    with pytest.raises(StepError, match="a holds '/srv/somebody/'"):
        check_private({"a": b"see /srv/somebody/tree"}, {"/srv/somebody/"})


def build_of(folder: Path, wheel: bytes) -> Built:
    folder.mkdir()
    (folder / "thing-1-py3-none-any.whl").write_bytes(wheel)
    (folder / "thing-1.tar.gz").write_bytes(b"sources")
    return built(folder)


def test_two_builds_are_compared_by_their_bytes(tmp_path: Path) -> None:
    one, same, other = (build_of(tmp_path / name, data) for name, data in (("a", b"x"), ("b", b"x"), ("c", b"y")))
    compare(one, same)
    with pytest.raises(StepError, match="whl differs"):
        compare(one, other)


def test_a_folder_with_two_versions_is_refused(tmp_path: Path) -> None:
    build_of(tmp_path / "dist", b"x")
    (tmp_path / "dist" / "thing-2-py3-none-any.whl").touch()
    with pytest.raises(StepError, match="not 2 and 1"):
        built(tmp_path / "dist")
