"""Try another version of the generator and change nothing: `python -m tools.contract.trial VERSION [PACKAGE...]`.

A copy of the project in build/ is generated and tested in an environment that holds what the other generator brings,
and the packages that are named, such as another HTTP library. Everything else comes from the environment of this run.
"""

import ast
import os
import shutil
import subprocess
import sys
import sysconfig
from argparse import ArgumentParser
from difflib import unified_diff
from importlib.metadata import version as installed
from pathlib import Path

from tools import ROOT
from tools.contract.generate import PACKAGE, differences
from tools.contract.upstream import GENERATOR, TEMPLATES, upstream

LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "build", "dist")
TESTS = ("tests/contract", "tests/release/test_compatibility.py", "tests/test_architecture.py")
PIP_INSTALL = ("-m", "pip", "install", "-qq", "--disable-pip-version-check")
ADVICE = "CONTRIBUTING.md says what to look at, under `Another version of the generator`"


def environment(folder: Path, packages: list[str]) -> Path:
    """Return the interpreter of an environment that holds some packages; one that exists is used again."""
    python, record, wanted = folder / "bin" / "python", folder / "packages.txt", "\n".join(packages)
    if not record.exists() or record.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        if subprocess.run([str(python), *PIP_INSTALL, *packages], check=False).returncode:
            raise SystemExit(f"pip cannot install {' '.join(packages)}")
        (site_packages(folder) / "project.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        record.write_text(wanted, encoding="utf-8")
    return python


def site_packages(environment: Path) -> Path:
    (found,) = (environment / "lib").glob("python*/site-packages")
    return found


def copy_of_the_project(folder: Path) -> Path:
    """Return a fresh copy of everything that is written by hand or generated."""
    shutil.rmtree(folder, ignore_errors=True)
    return Path(shutil.copytree(ROOT, folder, ignore=LEFT_OUT, symlinks=True))


def run(python: Path, project: Path, *arguments: str) -> int:
    """Run a module in the copy, and return its exit code."""
    paths = os.pathsep.join(str(project / each) for each in ("overlays", "generated"))
    command = [str(python), "-m", *arguments]
    return subprocess.run(command, cwd=project, env=os.environ | {"PYTHONPATH": paths}, check=False).returncode


def changed_templates(theirs: Path) -> str:
    """Return how the templates that ours replace differ between the two generators."""
    texts = (differing(upstream() / path.name, theirs / path.name) for path in sorted(TEMPLATES.glob("*.jinja")))
    return "".join(texts)


def differing(one: Path, other: Path) -> str:
    before, after = (path.read_text(encoding="utf-8").splitlines() if path.exists() else [] for path in (one, other))
    return "".join(f"{line}\n" for line in unified_diff(before, after, one.name, other.name, lineterm=""))


def imports(tree: Path) -> set[str]:
    """Name the packages that the modules of a tree import."""
    found: set[str] = set()
    for path in tree.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.partition(".")[0])
    return found


def report(fresh: Path) -> None:
    """Show what the other generator writes differently."""
    names = differences(ROOT / PACKAGE, fresh)
    print("".join(differing(ROOT / PACKAGE / name, fresh / name) for name in names) or "the same tree, to the byte")
    before, after = imports(ROOT / PACKAGE), imports(fresh)
    print(f"{len(names)} generated files differ")
    print(f"imports that are new: {sorted(after - before)}; that are gone: {sorted(before - after)}")


def attempt(packages: list[str], work: Path) -> int:
    """Generate with another version, show what differs, and test it; return how many steps failed."""
    python, project = environment(work / "environment", packages), copy_of_the_project(work / "project")
    theirs = site_packages(work / "environment") / "openapi_python_client" / "templates"
    print(changed_templates(theirs) or "the templates that ours replace are the same", flush=True)
    if run(python, project, "tools.contract.upstream") or run(python, project, "tools.contract.generate"):
        return 1
    report(project / PACKAGE)
    sys.stdout.flush()
    steps = [run(python, project, "mypy", "generated"), run(python, project, "pytest", "-q", *TESTS)]
    return sum(map(bool, steps))


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("version", help="of the generator, for example 0.30.0")
    parser.add_argument("packages", nargs="*", help="to install beside it, for example another HTTP library")
    given = parser.parse_args(arguments)
    # The formatter of the project: another one would hide what the generator changed.
    packages = [f"{GENERATOR}=={given.version}", f"ruff=={installed('ruff')}", *given.packages]
    failed = attempt(packages, ROOT / "build" / f"generator-{given.version}")
    print(f"{GENERATOR} {given.version} {'failed' if failed else 'passed'}. {ADVICE}.")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
