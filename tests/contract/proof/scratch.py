"""A copy of the project in which a changed contract is validated, tested and compared as `make check` does it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from attrs import frozen

from tests.contract.proof.edits import Change, Notice
from tests.contract.proof.noticing import Seen
from tools import ROOT
from tools.contract.document import Document, dump

COPIED = ("tests", "tools", "overlays", "generated", "docs", "openapi.yaml", "generator-config.yml", "pyproject.toml")
CONTRACT, OLD = "openapi.yaml", "old.yaml"
# Commands by what they notice. The tests are those of the contract itself; what others compare reaches the code.
LINT = ("-m", "tools.contract.redocly", "lint", CONTRACT)
VALIDATE = ("-m", "openapi_spec_validator", "--subschema-errors", "all", CONTRACT)
TESTED = ("house_rules", "examples", "permitted")
TEST = ("-m", "pytest", "-qx", "-p", "no:cacheprovider", *(f"tests/contract/test_{name}.py" for name in TESTED))
DIFF = ("-m", "tools.contract.diff", OLD, CONTRACT)
STAGES = ((Notice.LINT, VALIDATE), (Notice.LINT, LINT), (Notice.TEST, TEST), (Notice.DIFF, DIFF))


@frozen
class Scratch:
    """A copy of the project."""

    root: Path

    def run(self, *arguments: str) -> tuple[bool, str]:
        """Run Python in the copy; return whether it succeeded, and what it said."""
        path = os.pathsep.join(str(self.root / name) for name in (".", "overlays", "generated"))
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        return not done.returncode, done.stdout + done.stderr

    def judge(self, contract: Document, change: Change) -> Seen | None:
        """Return what notices a change that reaches no code, so that nothing has to be generated."""
        (self.root / OLD).write_bytes(dump(change.before(contract)))
        (self.root / CONTRACT).write_bytes(dump(change.after(contract)))
        for notice, command in STAGES:
            succeeded, said = self.run(*command)
            if not succeeded:
                return Seen(notice, gist(said))
        return None


def gist(said: str) -> str:
    """Return the line of an output that says most."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("FAILED", "ERROR", "info.version", "[1]"))]
    return (telling or lines)[0]


def copy(work: Path) -> Scratch:
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, work / name)
    shutil.copy(ROOT / ".redocly.yaml", work)
    (work / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    return Scratch(work)
