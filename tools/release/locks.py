"""Read the packages that a lock in requirements/ pins, and those that pyproject.toml asks for."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import ROOT

RUNTIME = ROOT / "requirements" / "runtime.txt"  # everything a user can install, with all extras


@frozen
class Pin:
    """One package of a lock; `marker` says where it is needed, and is empty if that is everywhere."""

    name: str
    version: str
    marker: str = ""


def pins(lock: str) -> list[Pin]:
    """List what a lock pins, in its order."""
    lines = (line.removesuffix("\\").strip() for line in lock.splitlines())
    return [pin(Requirement(line)) for line in lines if line and not line.startswith(("--hash=", "#"))]


def pin(requirement: Requirement) -> Pin:
    (specifier,) = requirement.specifier
    if specifier.operator != "==":
        raise ValueError(f"{str(requirement)!r} is not pinned: make lock")
    return Pin(canonicalize_name(requirement.name), specifier.version, str(requirement.marker or ""))


def asked(pyproject: Path = ROOT / "pyproject.toml") -> dict[str, set[str]]:
    """Return the direct dependencies, each with the extras that need it; the set is empty for what every user gets."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    found: dict[str, set[str]] = {}
    for extra, name in named(project):
        found.setdefault(name, set()).update({extra} if extra else ())
    return found


def named(project: dict[str, Any]) -> Iterator[tuple[str, str]]:
    groups: dict[str, list[str]] = {"": project["dependencies"], **project["optional-dependencies"]}
    for extra, requirements in groups.items():
        for each in requirements:
            yield extra, canonicalize_name(Requirement(each).name)
