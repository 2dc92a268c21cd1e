"""Rate what changed in the contract since the last release: `python -m tools.contract.diff [OLD [NEW]]`.

Both documents are generated, because callers feel names and signatures; what travels is compared besides.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from attrs import frozen

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


@frozen
class Contract:
    """A document, and what is public in the package that it generates."""

    document: Document
    package: Facts

    @classmethod
    def of(cls, document: Document, generate: Callable[[Path, Path, Path], None] = run_generator) -> "Contract":
        """Generate the package; raise GenerationError where that fails. Formatting it would change no name."""
        config = yaml.safe_load((ROOT / "generator-config.yml").read_bytes()) | {"post_hooks": []}
        with TemporaryDirectory() as work:
            settings, lowered, tree = (Path(work, name) for name in ("config.yml", "lowered.yaml", "tree"))
            settings.write_bytes(dump(config))
            lowered.write_bytes(dump(lower(document)))
            generate(settings, lowered, tree)
            return cls(document, surface(tree))


def difference(old: Contract, new: Contract) -> list[Change]:
    """Return what changed, the gravest first."""
    walk = Walk(old.document, new.document)
    travelling = list(walk.changes())
    return by_place([*travelling, *changes(old.package, new.package, walk.directions())]) or rest(old, new)


def rest(old: Contract, new: Contract) -> list[Change]:
    """Report what has no meaning, and makes another document all the same."""
    same = dump(unversioned(old.document)) == dump(unversioned(new.document))
    return [] if same else [Change(Rating.PATCH, "", "has another order, or other names for components")]


def by_place(found: Iterable[Change]) -> list[Change]:
    """Return one change for each place, the gravest first."""
    places: dict[str, list[Change]] = {}
    for each in found:
        places.setdefault(each.place, []).append(each)
    return sorted(map(joined, places.values()), key=lambda each: -each.rating)


def joined(found: list[Change]) -> Change:
    """Return one change that says all, as grave as the gravest."""
    ordered = sorted(found, key=lambda each: -each.rating)
    return Change(ordered[0].rating, ordered[0].place, "; ".join(dict.fromkeys(each.sentence for each in ordered)))


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
        found = difference(*map(Contract.of, documents))
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
