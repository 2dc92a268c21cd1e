"""List licence and age of everything that users install: `python -m tools.release.audit ENVIRONMENT`.

Versions come from the lock, licences from the packages in ENVIRONMENT, and release dates from the index that pip is
configured to use; without an index they are unknown.
"""

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path

from attrs import frozen
from packaging.utils import canonicalize_name
from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, PyPISimple
from requests import RequestException

from tools.release.indexes import configured
from tools.release.licences import ELSEWHERE, UNKNOWN, accepted, licence
from tools.release.locks import RUNTIME, Pin, asked, pins
from tools.release.steps import run


@frozen
class Line:
    """What is known about one dependency."""

    pin: Pin
    needed_by: str
    licence: str
    released: datetime | None

    def days(self, now: datetime) -> str:
        return str((now - self.released).days) if self.released else UNKNOWN


def licences(environment: Path) -> dict[str, str]:
    folders = [str(path) for path in environment.glob("lib/python*/site-packages")]
    found = distributions(path=folders)
    return {canonicalize_name(each.metadata["Name"]): licence(each.metadata) for each in found}


def released(client: PyPISimple, pin: Pin) -> datetime | None:
    """Return when the first file of a version was uploaded; None if the index does not say."""
    try:
        files = client.get_project_page(pin.name).packages
    except (RequestException, NoSuchProjectError, ValueError):
        return None
    times = [each.upload_time for each in files if each.version == pin.version and each.upload_time]
    return min(times, default=None)


def releases(locked: list[Pin]) -> list[datetime | None]:
    indexes = configured(run([sys.executable, "-m", "pip", "config", "list"]))
    with PyPISimple(indexes.main or PYPI_SIMPLE_ENDPOINT) as client, ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda pin: released(client, pin), locked))


def needed(pin: Pin, direct: Mapping[str, set[str]]) -> str:
    """Return which extras need a package."""
    if pin.name not in direct:
        return "transitive"
    extras = sorted(direct[pin.name])
    return f"[{','.join(extras)}]" if extras else "everybody"


def lines(environment: Path) -> Iterator[Line]:
    locked, direct, named = pins(RUNTIME.read_text(encoding="utf-8")), asked(), licences(environment)
    for pin, day in zip(locked, releases(locked), strict=True):
        yield Line(pin, needed(pin, direct), named.get(pin.name, ELSEWHERE if pin.marker else UNKNOWN), day)


def main(environment: str) -> int:
    found, now = list(lines(Path(environment))), datetime.now(UTC)
    print(f"{'package':20} {'version':12} {'needed by':24} {'age in days':>11}  licence")
    for each in found:
        print(f"{each.pin.name:20} {each.pin.version:12} {each.needed_by:24} {each.days(now):>11}  {each.licence}")
    direct = sum(each.needed_by != "transitive" for each in found)
    print(f"{len(found)} packages, {direct} of them direct dependencies")
    wrong = [each for each in found if not accepted(each.licence)]
    for each in wrong:
        print(f"{each.pin.name}: {each.licence!r} is not accepted: replace it, or add it to tools/release/licences.py")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
