"""What a change means: to those who send, to those who read, and to the version. Decision 8 explains the table."""

import json
from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from typing import Any

from attrs import frozen


class Rating(IntEnum):
    """How much the version must rise."""

    PATCH = 0
    ADDITIVE = 1
    BREAKING = 2


class Direction(Enum):
    """Who writes a value: the caller sends it, or the API does and the caller reads it."""

    SENT = "sent"
    READ = "read"


@frozen
class Change:
    """One thing that has changed."""

    rating: Rating
    place: str
    sentence: str


class Missing:
    """A keyword that is not there."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = Missing()


class Relation(IntEnum):
    """What a change does to the set of values that are allowed."""

    SAME = 0
    NARROWER = 1
    WIDER = 2
    OTHER = 3


P, A, B = Rating.PATCH, Rating.ADDITIVE, Rating.BREAKING
Rule = Callable[[Direction, Any, Any], Rating]
Compare = Callable[[Any, Any], Relation]
Judgement = Mapping[Direction, tuple[Rating, Rating, Rating, Rating]]

# By what a change does to the allowed values: same, narrower, wider, other.
# A limit: whoever sends must keep to it, whoever reads compares nothing with it.
LIMIT: Judgement = {Direction.SENT: (P, B, A, B), Direction.READ: (P, P, A, A)}
# A kind of value, or a member that may be absent: code that reads has never seen the new one.
KIND: Judgement = {Direction.SENT: (P, B, A, B), Direction.READ: (P, A, B, B)}
# A listed value: sets are open (decision 1), so one more breaks nobody; one that goes takes its name in Python along.
LISTED: Judgement = {Direction.SENT: (P, B, A, B), Direction.READ: (P, B, A, B)}

# How many numbers a format allows; other formats are other values.
WIDTHS: Mapping[object, int] = {"int32": 1, "float": 1, "int64": 2, "double": 2, "password": 3, MISSING: 3}


def among(before: set[Any], after: set[Any]) -> Relation:
    """Relate the values that a set allows."""
    if before == after:
        return Relation.SAME
    if before < after:
        return Relation.WIDER
    return Relation.NARROWER if after < before else Relation.OTHER


def most(before: Any, after: Any) -> Relation:
    """Relate two upper limits."""
    if before is MISSING or after is MISSING:
        return Relation.NARROWER if before is MISSING else Relation.WIDER
    if before == after:
        return Relation.SAME
    return Relation.WIDER if before < after else Relation.NARROWER


def least(before: Any, after: Any) -> Relation:
    """Relate two lower limits."""
    return most(after, before) if MISSING not in (before, after) else most(before, after)


def constraint(before: Any, after: Any) -> Relation:
    """Relate two constraints of which one does not contain the other."""
    return Relation.OTHER if MISSING not in (before, after) else most(before, after)


def formats(before: Any, after: Any) -> Relation:
    if before not in WIDTHS or after not in WIDTHS:
        return Relation.OTHER
    return most(WIDTHS[before], WIDTHS[after])


def types(before: Any, after: Any) -> Relation:
    if MISSING in (before, after):
        return most(before, after)
    return among(*(types_of(each) for each in (before, after)))


def types_of(value: Any) -> set[str]:
    named = {value} if isinstance(value, str) else set(value)
    return named | ({"integer"} if "number" in named else set())


def listed(before: Any, after: Any) -> Relation:
    if MISSING in (before, after):
        return most(before, after)
    return among(*({json.dumps(each, sort_keys=True) for each in values} for values in (before, after)))


def needed(before: Any, after: Any) -> Relation:
    """Relate what may be left out: a flag of a parameter, or the list of an object."""
    if isinstance(before, bool) or isinstance(after, bool):
        return Relation.NARROWER if after is True else Relation.WIDER
    return among(*(set() if each is MISSING else set(each) for each in (after, before)))


def openness(before: Any, after: Any) -> Relation:
    """Relate whether an object may hold other members."""
    if before is False or after is False:
        return Relation.WIDER if before is False else Relation.NARROWER
    return constraint(*(MISSING if each in (True, MISSING) else each for each in (before, after)))


def by(judgement: Judgement, compare: Compare) -> Rule:
    return lambda direction, before, after: judgement[direction][compare(before, after)]


def always(rating: Rating) -> Rule:
    return lambda *_: rating


def withheld_from(who: Direction) -> Rule:
    """Rate a flag that takes a member away from one side."""
    return lambda direction, _, after: (P if direction is not who else B if after is True else A)


def entry(_: Direction, before: Any, after: Any) -> Rating:
    """Rate something with a name of its own that came or went; what must be sent from now on breaks."""
    if after is MISSING:
        return B
    return B if isinstance(after, dict) and after.get("required") is True else A


UPPER = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
LOWER = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
EXPLAINING = {"description", "summary", "title", "example", "examples", "externalDocs", "contact", "license"}
# Their entries have names that the contract chooses, and are no keywords.
NAMED = {"properties", "paths", "parameters", "responses", "content", "headers", "securitySchemes", "variables"}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
# `operationId`, `tags` and `title` make names in Python, and the generated package shows what became of them.
QUIET = {*EXPLAINING, "openapi", "jsonSchemaDialect", "operationId", "tags", "order"}

RULES: Mapping[str, Rule] = {
    **dict.fromkeys(QUIET, always(P)),
    **dict.fromkeys(UPPER, by(LIMIT, most)),
    **dict.fromkeys(LOWER, by(LIMIT, least)),
    **dict.fromkeys(("pattern", "multipleOf"), by(LIMIT, constraint)),
    "uniqueItems": by(LIMIT, needed),
    "format": by(LIMIT, formats),
    "type": by(KIND, types),
    "items": by(KIND, constraint),
    "required": by(KIND, needed),
    "additionalProperties": by(KIND, openness),
    "enum": by(LISTED, listed),
    "anyOf": by(KIND, listed),
    "readOnly": withheld_from(Direction.SENT),
    "writeOnly": withheld_from(Direction.READ),
    "deprecated": always(A),
    **dict.fromkeys(NAMED | METHODS | {"requestBody"}, entry),
}


def rate(word: str, direction: Direction | None, before: Any, after: Any) -> Rating:
    """Rate the change of a keyword; what no rule knows is breaking, and what belongs to no side concerns both."""
    rule = RULES.get(word, always(P if word.startswith("x-") else B))
    return max(rule(each, before, after) for each in ([direction] if direction else Direction))
