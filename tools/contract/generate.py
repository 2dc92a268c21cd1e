"""Generate the low-level client from `openapi.yaml`: `python -m tools.contract.generate [--check]`.

The tree is built beside the old one and replaces it only if the generator reports nothing.
"""

import argparse
import filecmp
import hashlib
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from yaml import YAMLError

from tools import ROOT
from tools.contract.document import Document, dump, load
from tools.contract.limits import limits
from tools.contract.lowering import lower
from tools.contract.refusals import refusals
from tools.contract.upstream import GENERATOR, RECORD, TEMPLATES, complaint

PACKAGE = Path("generated", "supermetrics_query_api")

PROVENANCE = '''"""Where this package comes from. Written by `make generate`."""

CONTRACT_VERSION = "{version}"
CONTRACT_SHA256 = "{sha256}"
GENERATOR = "{generator}"
SERVER_URL = "{server}"
'''


class GenerationError(Exception):
    """Nothing can be generated; the message says what may not stand in the contract, or what to look at."""


def permitted(contract: Path) -> Document:
    """Return the contract; raise GenerationError where something in it would be lost or misread."""
    try:
        document = load(contract)
    except YAMLError as error:
        raise GenerationError(f"{contract.name} cannot be read: {error}") from None
    if refused := refusals(document):
        raise GenerationError("\n".join(map(str, refused)))
    return document


def provenance(contract: Path) -> str:
    document = load(contract)
    return PROVENANCE.format(
        version=document["info"]["version"],
        sha256=hashlib.sha256(contract.read_bytes()).hexdigest(),
        generator=f"{GENERATOR} {version(GENERATOR)}",
        server=document["servers"][0]["url"],
    )


def run_generator(config: Path, lowered: Path, output: Path) -> None:
    # The hooks call ruff by name: it must be the one next to this interpreter, not any other on PATH.
    beside = Path(sys.executable).parent
    command = [
        *(str(beside / GENERATOR), "generate", "--meta", "none", "--fail-on-warning"),
        *("--config", str(config), "--path", str(lowered), "--output-path", str(output)),
        *("--custom-template-path", str(TEMPLATES)),
    ]
    path = os.pathsep.join([str(beside), os.environ.get("PATH", "")])
    done = subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GenerationError(done.stdout + done.stderr)


def build(root: Path, work: Path, record: Path = RECORD) -> Path:
    """Make a fresh tree in `work` from the contract in `root`."""
    if found := complaint(record):
        raise GenerationError(found)
    contract, lowered, tree = root / "openapi.yaml", work / "lowered.yaml", work / PACKAGE.name
    document = permitted(contract)
    lowered.write_bytes(dump(lower(document)))
    run_generator(root / "generator-config.yml", lowered, tree)
    (tree / "py.typed").touch()
    (tree / "provenance.py").write_text(provenance(contract), encoding="utf-8")
    (tree / "limits.py").write_text(limits(document), encoding="utf-8")
    return tree


def same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)


def differences(one: Path, other: Path) -> list[str]:
    """Name the files that exist in only one of two trees or differ between them."""
    names = {
        path.relative_to(tree)
        for tree in (one, other)
        for path in tree.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return sorted(str(name) for name in names if not same(one / name, other / name))


def check(package: Path, fresh: Path) -> int:
    drifted = differences(package, fresh)
    for name in drifted:
        print(f"{PACKAGE / name} is not what openapi.yaml generates")
    if drifted:
        print("run `make generate` and commit the result; never edit generated files")
    return bool(drifted)


def swap(package: Path, fresh: Path) -> int:
    package.parent.mkdir(exist_ok=True)
    if package.exists():
        package.rename(fresh.parent / "previous")
    fresh.rename(package)
    return 0


def main(arguments: list[str], root: Path = ROOT, record: Path = RECORD) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, and fail on any difference")
    finish = check if parser.parse_args(arguments).check else swap
    (root / "build").mkdir(exist_ok=True)
    # Inside the project: a tree can only be renamed into place on its own file system.
    with TemporaryDirectory(dir=root / "build", prefix="generate-") as work:
        try:
            return finish(root / PACKAGE, build(root, Path(work), record))
        except GenerationError as error:
            print(f"{error}\n{PACKAGE} is unchanged: nothing was generated from openapi.yaml", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
