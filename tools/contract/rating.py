"""What a change means: to those who send, to those who read, and to the version. Decision 8 explains the table."""

from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from typing import Any

from attrs import frozen

from tools.contract.relations import (
    MISSING,
    Relation,
    constraint,
    formats,
    least,
    listed,
    most,
    necessary,
    openness,
    types,
)


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


def by(judgement: Judgement, compare: Compare) -> Rule:
    return lambda direction, before, after: judgement[direction][compare(before, after)]


def always(rating: Rating) -> Rule:
    return lambda *_: rating


def hidden_from(who: Direction) -> Rule:
    """Rate a flag that takes a member away from one side."""
    return lambda direction, before, after: LIMIT[Direction.SENT][necessary(before, after)] if direction is who else P


def entry(_: Direction, __: Any, after: Any) -> Rating:
    """Rate something with a name of its own that came or went; what must be sent from now on breaks."""
    if after is MISSING:
        return B
    return B if isinstance(after, dict) and after.get("required") is True else A


UPPER = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
LOWER = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
EXPLAINING = {"description", "summary", "title", "example", "examples", "externalDocs", "contact", "license"}
# Their entries have names that the contract chooses, and are no keywords.
NAMED = {"paths", "parameters", "responses", "content", "headers", "properties", "securitySchemes", "variables"}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
# `operationId`, `tags` and `title` make names in Python, and the generated package shows what became of them.
QUIET = {*EXPLAINING, "openapi", "termsOfService", "bearerFormat", "$comment", "operationId", "tags", "order"}

RULES: Mapping[str, Rule] = {
    **dict.fromkeys(QUIET, always(P)),
    **dict.fromkeys(UPPER, by(LIMIT, most)),
    **dict.fromkeys(LOWER, by(LIMIT, least)),
    **dict.fromkeys(("pattern", "multipleOf"), by(LIMIT, constraint)),
    "uniqueItems": by(LIMIT, necessary),
    "format": by(LIMIT, formats),
    "type": by(KIND, types),
    "items": by(KIND, constraint),
    "required": by(KIND, necessary),
    "additionalProperties": by(KIND, openness),
    "enum": by(LISTED, listed),
    "anyOf": by(KIND, listed),
    "readOnly": hidden_from(Direction.SENT),
    "writeOnly": hidden_from(Direction.READ),
    "deprecated": always(A),
    **dict.fromkeys(NAMED | METHODS | {"requestBody"}, entry),
}


def rate(word: str, direction: Direction | None, before: Any, after: Any) -> Rating:
    """Rate the change of a keyword; what no rule knows is breaking, and what belongs to no side concerns both."""
    rule = RULES.get(word, always(P if word.startswith("x-") else B))
    return max(rule(each, before, after) for each in ([direction] if direction else Direction))
