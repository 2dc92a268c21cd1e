"""Upload what was proved: `python -m tools.release.publish`; docs/releasing.md has the steps before and after.

Every check comes before twine asks for credentials. twine reads where to upload, and as whom, from its own settings:
TWINE_REPOSITORY_URL and the like, .pypirc, the keyring.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from tools import ROOT
from tools.release.packages import BESIDE, DIST, NAME, PROOF, Built, built, digest
from tools.release.steps import StepError, attempted, run, step

FRAGMENTS = ROOT / "changelog.d"


def git(*arguments: str) -> str:
    return run(["git", *arguments], cwd=ROOT).strip()


def check_clean() -> None:
    """Fail unless everything is committed."""
    if changed := git("status", "--porcelain"):
        raise StepError(f"the tree has changes that are not committed; commit or stash them:\n{changed}")


def check_tagged(version: str) -> None:
    if f"v{version}" not in git("tag", "--points-at", "HEAD").split():
        raise StepError(f"this commit is not tagged: git tag -a v{version}")


def check_proved(made: Built) -> None:
    """Fail unless exactly these files, of exactly this commit, have passed the proof."""
    if not PROOF.is_file():
        raise StepError("nothing is proved: make release-proof")
    proved = json.loads(PROOF.read_text(encoding="utf-8"))
    if proved["commit"] != git("rev-parse", "HEAD"):
        raise StepError(f"the proof is of another commit, {proved['commit'][:12]}: make release-proof")
    if proved["files"] != {path.name: digest(path) for path in (made.wheel, made.sdist)}:
        raise StepError("the files in dist/ are not the ones that were proved: make release-proof")


def check_changelog(changelog: str, version: str, fragments: Path = FRAGMENTS) -> None:
    """Fail unless the changelog has a dated section for the version, and no fragment is left over."""
    if not re.search(rf"^## {re.escape(version)}, \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        raise StepError(f"CHANGELOG.md has no line '## {version}, YYYY-MM-DD'")
    waiting = [path.name for path in fragments.glob("*.*.md")]
    if waiting:
        raise StepError(f"these fragments are not in CHANGELOG.md yet: {', '.join(sorted(waiting))}")


def check_new(version: str, listing: str, code: int) -> None:
    """Fail when the index has the version, or cannot be asked; `listing` is what `pip index versions` said."""
    if code == 0 and version in re.split(r"[,\s]+", listing.partition("Available versions:")[2]):
        raise StepError(f"the index has {NAME} {version}; a version is published once: raise __version__")
    if "Retrying" in listing or (code and "No matching distribution" not in listing):
        raise StepError(f"the index cannot be asked which versions it has:\n{listing}")


def main() -> int:
    with step("dist/ holds one build"):
        made = built(DIST)
    version = made.wheel.name.split("-")[1]
    with step("the tree is clean, and tagged with the version"):
        check_clean()
        check_tagged(version)
    with step("the changelog has a section for the version"):
        check_changelog((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    with step("these files of this commit are proved"):
        check_proved(made)
    with step(f"the index does not have {NAME} {version}"):
        asked = attempted([sys.executable, "-m", "pip", "index", "versions", NAME])
        check_new(version, asked.stdout, asked.returncode)
    return upload(made)


def upload(made: Built) -> int:
    """Run twine, which asks for what is not configured."""
    return subprocess.call([BESIDE / "twine", "upload", made.sdist, made.wheel])


if __name__ == "__main__":
    sys.exit(main())
