"""What can be imported, and what importing costs."""

import subprocess
import sys

import pytest
import supermetrics_query


@pytest.mark.parametrize("name", supermetrics_query.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(supermetrics_query, name) is not None


def test_public_names_are_sorted_and_complete() -> None:
    assert dir(supermetrics_query) == sorted(supermetrics_query.__all__)
    assert len(set(supermetrics_query.__all__)) == len(supermetrics_query.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Client'"):
        supermetrics_query.Client  # noqa: B018


def test_importing_the_package_loads_neither_http_nor_models() -> None:
    code = "import sys, supermetrics_query; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "supermetrics_query" in loaded
    assert not {"httpx", "attrs", "attr", "msgspec", "anyio", "supermetrics_query_api", "asyncio"} & set(loaded)
