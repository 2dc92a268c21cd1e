"""What can be imported, and what importing costs."""

import subprocess
import sys
from typing import Any

import pytest
import supermetrics_query
from supermetrics_query import _flows
from supermetrics_query_api import models
from supermetrics_query_api.api import queries


@pytest.mark.parametrize("name", supermetrics_query.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(supermetrics_query, name) is not None


def test_public_names_are_sorted_and_complete() -> None:
    assert dir(supermetrics_query) == sorted(supermetrics_query.__all__)
    assert len(set(supermetrics_query.__all__)) == len(supermetrics_query.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Client'"):
        supermetrics_query.__getattr__("Client")


ALLOWED = {"importlib", "typing"}  # with what these import

COLD = """
import sys, {allowed}
before = set(sys.modules)
{code}
print(*sorted(set(sys.modules) - before))
"""

A_CLIENT = """
from supermetrics_query import QueryClient
QueryClient("key").attach("night-1")
"""

LATER = {
    *("asyncio", "redis", "pyarrow", "supermetrics_query._io.redis_limiter"),
    *("supermetrics_query._flows.many", "supermetrics_query._flows.pages", "supermetrics_query._flows.start"),
    "supermetrics_query_api.models.data_query",
    "supermetrics_query_api.api.queries.start_query",
}


def loaded_by(code: str) -> set[str]:
    """Return the modules that a piece of code loads in a process of its own."""
    code = COLD.format(code=code, allowed=", ".join(ALLOWED))
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_itself_and_nothing_else() -> None:
    assert loaded_by("import supermetrics_query") == {"supermetrics_query"}


def test_a_client_in_sync_code_loads_no_event_loop_and_nothing_that_only_a_call_needs() -> None:
    loaded = loaded_by(A_CLIENT)
    assert {"httpx", "supermetrics_query._client.client", "supermetrics_query_api.models"} <= loaded
    assert LATER & loaded == set()


@pytest.mark.parametrize("module", [_flows, models, queries])
def test_what_is_imported_later_can_be_listed_and_imported(module: Any) -> None:
    assert {*module.__all__} <= {*dir(module)}
    assert all(getattr(module, name) for name in module.__all__)
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        module.other  # noqa: B018
