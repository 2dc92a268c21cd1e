"""Locks name packages and hashes, and nothing of the machine that wrote them."""

import json
import re
from pathlib import Path

import pytest

from tools.release.lock import LOCKS, changes, command, versions

PYTHON = tuple(f"requirements/{name}.txt" for name in LOCKS)
EVERY = (*PYTHON, "package-lock.json", "package.json", ".npmrc")
PINNED = re.compile(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+( ; .+?)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
ABSOLUTE = re.compile(r"(?:^|[\s\"'=:@])(?:/|[A-Za-z]:\\|~/)")


@pytest.mark.parametrize("name", EVERY)
def test_a_lock_holds_no_address(root: Path, name: str) -> None:
    assert "://" not in (root / name).read_text()


@pytest.mark.parametrize("name", EVERY)
def test_a_lock_holds_no_absolute_path(root: Path, name: str) -> None:
    assert not ABSOLUTE.search((root / name).read_text())


@pytest.mark.parametrize("name", PYTHON)
def test_a_lock_holds_only_pinned_names_and_hashes(root: Path, name: str) -> None:
    lines = (root / name).read_text().splitlines()

    assert [line for line in lines if not (PINNED.fullmatch(line) or HASH.fullmatch(line))] == []


def test_every_package_of_npm_is_pinned_by_a_hash(root: Path) -> None:
    packages = json.loads((root / "package-lock.json").read_text())["packages"]
    fetched = [package for name, package in packages.items() if name]

    assert fetched
    assert [each for each in fetched if not each["integrity"].startswith("sha512-")] == []
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", each) for each in packages[""]["devDependencies"].values())


@pytest.mark.parametrize(
    "line",
    ["/srv/wheels/x.whl", "x @ /srv/x.whl", "--find-links=/srv/wheels", r"x @ C:\wheels\x.whl", "-e ~/x"],
)
def test_an_absolute_path_is_recognised(line: str) -> None:
    assert ABSOLUTE.search(line)


def test_every_lock_of_python_is_checked(root: Path) -> None:
    assert {f"requirements/{path.name}" for path in (root / "requirements").glob("*.txt")} == set(PYTHON)


@pytest.mark.parametrize(("package", "raised"), [("", "--upgrade"), ("idna", "--upgrade-package idna")])
@pytest.mark.parametrize("name", LOCKS)
def test_all_packages_are_raised_or_the_one_that_was_named(name: str, package: str, raised: str) -> None:
    words = command(name, package)

    assert f" {raised} " in " ".join(words)
    assert [word for word in words if word.startswith("--upgrade")] == [raised.split(maxsplit=1)[0]]
    assert words[-1] == f"requirements/{name}.txt"


@pytest.mark.parametrize("name", sorted(LOCKS.keys() - {"site"}))
def test_a_package_of_several_locks_has_one_version(root: Path, name: str) -> None:
    development, lock = (versions((root / "requirements" / f"{each}.txt").read_text()) for each in ("dev", name))

    assert [each for each in lock.keys() & development.keys() if not lock[each] <= development[each]] == []


def test_what_was_raised_is_listed() -> None:
    before = {"idna": {"3.19"}, "click": {"8.5.1"}, "numpy": {"2.1", "2.2"}, "gone": {"1"}}
    after = {"idna": {"3.20"}, "click": {"8.5.1"}, "numpy": {"2.2", "2.3"}, "new": {"4"}}

    assert [*changes(before, after)] == [
        "gone 1 -> none",
        "idna 3.19 -> 3.20",
        "new none -> 4",
        "numpy 2.1, 2.2 -> 2.2, 2.3",
    ]
