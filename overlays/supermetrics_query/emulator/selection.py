"""Which rows and columns of a data source a query asks for."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

import attrs

from supermetrics_query.emulator.limits import Members
from supermetrics_query.emulator.problems import ServiceError, bad_request
from supermetrics_query.emulator.sources import Column, Row, Source

ALL_ACCOUNTS = "list.all_accounts"


@attrs.frozen(eq=False)
class Result:
    """The rows of a query that has succeeded, without a header row."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]


@attrs.frozen(kw_only=True, eq=False)
class Selection:
    """A query, understood; an empty set of accounts and an absent day select everything."""

    source: Source
    requested: tuple[Column, ...]
    delivered: tuple[Column, ...]
    accounts: tuple[str, ...]
    first_day: date | None
    last_day: date | None
    max_rows: int | None

    def result(self) -> Result:
        """Return what the query selects."""
        places = [self.source.position(column.id) for column in self.delivered]
        rows = islice(self._rows(), self.max_rows)
        return Result(self.delivered, [tuple(row[place] for place in places) for row in rows])

    def _rows(self) -> Iterator[Row]:
        rows = iter(self.source.rows)
        if self.accounts and self.source.account:
            account = self.source.position(self.source.account)
            rows = (row for row in rows if row[account] in self.accounts)
        if self.source.date and (self.first_day or self.last_day):
            day = self.source.position(self.source.date)
            first, last = str(self.first_day or ""), str(self.last_day or "9999")
            rows = (row for row in rows if first <= str(row[day]) <= last)
        return rows


def select(source: Source, query: Members, *, reorder: bool) -> Selection:
    """Understand a query, or refuse it."""
    requested = _columns(source, query.get("fields"))
    return Selection(
        source=source,
        requested=requested,
        delivered=tuple(sorted(requested, key=_place) if reorder else requested),
        accounts=_accounts(source, query.get("ds_accounts")),
        first_day=_day(query, "start_date"),
        last_day=_day(query, "end_date"),
        max_rows=int(str(query["max_rows"])) if "max_rows" in query else None,
    )


def _place(column: Column) -> tuple[bool, str]:
    return column.is_metric, column.id


def names(value: object) -> list[str]:
    """Return the parts of a comma list, or of a list of ids and of ids with options."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list):
        return []
    return [str(item["id"]) if isinstance(item, dict) else str(item) for item in value]


def _columns(source: Source, fields: object) -> tuple[Column, ...]:
    known = {column.id: column for column in source.columns}
    wanted = names(fields) or list(known)
    if unknown := [name for name in wanted if name not in known]:
        raise bad_request(f"The field {unknown[0]} is not known; there are {', '.join(known)}.")
    return tuple(known[name] for name in wanted)


def _accounts(source: Source, accounts: object) -> tuple[str, ...]:
    wanted = [name for name in names(accounts) if name != ALL_ACCOUNTS]
    if source.account:
        place = source.position(source.account)
        known = {str(row[place]) for row in source.rows}
        if unknown := [name for name in wanted if name not in known]:
            raise ServiceError("ACCOUNT_ID_INVALID", f"The account {unknown[0]} is not known.")
    return tuple(wanted)


def _day(query: Members, name: str) -> date | None:
    value = query.get(name)
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        raise bad_request(f"{name} is not a date.") from None
