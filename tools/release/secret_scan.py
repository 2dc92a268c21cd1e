"""Search for secrets in what git holds and in what was built: `python -m tools.release.secret_scan`.

known_secrets.json, beside this file, lists the false alarms, each with the hash that is printed here and the reason.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings, get_settings

from tools import ROOT
from tools.release.packages import DIST, Built, built, files, tracked, unpacked, zipped
from tools.release.steps import StepError, step

KNOWN = Path(__file__).with_name("known_secrets.json")
# Files of hashes, whose every line looks like a secret. tests/contract/test_locks.py checks the locks.
HASHES = (r".*requirements/[a-z]+\.txt$", r".*package-lock\.json$", r".*known_secrets\.json$", r".*dist-info/RECORD$")
PLAIN = (r"CONTRACT_SHA256", r"query '[0-9a-f]{32}'")  # the second is how errors name a query


@frozen
class Finding:
    """What looks like a secret; the hash identifies it without revealing it."""

    place: str
    kind: str
    hash: str

    def __str__(self) -> str:
        return f"{self.place}: {self.kind} {self.hash}"


def findings(folder: Path, names: set[str]) -> Iterator[Finding]:
    """Scan files; report each secret once per file."""
    with default_settings():
        get_settings().filters["detect_secrets.filters.regex.should_exclude_file"] = {"pattern": list(HASHES)}
        get_settings().filters["detect_secrets.filters.regex.should_exclude_line"] = {"pattern": list(PLAIN)}
        for name in sorted(names):
            for each in scan_file(str(folder / name)):
                yield Finding(f"{name}:{each.line_number}", each.type, each.secret_hash)


def check(found: list[Finding], known: dict[str, str]) -> None:
    unknown = [str(each) for each in found if each.hash not in known]
    if unknown:
        advice = f"remove and revoke it; a false alarm goes into {KNOWN.relative_to(ROOT)}"
        raise StepError("\n".join([*unknown, advice]))


def added(made: Built, work: Path) -> dict[str, bytes]:
    """Return the files that the build added; the sources have been scanned already."""
    scanned = {(ROOT / name).read_bytes() for name in tracked()}
    contents = zipped(made.wheel) | files(unpacked(made.sdist, work))
    return {name: data for name, data in contents.items() if data not in scanned}


def check_built(known: dict[str, str]) -> None:
    """Scan the contents of the packages in dist/."""
    with TemporaryDirectory(prefix="secrets-") as work:
        new, folder = added(built(DIST), Path(work)), Path(work) / "added"
        for name, data in new.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        check(list(findings(folder, set(new))), known)


def main() -> int:
    known: dict[str, str] = json.loads(KNOWN.read_text(encoding="utf-8"))
    with step("no secret in what git holds"):
        check(list(findings(ROOT, tracked())), known)
    if not DIST.is_dir():
        print("       - dist/ is not there: make build", flush=True)
        return 0
    with step("no secret in what was built"):
        check_built(known)
    return 0


if __name__ == "__main__":
    sys.exit(main())
