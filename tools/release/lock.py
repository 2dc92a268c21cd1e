"""Raise the locked versions in requirements/, all or one: `python -m tools.release.lock [PACKAGE]`.

A lock holds names, versions, markers and hashes, and nothing of the machine that wrote it.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

from tools import ROOT
from tools.release.locks import pins

FORM = ("--quiet", "--generate-hashes", "--universal", "--no-header", "--no-annotate", "--no-emit-index-url")
AS_DEV = ("--constraint", "requirements/dev.txt")
ALL = ("pyproject.toml", "--all-extras")

# What each lock is made from. Those that follow `dev` have its versions, but for `site`, which is used by itself.
LOCKS: dict[str, tuple[str, ...]] = {
    "dev": (*ALL, "--group", "dev"),
    "run": (*AS_DEV, "pyproject.toml", "--extra", "cli", "--extra", "emulator", "--group", "build"),
    "runtime": (*AS_DEV, *ALL),
    "release": (*AS_DEV, "--group", "release"),
    "compare": (*AS_DEV, "pyproject.toml", "--extra", "emulator", "--group", "build", "--group", "compare"),
    "bench": (*AS_DEV, "pyproject.toml", "--group", "bench", "--group", "build"),
    "peer": (*AS_DEV, "--group", "peer"),
    "site": ("--group", "site"),
}

Versions = dict[str, set[str]]


def path(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def command(name: str, package: str) -> list[str]:
    """Return what compiles a lock; without a package, every version may rise."""
    raised = ["--upgrade-package", package] if package else ["--upgrade"]
    uv = Path(sys.executable).parent / "uv"
    return [str(uv), "pip", "compile", *FORM, *raised, *LOCKS[name], "--output-file", f"requirements/{name}.txt"]


def versions(lock: str) -> Versions:
    """Return the versions of each package; several, if they depend on the platform."""
    found: Versions = {}
    for pin in pins(lock):
        found.setdefault(pin.name, set()).add(pin.version)
    return found


def changes(before: Versions, after: Versions) -> Iterator[str]:
    for name in sorted(before | after):
        old, new = (", ".join(sorted(side.get(name, {"none"}))) for side in (before, after))
        if old != new:
            yield f"{name} {old} -> {new}"


def compile_lock(name: str, package: str) -> tuple[Versions, Versions]:
    """Write a lock, and return its versions before and after."""
    before = versions(path(name).read_text(encoding="utf-8"))
    if subprocess.run(command(name, package), cwd=ROOT, check=False).returncode:
        raise SystemExit(f"requirements/{name}.txt is as it was: uv cannot resolve it")
    return before, versions(path(name).read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    package = canonicalize_name(arguments[0]) if arguments else ""
    compiled = {name: compile_lock(name, package) for name in LOCKS}
    lines = [f"{name:8} {line}" for name, (before, after) in compiled.items() for line in changes(before, after)]
    print("\n".join(lines) or "no version has changed; one that pyproject.toml pins with == is raised there")
    if package and not any(package in after for _, after in compiled.values()):
        print(f"no lock has a package {package!r}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
