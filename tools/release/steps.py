"""Run a long job step by step: one line per step, and a readable message if one fails."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

SHOWN = 40  # the last lines of the output of a failed command

Words = Sequence[str | Path]


class StepError(Exception):
    """A step has failed; the message says how."""


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print how long a step took; if it fails, print why and exit."""
    began = monotonic()
    try:
        yield
    except StepError as error:
        print(f"FAILED   {title}\n{textwrap.indent(str(error), '         ')}", flush=True)
        sys.exit(1)
    print(f"{monotonic() - began:6.1f} s {title}", flush=True)


def attempted(
    command: Words, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command and return its output on both streams, whatever its exit code."""
    return subprocess.run(
        command, cwd=cwd, env=env, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def run(command: Words, *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a command that must succeed."""
    done = attempted(command, cwd=cwd, env=env)
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-SHOWN:])
        raise StepError(f"{' '.join(map(str, command))}\nended with {done.returncode} and said\n{said}")
    return done.stdout


def clean() -> dict[str, str]:
    """Return the environment without variables that redirect Python or the package to other files or servers."""
    led = ("PYTHON", "SUPERMETRICS_", "VIRTUAL_ENV", "UV_CONSTRAINT")
    return {name: value for name, value in os.environ.items() if not name.startswith(led)}
