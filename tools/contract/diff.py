"""Rate what changed in the contract since the last release: `python -m tools.contract.diff [OLD [NEW]]`.

Redocly finds the changes, including those inside the JSON parameter, and knows which of them are breaking. The other
changes are rated here: Redocly counts a new example as a feature and a new format as wording.
"""

import json
import sys
from enum import IntEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import frozen

from tools import ROOT
from tools.contract.document import Document, load
from tools.contract.redocly import redocly

RELEASED = Path("docs", "contract", "released.yaml")
CURRENT = Path("openapi.yaml")
EXPLAINING = {"description", "summary", "title", "example", "examples", "externalDocs", "contact", "license"}

Version = tuple[int, int, int]


class Rating(IntEnum):
    """What a change means for users of the contract."""

    NONE = 0
    ADDITIVE = 1
    BREAKING = 2


@frozen
class Change:
    rating: Rating
    kind: str
    where: str
    reasons: tuple[str, ...] = ()


def explains(change: dict[str, Any]) -> bool:
    """Return whether a change touches only explanations; a member named `title` is not one."""
    steps = ["", *change["path"].split("/"), change.get("property", "")]
    within = any(step in EXPLAINING and before != "properties" for before, step in pairwise(steps))
    return within or steps[2] == "tags"


def rate(change: dict[str, Any]) -> Rating:
    """Rate one change that Redocly reports."""
    if change["impact"] == "major":
        return Rating.BREAKING
    return Rating.NONE if explains(change) else Rating.ADDITIVE


def described(change: dict[str, Any]) -> Change:
    place = change["revision"] if "revision" in change else change["base"]
    steps = [step.replace("~1", "/") for step in place["pointer"].split("/")[1:]]
    where = f"{' '.join(steps)} ({place['file']}:{place['line']})"
    return Change(rate(change), change["kind"], where, tuple(each["message"] for each in change["verdicts"]))


def is_the_version(change: dict[str, Any]) -> bool:
    return bool(change["path"] == "#/info" and change.get("property") == "version")


def reported(old: Path, new: Path) -> list[Change]:
    """Ask Redocly what changed, apart from the version."""
    done = redocly("diff", str(old), str(new), "--format", "json", "--fail-on", "none")
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return [described(each) for each in json.loads(done.stdout)["changes"] if not is_the_version(each)]


def unreported(old: Document, new: Document) -> list[Change]:
    """Report a change that Redocly does not see: it does not compare the values of examples."""
    one, other = (each | {"info": each["info"] | {"version": None}} for each in (old, new))
    return [Change(Rating.NONE, "modified", "examples")] if one != other else []


def version(document: Document) -> Version:
    major, minor, patch = map(int, document["info"]["version"].split("."))
    return major, minor, patch


def demanded(old: Version, ratings: list[Rating]) -> Version:
    """Return the lowest version that these changes allow."""
    major, minor, patch = old
    raised = {
        Rating.NONE: (major, minor, patch + 1),
        Rating.ADDITIVE: (major, minor + 1, 0),
        Rating.BREAKING: (major + 1, 0, 0),
    }
    return raised[max(ratings)] if ratings else old


def spelled(number: Version) -> str:
    return ".".join(map(str, number))


def report(found: list[Change]) -> str:
    lines = []
    for change in sorted(found, key=lambda each: -each.rating):
        lines.append(f"{change.rating.name.lower():9} {change.kind:8} {change.where}")
        lines += [f"{'':18} {reason}" for reason in change.reasons]
    return "\n".join(lines)


def compare(old: Path, new: Path) -> int:
    documents = load(old), load(new)
    found = reported(old, new) or unreported(*documents)
    before, after = map(version, documents)
    needed = demanded(before, [change.rating for change in found])
    if found:
        print(report(found))
    if after < needed:
        print(f"info.version must be at least {spelled(needed)} after {spelled(before)} and is {spelled(after)}")
        return 1
    print(f"changes since {spelled(before)}: {len(found)}; {spelled(after)} is enough")
    return 0


def main(arguments: list[str]) -> int:
    old, new = [*map(Path, arguments), *(ROOT / RELEASED, ROOT / CURRENT)[len(arguments) :]]
    return compare(old, new)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
