"""What every proof shares, and fresh environments that contain the built package."""

from pathlib import Path

from attrs import frozen

from tools.release.indexes import Indexes, for_uv
from tools.release.packages import BESIDE, NAME, Built, zipped
from tools.release.steps import StepError, Words, clean, run


@frozen
class ProofSetup:
    """What every proof needs: the built packages, the index that serves them, and the service to talk to."""

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
    """Fail unless every file of the wheel is installed byte for byte; only RECORD may differ."""
    (packages,) = (venv / "lib").glob("python*/site-packages")
    contents = zipped(wheel)
    wrong = [
        name for name, data in contents.items() if not name.endswith("/RECORD") and not same(packages / name, data)
    ]
    if wrong:
        raise StepError("the installed files differ from the wheel:\n" + "\n".join(wrong))


def same(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def environment(setup: ProofSetup, name: str, python: str, wanted: list[str], bounds: list[str]) -> Path:
    """Make an environment with the wanted packages, within the bounds, and nothing else."""
    venv, limits = setup.work / name, setup.work / f"{name}.txt"
    limits.write_text("\n".join([*bounds, f"{NAME}{setup.pinned}"]), encoding="utf-8")
    uv = BESIDE / "uv"
    run([uv, "venv", "--quiet", "--no-config", "--python", python, venv], env=clean())
    # uv caches files by the address of their index, and ports are reused.
    options: Words = ("--no-config", "--quiet", "--refresh-package", NAME, "--constraints", limits)
    where = for_uv(f"{setup.index}simple/", setup.indexes)
    run([uv, "pip", "install", "--python", python_of(venv), *options, *where, *wanted], env=clean())
    check_same(venv, setup.made.wheel)
    return venv
