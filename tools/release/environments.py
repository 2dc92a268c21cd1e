"""The setting of every proof, and fresh environments with the package that was built."""

from pathlib import Path

from attrs import frozen

from tools.release.indexes import Indexes, for_uv
from tools.release.packages import BESIDE, NAME, Built, zipped
from tools.release.steps import StepError, Words, clean, run


@frozen
class Bench:
    """What every proof needs: the packages, the index that has them, and the service to talk to."""

    work: Path
    made: Built
    index: str
    indexes: Indexes
    service: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        return self.made.wheel.name.split("-")[1]

    @property
    def pinned(self) -> str:
        return f"=={self.version}"


def python_of(venv: Path) -> Path:
    return venv / "bin" / "python"


def check_same(venv: Path, wheel: Path) -> None:
    """Fail unless every file of the wheel is installed byte for byte; only RECORD grows."""
    (packages,) = (venv / "lib").glob("python*/site-packages")
    contents = zipped(wheel)
    wrong = [
        name for name, data in contents.items() if not name.endswith("/RECORD") and not same(packages / name, data)
    ]
    if wrong:
        raise StepError("installed is something else than built:\n" + "\n".join(wrong))


def same(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def environment(bench: Bench, name: str, python: str, wanted: list[str], bounds: list[str]) -> Path:
    """Make an environment with the wanted packages, within the bounds, and nothing else."""
    venv, limits = bench.work / name, bench.work / f"{name}.txt"
    limits.write_text("\n".join([*bounds, f"{NAME}{bench.pinned}"]), encoding="utf-8")
    uv = BESIDE / "uv"
    run([uv, "venv", "--quiet", "--no-config", "--python", python, venv], env=clean())
    # The cache of uv identifies files by the address of their index, and ports are reused.
    options: Words = ("--no-config", "--quiet", "--refresh-package", NAME, "--constraints", limits)
    where = for_uv(f"{bench.index}simple/", bench.indexes)
    run([uv, "pip", "install", "--python", python_of(venv), *options, *where, *wanted], env=clean())
    check_same(venv, bench.made.wheel)
    return venv
