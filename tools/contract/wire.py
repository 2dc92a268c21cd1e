"""What changed in what travels: walk two documents at once, from each operation to everything that it sends and reads.

References are followed, so that a component is compared where it is used and for whom: a limit of a request binds those
who send, and the same limit of a response binds nobody who reads.
"""

from collections.abc import Collection, Iterator
from reprlib import Repr
from typing import Any

from attrs import evolve, field, frozen

from tools.contract.document import SCHEMAS, Document, resolved
from tools.contract.rating import EXPLAINING, METHODS, NAMED, Change, Direction, rate
from tools.contract.relations import MISSING

DIRECTIONS = {"parameters": Direction.SENT, "requestBody": Direction.SENT, "responses": Direction.READ}
WHOLE = {*EXPLAINING, "security", "tags", "enum", "required", "type", "default", "const"}
SHORT = Repr()
SHORT.maxstring = SHORT.maxother = 60


@frozen
class Place:
    """Where a value is: the nearest thing with a name, the keywords below it, and the last of them."""

    name: str = ""
    below: tuple[str, ...] = ()
    word: str = ""
    direction: Direction | None = None

    def keyword(self, word: str) -> "Place":
        direction = DIRECTIONS.get(word, self.direction)
        if word in METHODS or word == "requestBody":
            return Place(f"{self.name} {word}", (), word, direction)
        return Place(self.name, (*self.below, word), word, direction)

    def entry(self, word: str, name: str) -> "Place":
        """Return the place of an entry, which has a name that the contract chooses."""
        joint = "." if word == "properties" else " "
        return Place(f"{self.name}{joint}{name}".strip(), (), word, DIRECTIONS.get(word, self.direction))

    def item(self, index: int) -> "Place":
        return evolve(self, below=(*self.below, str(index)))

    def changed(self, before: Any, after: Any) -> Change:
        """Return the change of the value that is here."""
        rating = rate(self.word, self.direction, before, after)
        return Change(rating, self.name, sentence(" ".join(self.below), before, after))


def sentence(what: str, before: Any, after: Any) -> str:
    """Say what became of a keyword, or of a name where there is none."""
    if not what:
        return "is new" if before is MISSING else "was removed"
    if EXPLAINING.intersection(what.split()[-1:]):
        return f"{what} has changed"
    if isinstance(before, list) and isinstance(after, list):
        gone, came = ([each for each in one if each not in other] for one, other in ((before, after), (after, before)))
        parts = [f"{verb} {SHORT.repr(each)}" for verb, each in (("lost", gone), ("gained", came)) if each]
        return f"{what} {' and '.join(parts) or 'has another order'}"
    return f"{what} was {SHORT.repr(before)} and is {SHORT.repr(after)}"


@frozen
class Walk:
    """One walk over two documents; a pair of components is compared once for each direction."""

    old: Document
    new: Document
    seen: set[tuple[str, str, Direction | None]] = field(factory=set)

    def changes(self) -> Iterator[Change]:
        """Yield what changed, apart from the version."""
        return self.value(Place(), outline(self.old), outline(self.new))

    def directions(self) -> dict[str, set[Direction]]:
        """Return who writes each schema of the new document, after a walk."""
        found: dict[str, set[Direction]] = {}
        for _, name, direction in self.seen:
            if name.startswith(SCHEMAS) and direction:
                schema = resolved(self.new, {"$ref": name})
                found.setdefault(schema.get("title", name.removeprefix(SCHEMAS)), set()).add(direction)
        return found

    def value(self, at: Place, one: Any, other: Any) -> Iterator[Change]:
        if at.word not in WHOLE and isinstance(one, dict) and isinstance(other, dict):
            yield from self.mapping(at, one, other)
        elif at.word not in WHOLE and isinstance(one, list) and isinstance(other, list):
            yield from self.alternatives(at, one, other)
        elif one != other:
            yield at.changed(one, other)

    def mapping(self, at: Place, one: Document, other: Document) -> Iterator[Change]:
        """Compare what two mappings mean; follow references, each pair once."""
        names = one.get("$ref", ""), other.get("$ref", "")
        if all(names):
            if (*names, at.direction) in self.seen:
                return
            self.seen.add((*names, at.direction))
            if names[0] == names[1]:
                at = evolve(at, name=names[0].rpartition("/")[2], below=())
        elif ("anyOf" in one) != ("anyOf" in other):
            one, other = as_alternatives(one), as_alternatives(other)
        yield from self.keywords(at, followed(self.old, one), followed(self.new, other))

    def keywords(self, at: Place, one: Document, other: Document) -> Iterator[Change]:
        for word in dict.fromkeys((*one, *other)):
            before, after = one.get(word, MISSING), other.get(word, MISSING)
            if word in NAMED:
                yield from self.entries(at, word, named(self.old, before), named(self.new, after))
            else:
                yield from self.value(at.keyword(word), before, after)

    def entries(self, at: Place, word: str, one: Document, other: Document) -> Iterator[Change]:
        """Compare what has names, and the order of the names."""
        for name in dict.fromkeys((*one, *other)):
            yield from self.value(at.entry(word, name), one.get(name, MISSING), other.get(name, MISSING))
        yield from reordered(at.keyword(word), one, other)

    def alternatives(self, at: Place, one: list[Any], other: list[Any]) -> Iterator[Change]:
        """Compare two lists: first what is alike, then what may have become something else."""
        gone = [each for each in one if each not in other and not only_lists(self.old, each, one)]
        came = [each for each in other if each not in one and not only_lists(self.new, each, other)]
        pairs = [(each, each) for each in one if each in other]
        if len(gone) == len(came):
            pairs += zip(gone, came, strict=True)
        else:
            yield at.changed(one, [each for each in one if each not in gone] + came)
        for before, after in pairs:
            yield from self.value(at.item(other.index(after)), before, after)
        yield from reordered(at, one, other)


def reordered(at: Place, one: Collection[Any], other: Collection[Any]) -> Iterator[Change]:
    """Yield a change where what two collections share stands in another order."""
    before, after = ([each for each in held if each in one and each in other] for held in (one, other))
    if before != after:
        yield Change(rate("order", at.direction, before, after), at.name, f"{' '.join(at.below)} has another order")


def only_lists(document: Document, schema: Any, among: list[Any]) -> bool:
    """Return whether an alternative only lists values of a type that another one allows as a whole."""
    if not isinstance(schema, dict) or "enum" not in (listing := resolved(document, schema)):
        return False
    others = (resolved(document, each) for each in among if each != schema)
    return any(listing.get("type") == each.get("type") and "enum" not in each for each in others)


def unversioned(document: Document) -> Document:
    return document | {"info": document["info"] | {"version": ""}}


def outline(document: Document) -> Document:
    """Return a document without its version, and without the components that are reached by reference."""
    components = document.get("components", {})
    kept = {name: components[name] for name in ("securitySchemes", "examples") if name in components}
    return unversioned(document) | {"components": kept}


def followed(document: Document, node: Document) -> Document:
    """Return what a node refers to, with what stands beside the reference."""
    return resolved(document, node) | {key: value for key, value in node.items() if key != "$ref"}


def as_alternatives(schema: Document) -> Document:
    """Write a single schema as the only one of several alternatives."""
    if "anyOf" in schema:
        return schema
    words = {word: value for word, value in schema.items() if word in EXPLAINING}
    return words | {"anyOf": [{word: value for word, value in schema.items() if word not in words}]}


def named(document: Document, entries: Any) -> Document:
    """Return entries by their names; parameters stand in a list."""
    if isinstance(entries, list):
        found = [resolved(document, each) for each in entries]
        return {f"{each['name']} ({each['in']})": each for each in found}
    return {} if entries is MISSING else dict(entries)
