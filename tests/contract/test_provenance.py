"""The generated package says which contract it comes from, and which generator made it."""

import hashlib
import importlib
import inspect
from importlib.metadata import version
from pathlib import Path

import pytest
from supermetrics_query_api import provenance as generated

from tools.contract.document import Document
from tools.contract.generate import provenance


def test_the_version_is_that_of_the_contract(contract: Document) -> None:
    assert contract["info"]["version"] == generated.CONTRACT_VERSION


def test_the_digest_is_that_of_the_contract(root: Path) -> None:
    assert hashlib.sha256((root / "openapi.yaml").read_bytes()).hexdigest() == generated.CONTRACT_SHA256


def test_the_generator_is_the_one_that_is_installed() -> None:
    assert f"openapi-python-client {version('openapi-python-client')}" == generated.GENERATOR


def test_the_server_is_the_first_one_of_the_contract(contract: Document) -> None:
    assert contract["servers"][0]["url"] == generated.SERVER_URL


def test_every_byte_of_the_contract_counts(project: Path) -> None:
    before = provenance(project / "openapi.yaml")
    with (project / "openapi.yaml").open("a") as contract:
        contract.write("# a comment\n")

    assert provenance(project / "openapi.yaml") != before


@pytest.mark.parametrize("name", ["CONTRACT_VERSION", "CONTRACT_SHA256", "GENERATOR", "SERVER_URL"])
def test_provenance_can_be_read_without_any_other_package(name: str) -> None:
    assert f'{name} = "' in inspect.getsource(generated)
    assert "import" not in inspect.getsource(generated)


def test_both_packages_are_typed() -> None:
    for package in ("supermetrics_query_api", "supermetrics_query"):
        (home,) = importlib.import_module(package).__path__
        assert Path(home, "py.typed").is_file()
