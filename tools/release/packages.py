"""Build the wheel and the sdist into dist/, and examine them: `python -m tools.release.packages PYTHON`.

PYTHON is the one that has the generator. The second build happens elsewhere, from the sdist of the first, and must
give the same bytes.
"""

import hashlib
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from tools import ROOT
from tools.release.indexes import configured
from tools.release.steps import StepError, attempted, run, step

BESIDE = Path(sys.executable).parent
DIST = ROOT / "dist"
PROOF = ROOT / "build" / "proof.json"  # the files that passed the proof
NAME = "supermetrics-query"
PACKAGES = {
    "generated/supermetrics_query_api": "supermetrics_query_api",
    "overlays/supermetrics_query": "supermetrics_query",
}
SBOM = "requirements/sbom.cdx.json"
WRITTEN = {"PKG-INFO"}  # what the build adds to the sources


@frozen
class Built:
    """The two files that a build makes."""

    wheel: Path
    sdist: Path


def built(folder: Path) -> Built:
    """Find the one wheel and the one sdist in a folder."""
    wheels, sdists = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sdists) != 1:
        raise StepError(
            f"{folder.name}/ must hold one wheel and one sdist, not {len(wheels)} and {len(sdists)}: make build"
        )
    return Built(wheels[0], sdists[0])


def build(tree: Path, output: Path) -> Built:
    """Build the sdist, and the wheel from it. Timestamps in both are hatchling's defaults."""
    shutil.rmtree(output, ignore_errors=True)
    env = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", output, tree], env=env, cwd=output.parent)
    return built(output)


def unpacked(sdist: Path, into: Path) -> Path:
    """Unpack the sources and return their folder."""
    with tarfile.open(sdist) as archive:
        archive.extractall(into, filter="data")
    return into / sdist.name.removesuffix(".tar.gz")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def zipped(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def compare(one: Built, other: Built) -> None:
    """Fail unless two builds have the same names and bytes."""
    for mine, theirs in ((one.wheel, other.wheel), (one.sdist, other.sdist)):
        if mine.name != theirs.name or mine.read_bytes() != theirs.read_bytes():
            raise StepError(f"{mine.name} differs when it is built again")


def check_sources(held: set[str], tracked: set[str]) -> None:
    """Fail unless the sdist holds what git holds, and nothing else."""
    stray, missing = sorted(held - tracked - WRITTEN), sorted(tracked - held)
    lines = [*(f"{name} is in the sdist and not in git" for name in stray)]
    lines += [f"{name} is in git and not in the sdist" for name in missing]
    if lines:
        raise StepError("\n".join(lines))


def check_wheel(contents: dict[str, bytes], sources: dict[str, bytes]) -> None:
    """Fail unless the wheel holds both packages byte for byte, their types and the bill of materials."""
    wanted = dict(placed(sources))
    held = {name: data for name, data in contents.items() if ".dist-info/" not in name}
    wrong = sorted(name for name in wanted.keys() | held.keys() if wanted.get(name) != held.get(name))
    typed = [f"{package}/py.typed" for package in PACKAGES.values()]
    wrong += [name for name in typed if name not in held]
    if sources[SBOM] not in [data for name, data in contents.items() if ".dist-info/sboms/" in name]:
        wrong.append(SBOM)
    if wrong:
        raise StepError("these differ between the wheel and the sources:\n" + "\n".join(wrong))


def placed(sources: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of both packages under their names in the wheel."""
    for name, data in sources.items():
        for folder, package in PACKAGES.items():
            if name.startswith(f"{folder}/"):
                yield name.replace(folder, package, 1), data


def check_private(contents: dict[str, bytes], private: set[str]) -> None:
    """Fail if a file names a folder of this machine or an index it uses."""
    lines = [f"{name} holds {text!r}" for name, data in contents.items() for text in private if text.encode() in data]
    if lines:
        raise StepError("\n".join(lines))


def of_this_machine(*folders: Path) -> set[str]:
    """Return texts that no published file may contain: folders and indexes of this machine."""
    indexes = configured(run([sys.executable, "-m", "pip", "config", "list"]))
    places = {f"{folder}/" for folder in (ROOT, Path.home(), *folders)}
    return places | {each for each in (indexes.main, *indexes.further, *indexes.files) if each}


def tracked() -> set[str]:
    """Name the files in the index of git."""
    done = attempted(["git", "ls-files", "--cached"], cwd=ROOT)
    if done.returncode:
        raise StepError("a release is built from a git clone")
    return {name for name in done.stdout.splitlines() if (ROOT / name).is_file()}


def examine(first: Built, work: Path, python: str) -> None:
    """Examine what was built."""
    tree = unpacked(first.sdist, work)
    sources, contents = files(tree), zipped(first.wheel)
    with step("the sdist holds what git holds, and nothing else"):
        check_sources(set(sources), tracked())
    with step("the wheel holds both packages, typed, and the bill of materials"):
        check_wheel(contents, sources)
    with step("nothing in them names this machine"):
        check_private(sources | contents, of_this_machine(work))
    with step("a second build, from the sdist and elsewhere, gives the same bytes"):
        compare(first, build(tree, work / "again"))
    with step("the sdist generates the tree that it holds"):
        run([python, "-m", "tools.contract.generate", "--check"], cwd=tree)
    with step("twine and check-wheel-contents find nothing wrong"):
        run([BESIDE / "twine", "--no-color", "check", "--strict", first.wheel, first.sdist])
        run([BESIDE / "check-wheel-contents", "--config", ROOT / "pyproject.toml", first.wheel])


def main(python: str) -> int:
    with step("the bill of materials names what is locked"):
        run([sys.executable, "-m", "tools.release.sbom", "--check"], cwd=ROOT)
    with step("build the sdist, and the wheel from it"):
        first = build(ROOT, DIST)
    with TemporaryDirectory(prefix="release-") as work:
        examine(first, Path(work).resolve(), str(Path(python).absolute()))
    for path in (first.wheel, first.sdist):
        print(f"         {path.relative_to(ROOT)} {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
