"""Which rows and columns of a data source a query asks for; rows are selected, never grouped."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice

import attrs

from .accounts import chosen, names
from .dates import Days, check_comparison, days
from .filters import Test, condition
from .limits import Members, number
from .problems import bad_request
from .rows import projected, within
from .sources import Column, Row, Source, rank


@attrs.frozen(eq=False)
class Result:
    """The rows of a query that has succeeded, without a header row."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]


@attrs.frozen(kw_only=True, eq=False)
class Selection:
    """A query, understood."""

    source: Source
    requested: tuple[Column, ...]
    delivered: tuple[Column, ...]
    accounts: tuple[str, ...]
    days: Days
    tests: tuple[Test, ...]
    order: tuple[tuple[int, bool], ...]
    """The places of cells by which rows are sorted, and whether downwards."""
    max_rows: int | None

    def result(self) -> Result:
        """Return what the query selects."""
        places = [self.source.position(column.id) for column in self.delivered]
        return Result(self.delivered, projected(self._rows(), places))

    def _rows(self) -> Sequence[Row]:
        rows = self.source.rows
        if not self.tests and not self.order:
            return within(rows, 0, self.max_rows)
        kept: Iterable[Row] = (row for row in rows if all(test(row) for test in self.tests))
        for place, downwards in reversed(self.order):
            kept = _sorted(kept, place, downwards=downwards)
        return list(islice(kept, self.max_rows))


def select(source: Source, query: Members, *, today: date, reorder: bool) -> Selection:
    """Understand a query, or refuse it."""
    requested = _columns(source, query.get("fields"))
    accounts, asked = chosen(source, query.get("ds_accounts")), days(query, today)
    check_comparison(query, today)
    return Selection(
        source=source,
        requested=requested,
        delivered=tuple(sorted(requested, key=_place) if reorder else requested),
        accounts=accounts,
        days=asked,
        tests=tuple(_tests(source, accounts, asked, str(query.get("filter", "")))),
        order=tuple(_orders(source, query.get("order_rows"))),
        max_rows=number(query, "max_rows"),
    )


def _place(column: Column) -> tuple[bool, str]:
    return column.is_metric, column.id


def _columns(source: Source, fields: object) -> tuple[Column, ...]:
    wanted = names(fields) or source.ids
    if unknown := [name for name in wanted if name not in source.ids]:
        raise bad_request(f"The field {unknown[0]} is not known; there are {', '.join(source.ids)}.")
    return tuple(source.columns[source.position(name)] for name in wanted)


def _tests(source: Source, accounts: Sequence[str], asked: Days, filtered: str) -> Iterator[Test]:
    if source.account and len(accounts) < len(source.accounts):
        account = source.position(source.account)
        yield lambda row: row[account] in accounts
    if source.date and asked != Days():
        day = source.position(source.date)
        # Days written with four digits of the year sort as texts do.
        first, last = str(asked.first or ""), str(asked.last or "9999")
        yield lambda row: first <= str(row[day]) <= last
    if filtered.strip():
        yield condition(filtered, source)


def _orders(source: Source, wanted: object) -> Iterator[tuple[int, bool]]:
    for part in names(wanted):
        name, _, direction = part.partition(" ")
        if name not in source.ids or direction.strip().lower() not in {"", "asc", "desc"}:
            raise bad_request(f"The rows cannot be ordered by {part!r}.")
        yield source.position(name), direction.strip().lower() == "desc"


def _sorted(rows: Iterable[Row], place: int, *, downwards: bool) -> list[Row]:
    return sorted(rows, key=lambda row: rank(row[place]), reverse=downwards)
