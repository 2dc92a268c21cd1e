"""What may not stand in the contract, with its place: everything that `permitted` does not list.

Schemas are followed from where they travel, because the same keyword may be checked in a request and mean nothing in an
answer. Each place is a step of the walk; rules about several keywords or names at once are in `names` and `rules`.
"""

from collections.abc import Iterator, Mapping

from attrs import evolve, field, frozen

from tools.contract.document import Document
from tools.contract.names import NAMES, Rule, Steps
from tools.contract.permitted import KEYWORDS, NEEDS, SECTIONS, Keyword
from tools.contract.reasons import reason
from tools.contract.rules import RULES
from tools.contract.values import VALUES

LONGEST = 60
TRAVELLING = {"sent": "what is sent", "answered": "what is answered", "plain": "a plain parameter"}


@frozen
class Refusal:
    """What may not stand at a place, why, and what to do."""

    steps: Steps
    what: str
    why: str
    do: str

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer."""
        return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in self.steps)

    def __str__(self) -> str:
        return f"openapi.yaml #{self.pointer}: {self.what}: {self.why}. To do: {self.do}."


@frozen
class Place:
    """An object of the contract, the kind that it should be, and the references that led there."""

    document: Document
    kind: str
    steps: Steps
    node: object
    rules: Mapping[str, tuple[Rule, ...]]
    trail: tuple[str, ...] = ()
    seen: set[tuple[Steps, str]] = field(factory=set)

    def at(self, kind: str, node: object, *steps: str) -> "Place":
        return evolve(self, kind=kind, node=node, steps=(*self.steps, *steps))

    def refused(self, what: str, why: str, do: str, *steps: str) -> Refusal:
        return Refusal((*self.steps, *steps), what, why, do)


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def shape(kind: str, node: Document) -> str:
    """Return the kind of a schema: the direction in which it travels, and its type."""
    match node:
        case {"type": "string", "format": "password"}:
            return f"{kind} secret"
        case {"type": [str(only), "null"]} if only != "null" and kind == "answered":
            return f"{kind} {only}"
        case {"type": name}:
            return f"{kind} {name if isinstance(name, str) else shown(name)}"
    return f"{kind} choice" if "anyOf" in node else f"{kind} anything"


def visit(place: Place) -> Iterator[Refusal]:
    """Yield what may not stand in an object and in everything below it."""
    if not isinstance(place.node, dict):
        yield place.refused(
            f"{shown(place.node)} stands where an object is expected", "nothing reads it", "write an object"
        )
    elif "$ref" in place.node:
        yield from reference(place, place.node)
    elif place.kind in TRAVELLING:
        yield from schema(place, place.node)
    else:
        yield from members(place, place.node)


def reference(place: Place, node: Document) -> Iterator[Refusal]:
    """Follow a reference to a shared object of the kind that is expected."""
    to, section = node["$ref"], SECTIONS.get(place.kind)
    prefix = f"#/components/{section}/"
    name = to.removeprefix(prefix) if isinstance(to, str) else ""
    shared = place.document.get("components", {}).get(section, {})
    if section is None:
        yield place.refused(
            f"a reference stands where {a(place.kind)} is expected", "it is not followed here", "write it out"
        )
    elif len(node) > 1:
        extra = ", ".join(sorted(node.keys() - {"$ref"}))
        yield place.refused(
            f"{extra} stands beside a reference",
            "the generator reads the reference only",
            "move it to what is referred to, or remove it",
        )
    elif not isinstance(to, str) or not to.startswith(prefix) or name not in shared:
        yield place.refused(
            f"the reference {shown(to)} leads nowhere",
            f"only {prefix}NAME is followed here",
            "write the name of what is there",
        )
    elif to in place.trail:
        yield place.refused(
            f"{to} contains itself",
            "neither the limits nor the generated checks have an end",
            "describe a fixed number of levels",
        )
    elif ((*prefix.split("/")[1:-1], name), place.kind) not in place.seen:
        yield from target(place, to, (*prefix.split("/")[1:-1], name), shared[name])


def target(place: Place, to: str, steps: Steps, node: object) -> Iterator[Refusal]:
    yield from visit(evolve(place, node=node, steps=steps, trail=(*place.trail, to)))
    place.seen.add((steps, place.kind))


def schema(place: Place, node: Document) -> Iterator[Refusal]:
    kind = shape(place.kind, node)
    if kind in KEYWORDS:
        yield from members(evolve(place, kind=kind), node)
    else:
        known = ", ".join(each.removeprefix(f"{place.kind} ") for each in KEYWORDS if each.startswith(f"{place.kind} "))
        odd = sorted(set(map(str, node)) - {"description"})
        why, do = (
            reason(kind, odd[0])
            if len(odd) == 1 and odd[0] not in {"type", "items"}
            else ("nothing generates or checks it", f"write one of: {known}")
        )
        what = f"a schema of the kind {kind.split(' ', 1)[1]!r} stands in {TRAVELLING[place.kind]}"
        yield place.refused(f"{what} ({', '.join(odd) or 'no keyword'})", why, do)


def a(kind: str) -> str:
    """Return a kind with its article; there is one of some."""
    if kind in NEEDS["document"] or kind == "document":
        return f"the {kind}"
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def members(place: Place, node: Document) -> Iterator[Refusal]:
    """Yield what may not stand under the keywords of an object, and what is missing there."""
    place.seen.add((place.steps, place.kind))
    permitted = KEYWORDS[place.kind]
    for word, value in node.items():
        if isinstance(word, str) and word in permitted:
            yield from held(place, str(word), value, permitted[word])
        else:
            why, do = reason(place.kind, str(word))
            yield place.refused(f"{word!r} stands in {a(place.kind)}", why, do, str(word))
    for word in NEEDS.get(place.kind, ()):
        if word not in node:
            yield place.refused(f"{a(place.kind)} has no {word!r}", "the generator and the checks rely on it", "add it")
    yield from ruled(place, node)


def ruled(place: Place, node: Document) -> Iterator[Refusal]:
    for rule in place.rules.get(place.kind, ()):
        for found in rule(place.document, node, place.steps):
            yield place.refused(found.what, found.why, found.do, *found.steps)


def held(place: Place, word: str, value: object, keyword: Keyword) -> Iterator[Refusal]:
    """Yield what may not stand under one keyword."""
    group, _, kind = keyword.holds.partition(" of ")
    if group == "list" and kind:
        yield from listed(place.at(kind, value, word))
    elif group == "map" and kind:
        yield from mapped(place.at(kind, value, word))
    elif keyword.holds in VALUES:
        yield from valued(place.at(keyword.holds, value, word), word)
    else:
        yield from visit(place.at(keyword.holds, value, word))


def valued(place: Place, word: str) -> Iterator[Refusal]:
    value = VALUES[place.kind]
    if not value.holds(place.node):
        yield place.refused(f"{shown(place.node)} stands under {word!r}", value.why, f"write {value.expected}")


def listed(place: Place) -> Iterator[Refusal]:
    if not isinstance(place.node, list) or not place.node:
        yield place.refused(
            f"{shown(place.node)} stands where a list is expected", "nothing reads it", "write a list that is not empty"
        )
        return
    for index, each in enumerate(place.node):
        yield from visit(place.at(place.kind, each, str(index)))


def mapped(place: Place) -> Iterator[Refusal]:
    if not isinstance(place.node, dict):
        yield place.refused(
            f"{shown(place.node)} stands where an object is expected", "nothing reads it", "write an object"
        )
        return
    names = NAMES.get(place.kind)
    for name, each in place.node.items():
        if not isinstance(name, str):
            yield place.refused(
                f"the name {name!r} is no text",
                "YAML reads it as a number, a date or a truth",
                "put it into quotes",
                str(name),
            )
        elif names and not names.holds(name):
            yield place.refused(f"the name {name!r} stands here", names.why, f"write {names.expected}", name)
        elif place.kind == "json":
            yield from () if VALUES["json"].holds(each) else valued(place.at("json", each, name), name)
        else:
            yield from visit(place.at(place.kind, each, name))


def unused(place: Place) -> Iterator[Refusal]:
    """Yield what is shared and nothing refers to, which the walk has not seen."""
    seen = {steps for steps, _ in place.seen}
    for section in sorted(set(SECTIONS.values())):
        for name in place.document["components"].get(section, ()):
            if ("components", section, name) not in seen:
                yield Refusal(
                    ("components", section, name),
                    f"nothing refers to {name!r}",
                    "nothing says in which direction it travels",
                    "refer to it, or remove it",
                )


def refusals(document: Document) -> list[Refusal]:
    """Return what may not stand in the contract; rules look only at what has no other fault."""
    start = Place(document, "document", (), document, {})
    found = list(visit(start)) or list(visit(evolve(start, rules=RULES, seen=set()))) or list(unused(start))
    return list(dict.fromkeys(found))


def kinds(document: Document) -> set[tuple[Steps, str]]:
    """Return every object of a contract that holds nothing else than may stand there, with its kinds."""
    start = Place(document, "document", (), document, {})
    return start.seen if not list(visit(start)) else set()
