"""Run pytest inside a test as a consumer would: in another process, without the settings of this project."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

# Plugins that only our own tests need take two of the two and a half seconds of a run.
UNUSED = ("-p no:hypothesispytest", "-p no:schemathesis", "-p no:xdist")
OPTIONS = ("-p no:cacheprovider", *UNUSED, "--strict-markers", "--strict-config", "-W error")


@frozen
class Outcome:
    """How a run of pytest ended."""

    exit_code: int
    output: str

    def count(self, what: str) -> int:
        """Return how many tests ended as `passed`, `failed` or `error`."""
        found = re.search(rf"(\d+) {what}", self.output.splitlines()[-1])
        return int(found[1]) if found else 0


def outside(**changes: str) -> dict[str, str]:
    """Return an environment for a process in another folder."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    absolute = os.pathsep.join(str(Path(path).resolve()) for path in paths if path)
    return {**os.environ, "PYTHONPATH": absolute, **changes}


def run_pytest(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Outcome:
    """Run the tests in a folder."""
    settings = folder / "pytest.ini"
    if not settings.exists():
        settings.write_text(f"[pytest]\naddopts = {' '.join(OPTIONS)}\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        str(settings),
        "--rootdir",
        str(folder),
        *options,
        str(folder),
    ]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=env or outside(), cwd=folder)
    return Outcome(ended.returncode, ended.stdout + ended.stderr)
