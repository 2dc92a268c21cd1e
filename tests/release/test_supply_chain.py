"""The bill of materials, the lock of what users get, and licences."""

import json
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from tools.release.licences import ELSEWHERE, UNKNOWN, accepted, licence
from tools.release.locks import RUNTIME, Pin, asked, pins


def names(root: Path, lock: str) -> set[tuple[str, str]]:
    return {(each.name, each.version) for each in pins((root / "requirements" / lock).read_text(encoding="utf-8"))}


def test_a_lock_is_read_with_its_markers() -> None:
    lock = "A.b==1 \\\n    --hash=sha256:00\ncolorama==2 ; sys_platform == 'win32' \\\n    --hash=sha256:11 \\\n"
    assert pins(lock) == [Pin("a-b", "1"), Pin("colorama", "2", 'sys_platform == "win32"')]


def test_what_is_not_pinned_is_refused() -> None:
    with pytest.raises(ValueError, match="not pinned"):
        pins("attrs>=25\n")


def test_users_get_nothing_that_the_tests_do_not_use(root: Path) -> None:
    assert names(root, "runtime.txt") <= names(root, "dev.txt")


def test_the_lock_of_users_holds_everything_that_they_may_ask_for() -> None:
    locked = {each.name for each in pins(RUNTIME.read_text(encoding="utf-8"))}
    assert asked()["httpx"] == set()
    assert asked()["pyarrow"] == {"arrow", "pandas", "polars"}
    assert asked().keys() <= locked


def test_the_bill_of_materials_names_what_is_locked(root: Path) -> None:
    bill = json.loads((root / "requirements" / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert {(each["name"], each["version"]) for each in bill["components"]} == names(root, "runtime.txt")
    direct = bill["metadata"]["component"]["bom-ref"]
    depends = next(each["dependsOn"] for each in bill["dependencies"] if each["ref"] == direct)
    assert {each.partition("/")[2].partition("@")[0] for each in depends} == set(asked())
    assert {"serialNumber", "timestamp"}.isdisjoint(bill.keys() | bill["metadata"].keys())


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ("License-Expression: BSD-3-Clause\nLicense: old words\n", "BSD-3-Clause"),
        ("Classifier: License :: OSI Approved :: MIT License\nLicense: MIT and a long text\n", "MIT License"),
        ("Classifier: License :: OSI Approved\nLicense: Apache 2\n", "Apache 2"),
        ("Classifier: Typing :: Typed\n", UNKNOWN),
    ],
)
def test_a_licence_is_read_from_where_packages_declare_it(metadata: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "METADATA").write_text(metadata, encoding="utf-8")
    assert licence(Distribution.at(tmp_path).metadata) == name


@pytest.mark.parametrize("name", ["MIT", "BSD-3-Clause AND Zlib", "Mozilla Public License 2.0 (MPL 2.0)", ELSEWHERE])
def test_a_licence_that_asks_for_nothing_is_accepted(name: str) -> None:
    assert accepted(name)


@pytest.mark.parametrize("name", [UNKNOWN, "GPL-3.0-only", "LGPLv3", "MIT AND AGPL-3.0", "Proprietary", "LIMITED"])
def test_another_licence_is_not(name: str) -> None:
    assert not accepted(name)
