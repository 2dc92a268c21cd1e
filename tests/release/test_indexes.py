"""Where packages come from is what pip is configured to use."""

import pytest

from tools.release.indexes import Indexes, configured, for_pip, for_uv

LISTING = """:env:.index-url='file:///env'
:env:.timeout='180'
global.extra-index-url='file:///one file:///two'
global.index-url='file:///global'
install.find-links='/srv/wheels'
"""


def test_the_environment_wins_over_files() -> None:
    assert configured(LISTING) == Indexes("file:///env", ("file:///one", "file:///two"), ("/srv/wheels",))


def test_without_a_setting_pip_has_its_default() -> None:
    assert configured("") == Indexes()
    assert for_pip("file:///first", Indexes(), "file:///default") == [
        "--index-url=file:///first",
        "--extra-index-url=file:///default",
    ]


@pytest.mark.parametrize("indexes", [Indexes(), configured(LISTING)])
def test_the_first_index_is_the_one_that_was_asked_for(indexes: Indexes) -> None:
    assert for_pip("file:///first", indexes, "file:///default")[0] == "--index-url=file:///first"
    assert next(each for each in for_uv("file:///first", indexes) if each.startswith("--index=")).endswith("first")


def test_both_tools_search_the_same_places() -> None:
    indexes = configured(LISTING)
    pip, uv = for_pip("file:///first", indexes, "file:///default"), for_uv("file:///first", indexes)
    places = {each.partition("=")[2] for each in pip}
    assert places == {each.partition("=")[2] for each in uv if "=" in each}
    assert "file:///default" not in places
