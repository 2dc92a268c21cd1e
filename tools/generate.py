"""Generate the low-level client from `openapi.yaml`: `python tools/generate.py [--check]`.

The tree is built beside the old one and takes its place only when the generator had nothing to complain about.
"""

import argparse
import filecmp
import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import yaml
from lowering import lower

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "openapi.yaml"
PACKAGE = ROOT / "generated" / "supermetrics_query_api"
BUILD = ROOT / "build" / "generate"
GENERATOR = "openapi-python-client"

PROVENANCE = '''"""Where this package comes from. Written by tools/generate.py."""

CONTRACT_VERSION = "{version}"
CONTRACT_SHA256 = "{sha256}"
GENERATOR = "{generator}"
SERVER_URL = "{server}"
'''


def provenance(contract: bytes) -> str:
    document = yaml.safe_load(contract)
    return PROVENANCE.format(
        version=document["info"]["version"],
        sha256=hashlib.sha256(contract).hexdigest(),
        generator=f"{GENERATOR} {version(GENERATOR)}",
        server=document["servers"][0]["url"],
    )


def run_generator(lowered: Path, output: Path) -> None:
    # The hooks call ruff by name: the one beside this interpreter, not whichever is on PATH.
    beside = Path(sys.executable).parent
    command = [
        *(str(beside / GENERATOR), "generate", "--meta", "none", "--fail-on-warning"),
        *("--config", str(ROOT / "generator-config.yml")),
        *("--path", str(lowered), "--output-path", str(output)),
    ]
    path = os.pathsep.join([str(beside), os.environ.get("PATH", "")])
    subprocess.run(command, check=True, env=os.environ | {"PATH": path})


def build(output: Path) -> None:
    """Write a fresh tree to `output`, which must not exist."""
    contract = CONTRACT.read_bytes()
    lowered = BUILD / "lowered.yaml"
    lowered.write_text(yaml.safe_dump(lower(yaml.safe_load(contract)), sort_keys=False))
    run_generator(lowered, output)
    (output / "py.typed").touch()
    (output / "provenance.py").write_text(provenance(contract))


def differences(one: Path, other: Path) -> list[str]:
    """Name the files that stand in only one of two trees or differ between them."""
    names = {
        path.relative_to(tree)
        for tree in (one, other)
        for path in tree.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return sorted(str(name) for name in names if not same(one / name, other / name))


def same(one: Path, other: Path) -> bool:
    return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)


def check(staging: Path) -> int:
    drifted = differences(PACKAGE, staging)
    for name in drifted:
        print(f"{PACKAGE.relative_to(ROOT) / name} is not what openapi.yaml gives")
    if drifted:
        print("run `make generate` and commit the result; never edit generated files")
    return bool(drifted)


def swap(staging: Path) -> int:
    PACKAGE.parent.mkdir(exist_ok=True)
    if PACKAGE.exists():
        PACKAGE.rename(BUILD / "previous")
    staging.rename(PACKAGE)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, and fail on any difference")
    arguments = parser.parse_args()
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    staging = BUILD / PACKAGE.name
    build(staging)
    return check(staging) if arguments.check else swap(staging)


if __name__ == "__main__":
    sys.exit(main())
