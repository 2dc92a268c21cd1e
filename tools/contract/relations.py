"""What a change of a keyword does to the values that are allowed."""

import json
from collections.abc import Mapping, Set
from enum import IntEnum
from typing import Any


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


# How many numbers a format allows; other formats are other values.
WIDTHS: Mapping[object, int] = {"int32": 1, "float": 1, "int64": 2, "double": 2, "password": 3, MISSING: 3}


def among(before: Set[Any], after: Set[Any]) -> Relation:
    """Relate the values that a set allows."""
    if before == after:
        return Relation.SAME
    if before < after:
        return Relation.WIDER
    return Relation.NARROWER if after < before else Relation.OTHER


def most(before: Any, after: Any) -> Relation:
    """Relate two upper limits; none is the highest."""
    if before == after:
        return Relation.SAME
    return Relation.WIDER if after is MISSING or (before is not MISSING and before < after) else Relation.NARROWER


def least(before: Any, after: Any) -> Relation:
    """Relate two lower limits; none is the lowest."""
    return most(before, after) if MISSING in (before, after) else most(after, before)


def constraint(before: Any, after: Any) -> Relation:
    """Relate two constraints of which neither contains the other."""
    return most(before, after) if MISSING in (before, after) else Relation.OTHER


def formats(before: Any, after: Any) -> Relation:
    known = before in WIDTHS and after in WIDTHS
    return most(WIDTHS[before], WIDTHS[after]) if known else Relation.OTHER


def types(before: Any, after: Any) -> Relation:
    return most(before, after) if MISSING in (before, after) else among(types_of(before), types_of(after))


def types_of(value: Any) -> set[str]:
    """Return the types that a keyword allows; a number may be whole."""
    named = {value} if isinstance(value, str) else set(value)
    return named | ({"integer"} if "number" in named else set())


def listed(before: Any, after: Any) -> Relation:
    return most(before, after) if MISSING in (before, after) else among(written(before), written(after))


def written(values: Any) -> set[str]:
    return {json.dumps(each, sort_keys=True) for each in values}


def necessary(before: Any, after: Any) -> Relation:
    """Relate what must be given: a flag of a parameter, or the list of an object."""
    return among(demands(after), demands(before))


def demands(value: Any) -> set[str]:
    return set(value) if isinstance(value, list) else {"it"} if value is True else set()


def openness(before: Any, after: Any) -> Relation:
    """Relate whether an object may hold members that have no name in the contract."""
    one, other = (True if each is MISSING else each for each in (before, after))
    if one == other:
        return Relation.SAME
    return Relation.WIDER if one is False or other is True else Relation.NARROWER
