"""Rate what changed in the contract since the last release: `python -m tools.contract.diff [OLD [NEW]]`.

Both documents are generated, because callers feel names and signatures; what travels is compared besides.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tools import ROOT
from tools.contract.document import Document, dump, load
from tools.contract.generate import GenerationError, run_generator
from tools.contract.lowering import lower
from tools.contract.rating import Change, Rating
from tools.contract.surface import Facts, changes, surface
from tools.contract.wire import Walk, unversioned

RELEASED = Path("docs", "contract", "released.yaml")
CURRENT = Path("openapi.yaml")

Version = tuple[int, int, int]


def generated(document: Document) -> Facts:
    """Return what is public in the package of a document; formatting it would change no name."""
    config = yaml.safe_load((ROOT / "generator-config.yml").read_bytes()) | {"post_hooks": []}
    with TemporaryDirectory() as work:
        paths = [Path(work, name) for name in ("config.yml", "lowered.yaml", "tree")]
        paths[0].write_bytes(dump(config))
        paths[1].write_bytes(dump(lower(document)))
        run_generator(*paths)
        return surface(paths[2])


def difference(old: Document, new: Document) -> list[Change]:
    """Return what changed, the gravest first; documents that mean the same differ in their order."""
    walk = Walk(old, new)
    travelling = list(walk.changes())
    named = changes(generated(old), generated(new), walk.directions())
    found = by_place([*travelling, *named])
    if not found and dump(unversioned(old)) != dump(unversioned(new)):
        return [Change(Rating.PATCH, "the document", "the order has changed, or a name that nobody sees")]
    return found


def by_place(found: Iterable[Change]) -> list[Change]:
    """Return one change for each place, as grave as its gravest."""
    places: dict[str, dict[str, Rating]] = {}
    for each in found:
        sentences = places.setdefault(each.place, {})
        sentences[each.sentence] = max(each.rating, sentences.get(each.sentence, each.rating))
    joined = [Change(max(each.values()), place, "; ".join(each)) for place, each in places.items()]
    return sorted(joined, key=lambda each: -each.rating)


def version(document: Document) -> Version:
    major, minor, patch = map(int, document["info"]["version"].split("."))
    return major, minor, patch


def demanded(old: Version, ratings: list[Rating]) -> Version:
    """Return the lowest version that these changes allow."""
    major, minor, patch = old
    raised = {
        Rating.PATCH: (major, minor, patch + 1),
        Rating.ADDITIVE: (major, minor + 1, 0),
        Rating.BREAKING: (major + 1, 0, 0),
    }
    return raised[max(ratings)] if ratings else old


def spelled(number: Version) -> str:
    return ".".join(map(str, number))


def report(found: list[Change]) -> str:
    return "".join(f"{each.rating.name.lower():9} {each.place or 'the document'}: {each.sentence}\n" for each in found)


def compare(old: Path, new: Path) -> int:
    """Print what changed; return 1 if the version is too low, or if a document cannot be generated."""
    documents = load(old), load(new)
    try:
        found = difference(*documents)
    except GenerationError as error:
        print(f"{error}\nnothing can be generated from {old} or {new}", file=sys.stderr)
        return 1
    before, after = map(version, documents)
    needed = demanded(before, [change.rating for change in found])
    print(report(found), end="")
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
