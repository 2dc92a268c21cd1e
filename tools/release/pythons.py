"""Which versions of Python the package supports, and where they are on this machine."""

import os
import re
import sys
from pathlib import Path

from tools.release.steps import attempted

NAMED = re.compile(r'"Programming Language :: Python :: (3\.\d+)"')


def named(pyproject: Path) -> list[str]:
    """Return the versions in the classifiers, oldest first: the lowest bounds are proved on that one."""
    return NAMED.findall(pyproject.read_text(encoding="utf-8"))


def found(version: str) -> str:
    """Return the path of a version, or an empty string; nothing is downloaded."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin"))
    path = os.pathsep.join([*map(str, kept), os.environ.get("PATH", "")])
    uv = Path(sys.executable).parent / "uv"
    done = attempted([uv, "python", "find", "--no-python-downloads", version], env=os.environ | {"PATH": path})
    printed = done.stdout.strip().splitlines()
    return printed[-1] if done.returncode == 0 and printed else ""
