"""The dependencies of a wheel, and their lowest versions."""

import zipfile
from email import message_from_bytes
from pathlib import Path

from packaging.requirements import Requirement

TOGETHER = ("cli", "emulator")  # the demonstration needs both


def requirements(wheel: Path) -> list[Requirement]:
    """Read the dependencies of a wheel, including those of its extras."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    return [Requirement(each) for each in metadata.get_all("Requires-Dist", [])]


def lowest(requirement: Requirement) -> str:
    """Return the constraint that allows only the lower bound."""
    bounds = [each.version for each in requirement.specifier if each.operator == ">="]
    if len(bounds) != 1:
        raise ValueError(f"{str(requirement)!r} needs one lower bound, written >=")
    return f"{requirement.name}=={bounds[0]}"


def unbounded(requirement: Requirement) -> bool:
    """Return whether a dependency has no upper bound, so that an untested version may be installed."""
    return not any(each.operator == "<" for each in requirement.specifier)


def constraints(asked: list[Requirement]) -> list[str]:
    """Pin everything to its lower bound, which must be the same in every extra."""
    pinned = sorted({lowest(each) for each in asked})
    names = [each.partition("==")[0] for each in pinned]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ValueError(f"different lower bounds in different extras: {', '.join(doubled)}")
    return pinned


def extras(asked: list[Requirement]) -> list[str]:
    """Name the extras, in alphabetical order."""
    markers = [str(each.marker) for each in asked if each.marker]
    return sorted({marker.partition("extra == ")[2].strip("'\"() ") for marker in markers if "extra ==" in marker})


def combinations(every: list[str]) -> list[tuple[str, ...]]:
    """Return the combinations of extras to install: none, each alone, the two that work together, all."""
    return [(), *((extra,) for extra in every), TOGETHER, tuple(every)]
