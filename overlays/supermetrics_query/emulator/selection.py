"""Which rows and columns of a data source a query selects; rows are never grouped."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

import attrs

from .dates import DateRange, check_comparison, date_range
from .problems import ServiceError, bad_request
from .rows import Cell, Rank, Row, projected, rank, within
from .sources import Column, Source
from .validation import Members, get_integer

Test = Callable[[Row], bool]
Comparison = Callable[[Cell], bool]

ALL_ACCOUNTS = "list.all_accounts"
# `re.compile` also fails for too many repetitions, for too many brackets, and for warnings that are raised as errors.
PATTERN_ERRORS = (re.error, OverflowError, RecursionError, FutureWarning)


@attrs.frozen(eq=False)
class Result:
    """The rows of a query that has succeeded, without a header row."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]


@attrs.frozen(kw_only=True, eq=False)
class Selection:
    """What a query selects from its source, after every member has been checked."""

    source: Source
    requested: tuple[Column, ...]
    delivered: tuple[Column, ...]
    accounts: tuple[str, ...]
    date_range: DateRange
    tests: tuple[Test, ...]
    sort_keys: tuple[tuple[int, bool], ...]
    """The columns by which rows are sorted, as positions, and whether the order is descending."""
    max_rows: int | None

    def result(self) -> Result:
        """Return the selected rows and columns."""
        places = [self.source.position(column.id) for column in self.delivered]
        return Result(self.delivered, projected(self._rows(), places))

    def _rows(self) -> Sequence[Row]:
        rows = self.source.rows
        if not self.tests and not self.sort_keys:
            return within(rows, 0, self.max_rows)
        kept: Iterable[Row] = (row for row in rows if all(test(row) for test in self.tests))
        for place, descending in reversed(self.sort_keys):
            kept = _sorted(kept, place, descending=descending)
        return list(islice(kept, self.max_rows))


def select(source: Source, query: Members, *, today: date, reorder: bool) -> Selection:
    """Return what a query selects; raise ServiceError if the query is not valid."""
    requested = _columns(source, query.get("fields"))
    accounts, dates = select_accounts(source, query.get("ds_accounts")), date_range(query, today)
    check_comparison(query, today)
    return Selection(
        source=source,
        requested=requested,
        delivered=tuple(sorted(requested, key=_delivery_order) if reorder else requested),
        accounts=accounts,
        date_range=dates,
        tests=tuple(_tests(source, accounts, dates, str(query.get("filter", "")))),
        sort_keys=tuple(_parse_sort_keys(source, query.get("order_rows"))),
        max_rows=get_integer(query, "max_rows"),
    )


def _delivery_order(column: Column) -> tuple[bool, str]:
    return column.is_metric, column.id


def _columns(source: Source, fields: object) -> tuple[Column, ...]:
    wanted = split_names(fields) or source.ids
    if unknown := [name for name in wanted if name not in source.ids]:
        raise bad_request(f"The field {unknown[0]} is not known; there are {', '.join(source.ids)}.")
    return tuple(source.columns[source.position(name)] for name in wanted)


def _tests(source: Source, accounts: Sequence[str], dates: DateRange, filtered: str) -> Iterator[Test]:
    if source.account and len(accounts) < len(source.accounts):
        account = source.position(source.account)
        yield lambda row: row[account] in accounts
    if source.date and dates != DateRange():
        day = source.position(source.date)
        # ISO dates sort as texts.
        first, last = str(dates.first or ""), str(dates.last or "9999")
        yield lambda row: first <= str(row[day]) <= last
    if filtered.strip():
        yield parse_filter(filtered, source)


def _parse_sort_keys(source: Source, wanted: object) -> Iterator[tuple[int, bool]]:
    for part in split_names(wanted):
        name, _, direction = part.partition(" ")
        if name not in source.ids or direction.strip().lower() not in {"", "asc", "desc"}:
            raise bad_request(f"The rows cannot be ordered by {part!r}.")
        yield source.position(name), direction.strip().lower() == "desc"


def _sorted(rows: Iterable[Row], place: int, *, descending: bool) -> list[Row]:
    return sorted(rows, key=lambda row: rank(row[place]), reverse=descending)


def split_names(value: object) -> list[str]:
    """Return the ids in a text with commas, or in a list of ids and of objects with an id."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, Sequence):
        return []
    return [str(item["id"]) if isinstance(item, Mapping) else str(item) for item in value]


def select_accounts(source: Source, wanted: object) -> tuple[str, ...]:
    """Return the selected accounts; raise ServiceError if one is unknown to a source that has accounts."""
    if isinstance(wanted, Mapping):
        return _matching(source, wanted)
    listed = split_names(wanted)
    if not listed or ALL_ACCOUNTS in listed:
        return source.accounts
    if source.account and (unknown := [name for name in listed if name not in source.accounts]):
        raise ServiceError("ACCOUNT_ID_INVALID", f"The account {unknown[0]} is not known.")
    return tuple(listed)


def _matching(source: Source, wanted: Mapping[str, object]) -> tuple[str, ...]:
    # The name of an account is its id here, so both patterns are matched against the same text.
    texts = [str(wanted[name]) for name in ("filter_id", "filter_name") if name in wanted]
    if not texts:
        raise ServiceError("ACCOUNT_FILTER_INVALID", "filter_id or filter_name is required.")
    error = ServiceError("ACCOUNT_FILTER_PATTERN_INVALID", "The expression is not valid.")
    patterns = [compile_pattern(text, error) for text in texts]
    found = tuple(name for name in source.accounts if all(pattern.search(name) for pattern in patterns))
    if not found:
        raise ServiceError("ACCOUNTS_INVALID", "No account matches the filter.")
    return found


_COMPARISON = re.compile(r"\s*(?P<field>[\w.-]+)\s*(?P<sign>[=!]=|[<>]=?|[=!][@~])\s*(?P<value>.*?)\s*", re.DOTALL)
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_COMPARATORS: Mapping[str, Callable[[Rank, Rank], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def parse_filter(text: str, source: Source) -> Test:
    """Return a test that says whether a row passes the filter; AND binds more tightly than OR."""
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
    passes = _comparison(found["sign"], _typed(plain, numeric=source.is_numeric(place)))
    return lambda row: passes(row[place])


def _typed(value: str, *, numeric: bool) -> Cell:
    try:
        return float(value) if numeric else value
    except ValueError:
        return value


def _comparison(sign: str, value: Cell) -> Comparison:
    if sign in _COMPARATORS:
        compare = _COMPARATORS[sign]
        return lambda cell: _is_comparable(cell, value) and compare(rank(cell), rank(value))
    matches = _MATCHERS[sign[1]](value)
    return matches if sign[0] == "=" else lambda cell: not matches(cell)


def _is_comparable(cell: Cell, value: Cell) -> bool:
    return cell is not None and isinstance(cell, str) == isinstance(value, str)


def _contains(value: Cell) -> Comparison:
    return lambda cell: _text(value) in _text(cell)


def _matches(value: Cell) -> Comparison:
    error = bad_request(f"The filter has an expression that is not valid: {value}.")
    pattern = compile_pattern(_text(value), error)
    return lambda cell: bool(pattern.search(_text(cell)))


def _equals(value: Cell) -> Comparison:
    return lambda cell: cell == value or (cell is None and value == "")


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


_MATCHERS: Mapping[str, Callable[[Cell], Comparison]] = {"=": _equals, "@": _contains, "~": _matches}


def compile_pattern(text: str, error: ServiceError) -> re.Pattern[str]:
    """Return a compiled pattern; raise `error` if Python cannot use it (the API takes PCRE)."""
    try:
        return re.compile(text)
    except PATTERN_ERRORS:
        raise error from None
