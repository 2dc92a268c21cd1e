"""Fixtures of the contract: the document, and a copy of what is generated from it."""

import shutil
from copy import deepcopy
from pathlib import Path

import pytest

from tools.contract.document import Document, load

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def contract() -> Document:
    """The contract; tests only read it."""
    return load(ROOT / "openapi.yaml")


@pytest.fixture
def document(contract: Document) -> Document:
    """A copy of the contract; a test may change it."""
    return deepcopy(contract)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what generation reads and writes."""
    for name in ("openapi.yaml", "generator-config.yml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "generated", tmp_path / "generated", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path
