"""Prove the files in dist/: upload them to an index on loopback, install them from there and use them.

Each extra is installed alone, then `cli` with `emulator`, then all together: a dependency that an extra forgets shows
only where nothing else installs it. The same is done with the lowest versions that the metadata allows. The files that
passed are recorded in build/proof.json; without that record, `make publish` refuses them.
"""

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from pypi_simple import PYPI_SIMPLE_ENDPOINT

from tools import ROOT
from tools.release.bounds import TOGETHER, combinations, constraints, extras, requirements, unbounded
from tools.release.environments import ProofSetup, check_same, environment, python_of
from tools.release.indexes import configured, for_pip
from tools.release.loopback import package_index, smoke_service
from tools.release.packages import BESIDE, DIST, NAME, PROOF, Built, built, digest
from tools.release.pythons import found, named
from tools.release.steps import StepError, Words, attempted, clean, run, step

SMOKE, SERVICE = (Path(__file__).with_name(name) for name in ("smoke.py", "smoke_service.py"))
EXAMPLES = ROOT / "examples"


def upload(setup: ProofSetup) -> Words:
    """Return the command that uploads; the index on loopback accepts any user."""
    where: Words = ("--repository-url", setup.index, "--username", "somebody", "--password", "nothing")
    twine: Words = (BESIDE / "twine", "--no-color", "upload", "--disable-progress-bar", "--verbose")
    return [*twine, *where, setup.made.sdist, setup.made.wheel]


def publish_once(setup: ProofSetup) -> None:
    with step("upload to an index on loopback"):
        run(upload(setup))
    with step("the index refuses the same version a second time"):
        done = attempted(upload(setup))
        if done.returncode == 0 or "already exists" not in done.stdout:
            raise StepError(f"the second upload ended with {done.returncode} and said\n{done.stdout}")


def install_with_pip(setup: ProofSetup) -> Path:
    """Install as a user would, preferring that index, and compare what pip reports with dist/."""
    venv, report = setup.work / "stranger", setup.work / "report.json"
    options = for_pip(f"{setup.index}simple/", setup.indexes, PYPI_SIMPLE_ENDPOINT)
    with step(f"pip installs {NAME}[{','.join(TOGETHER)}] from it into a fresh environment"):
        run([sys.executable, "-m", "venv", venv])
        wanted = f"{NAME}[{','.join(TOGETHER)}]{setup.pinned}"
        pip: Words = [python_of(venv), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        run([*pip, *options, "--no-cache-dir", f"--report={report}", wanted], env=clean())
    with step("pip took the wheel of dist/, from that index"):
        check_report(json.loads(report.read_text(encoding="utf-8")), setup)
        check_same(venv, setup.made.wheel)
    return venv


def check_report(report: dict[str, list[dict[str, dict[str, object]]]], setup: ProofSetup) -> None:
    """Fail unless pip installed our wheel: right index, right hash."""
    taken = [each["download_info"] for each in report["install"] if each["metadata"]["name"] == NAME]
    expected = f"sha256={digest(setup.made.wheel)}"
    for each in taken:
        archive = each["archive_info"]
        if str(each["url"]).startswith(setup.index) and isinstance(archive, dict) and archive["hash"] == expected:
            return
    raise StepError(f"pip took {taken} instead of {expected} from {setup.index}")


def prove_extras(setup: ProofSetup, kind: str, python: str, chosen: tuple[str, ...], bounds: list[str]) -> None:
    title = "all extras" if len(chosen) > len(TOGETHER) else f"[{','.join(chosen)}]" if chosen else "no extra"
    with step(f"{kind}, {title}"):
        wanted = f"{NAME}[{','.join(chosen)}]" if chosen else NAME
        venv = environment(setup, f"{kind}-{'-'.join(chosen)}".replace(" ", "-"), python, [wanted], bounds)
        run([python_of(venv), "-I", SMOKE, *setup.service, *chosen], cwd=setup.work, env=clean())
        shutil.rmtree(venv)


def prove_consumer(setup: ProofSetup, kind: str, python: str, project: Path, bounds: list[str]) -> None:
    """Run the tests of a project that depends on this one, outside this tree."""
    with step(f"{kind}, the tests of {project.name}"):
        copy = setup.work / f"{kind}-{project.name}".replace(" ", "-")
        shutil.copytree(project, copy / project.name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        wanted = f"{project.name}[test] @ {(copy / project.name).as_uri()}"
        venv = environment(setup, f"{copy.name}-venv", python, [wanted], bounds)
        said = run([python_of(venv), "-m", "pytest", "-q"], cwd=copy / project.name, env=clean())
        if " passed" not in said:
            raise StepError(f"no test passed:\n{said}")
        shutil.rmtree(venv)


def prove_everything(setup: ProofSetup, kind: str, python: str, bounds: list[str]) -> None:
    for chosen in combinations(extras(requirements(setup.made.wheel))):
        prove_extras(setup, kind, python, chosen, bounds)
    for project in consumers():
        prove_consumer(setup, kind, python, project, bounds)


def consumers() -> list[Path]:
    return sorted(path.parent for path in EXAMPLES.glob("*/pyproject.toml"))


def prove(setup: ProofSetup) -> None:
    """Install and use the package in every combination."""
    asked = requirements(setup.made.wheel)
    with step("every dependency has a lower and an upper bound"):
        lowest = constraints(asked)
        if loose := [str(each) for each in asked if unbounded(each)]:
            raise StepError(f"without an upper bound: {', '.join(loose)}")
    here, *others = named(ROOT / "pyproject.toml")
    prove_everything(setup, f"python {here}, newest", here, [])
    prove_everything(setup, f"python {here}, lowest", here, lowest)
    for version in others:
        prove_other(setup, version)


def prove_other(setup: ProofSetup, version: str) -> None:
    """Prove another version of Python, if this machine has it."""
    python = found(version)
    if not python:
        print(f"       - python {version} is not on this machine: nothing is proved for it", flush=True)
        return
    prove_extras(setup, f"python {version}, newest", python, tuple(extras(requirements(setup.made.wheel))), [])
    for project in consumers():
        prove_consumer(setup, f"python {version}, newest", python, project, [])


def record(made: Built) -> None:
    """Record what is proved, if the tree is committed."""
    if run(["git", "status", "--porcelain"], cwd=ROOT):
        print("       - the tree has changes that are not committed: nothing is recorded, and nothing can be published")
        return
    commit = run(["git", "rev-parse", "HEAD"], cwd=ROOT).strip()
    proved = {"commit": commit, "files": {path.name: digest(path) for path in (made.wheel, made.sdist)}}
    PROOF.parent.mkdir(exist_ok=True)
    PROOF.write_text(json.dumps(proved, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    began = monotonic()
    PROOF.unlink(missing_ok=True)
    made = built(DIST)
    with TemporaryDirectory(prefix="release-proof-") as name, package_index(Path(name) / "index") as index:
        work = Path(name).resolve()
        setup = ProofSetup(work, made, index, configured(run([sys.executable, "-m", "pip", "config", "list"])))
        publish_once(setup)
        stranger = install_with_pip(setup)
        with smoke_service(python_of(stranger), SERVICE, work / "service.log") as service:
            prove(ProofSetup(work, made, index, setup.indexes, service))
    record(made)
    print(f"{monotonic() - began:6.1f} s in all: {NAME} {setup.version} is proved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
