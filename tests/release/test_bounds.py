"""The dependencies of a wheel, and their lowest versions."""

import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools.release.bounds import combinations, constraints, extras, lowest, requirements, unbounded

METADATA = """Metadata-Version: 2.4
Name: thing
Version: 1.0
Requires-Dist: attrs<27,>=25.4
Requires-Dist: zope-x>=2
Provides-Extra: arrow
Requires-Dist: pyarrow<27,>=17; extra == 'arrow'
Provides-Extra: pandas
Requires-Dist: pandas<4,>=2.2; extra == 'pandas'
Requires-Dist: pyarrow<27,>=17; extra == 'pandas'
Requires-Dist: odd<2,>=1; (python_version < '3.12') and extra == 'pandas'
"""


@pytest.fixture
def asked(tmp_path: Path) -> list[Requirement]:
    with zipfile.ZipFile(tmp_path / "thing-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("thing-1.0.dist-info/METADATA", METADATA)
    return requirements(tmp_path / "thing-1.0-py3-none-any.whl")


def test_everything_is_pinned_to_its_lower_bound_once(asked: list[Requirement]) -> None:
    assert constraints(asked) == ["attrs==25.4", "odd==1", "pandas==2.2", "pyarrow==17", "zope-x==2"]


def test_the_extras_are_found_whatever_else_a_marker_says(asked: list[Requirement]) -> None:
    assert extras(asked) == ["arrow", "pandas"]


def test_a_dependency_without_an_upper_bound_is_found(asked: list[Requirement]) -> None:
    assert [each.name for each in asked if unbounded(each)] == ["zope-x"]


@pytest.mark.parametrize("text", ["attrs", "attrs<27", "attrs>25", "attrs==25.4", "attrs>=1,>=2"])
def test_a_dependency_needs_one_lower_bound(text: str) -> None:
    with pytest.raises(ValueError, match="attrs"):
        lowest(Requirement(text))


def test_two_extras_agree_on_the_lower_bound_of_what_both_need() -> None:
    with pytest.raises(ValueError, match="extras: a"):
        constraints([Requirement("a>=1"), Requirement("a>=2"), Requirement("b>=1")])


def test_each_extra_is_tried_alone_and_all_together() -> None:
    tried = combinations(["arrow", "cli", "emulator"])
    assert tried == [(), ("arrow",), ("cli",), ("emulator",), ("cli", "emulator"), ("arrow", "cli", "emulator")]
