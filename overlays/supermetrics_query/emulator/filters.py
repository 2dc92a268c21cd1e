"""The filter of a query: comparisons joined by AND and OR, of which AND binds closer."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping

from .expressions import expression
from .problems import bad_request
from .sources import Cell, Rank, Row, Source, rank

Test = Callable[[Row], bool]
Comparison = Callable[[Cell], bool]

_COMPARISON = re.compile(r"\s*(?P<field>[\w.-]+)\s*(?P<sign>[=!]=|[<>]=?|[=!][@~])\s*(?P<value>.*?)\s*", re.DOTALL)
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_ORDERS: Mapping[str, Callable[[Rank, Rank], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def condition(text: str, source: Source) -> Test:
    """Return what a filter asks of a row."""
    groups = [[_test(part, source) for part in _split(group, "AND")] for group in _split(text, "OR")]
    return lambda row: any(all(test(row) for test in group) for group in groups)


def _split(text: str, word: str) -> Iterator[str]:
    begin = 0
    for match in re.finditer(rf"{_QUOTED}|\s(?P<word>{word})(?!\S)", text):
        if match["word"]:
            yield text[begin : match.start()]
            begin = match.end()
    yield text[begin:]


def _test(text: str, source: Source) -> Test:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise bad_request(f"The filter cannot be read at {text.strip()!r}.")
    if found["field"] not in source.ids:
        raise bad_request(f"The filter names the field {found['field']}, which is not known.")
    place = source.position(found["field"])
    value = found["value"]
    plain = value[1:-1] if re.fullmatch(_QUOTED, value) else value
    compares = _comparison(found["sign"], _typed(plain, numeric=source.is_numeric(place)))
    return lambda row: compares(row[place])


def _typed(value: str, *, numeric: bool) -> Cell:
    try:
        return float(value) if numeric else value
    except ValueError:
        return value


def _comparison(sign: str, value: Cell) -> Comparison:
    if sign in _ORDERS:
        order = _ORDERS[sign]
        return lambda cell: _alike(cell, value) and order(rank(cell), rank(value))
    positive = _POSITIVES[sign[1]](value)
    return positive if sign[0] == "=" else lambda cell: not positive(cell)


def _alike(cell: Cell, value: Cell) -> bool:
    return cell is not None and isinstance(cell, str) == isinstance(value, str)


def _contains(value: Cell) -> Comparison:
    return lambda cell: _text(value) in _text(cell)


def _matches(value: Cell) -> Comparison:
    refusal = bad_request(f"The filter has an expression that is not valid: {value}.")
    pattern = expression(_text(value), refusal)
    return lambda cell: bool(pattern.search(_text(cell)))


def _equals(value: Cell) -> Comparison:
    return lambda cell: cell == value or (cell is None and value == "")


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


_POSITIVES: Mapping[str, Callable[[Cell], Comparison]] = {"=": _equals, "@": _contains, "~": _matches}
