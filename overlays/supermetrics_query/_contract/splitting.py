"""One query in parts: fewer accounts or fewer days each, and together the whole, once. Nothing is sent here."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

from attrs import define, field, frozen
from supermetrics_query_api import models
from supermetrics_query_api.types import UNSET

from .._models import Part, exported
from ..errors import ConfigurationError
from .dates import Days, are_fixed, days_of
from .keys import apart, check_keys
from .requests import REQUEST, attributes, named, sendable
from .validation import MOST_ROWS, TEXTS, Member, checked_whole, limit, short_repr, value_of

TEAM_LIST = "list."  # `list.all_accounts` and its like, which only the API can resolve
DATES = ("start_date", "end_date", "date_range_type")
MOST_ACCOUNTS = limit(REQUEST, "ds_accounts", "maxItems")

Piece: TypeAlias = tuple[tuple[str, ...], Days | None]


@exported
@define
class PartQuery(models.DataQuery):
    """A query that is part of another one, as `split` makes it."""

    part: Part = field(kw_only=True)
    """Which part it is; this is not sent."""


@frozen
class Whole:
    """A member that counts for the whole query, and would mean something else in each part."""

    name: str
    harmless: tuple[object, ...]
    why: str


WHOLE = (
    Whole("schedule_id", (), "it names one run, and each part is a run of its own: leave it out"),
    Whole("offset_start", (0,), "it counts the rows of the whole: leave it out"),
    Whole("offset_end", (), "it counts the rows of the whole: leave it out"),
    Whole("max_rows", (MOST_ROWS,), "it counts the rows of the whole: leave it out, or set it on each part"),
)
OF_ALL_DAYS = (
    Whole("compare_type", ("none",), "each part would be compared with days of its own: split by_account alone"),
)


@apart
def split(
    query: models.DataQuery,
    *,
    by_account: int | None = None,
    by_days: int | None = None,
    today: date | None = None,
) -> list[PartQuery]:
    """Return the parts of a query: at most `by_account` accounts and `by_days` days each, in order.

    Together they cover each account and day once, and the `part` of each says what it covers.

    Args:
        query: The whole. It must list its accounts to be split by them, and say its days to be split by those.
        by_account: How many accounts a part has at most; None does not split by account.
        by_days: How many days a part has at most; None does not split by day.
        today: The day from which relative dates count. With `by_account` alone and without it, they stay as they are.

    Raises:
        ConfigurationError: The query cannot be split.
    """
    if by_account is None and by_days is None:
        raise ConfigurationError("say by what to split: by_account=1, by_days=30, or both")
    members = members_of(query)
    check_whole(members, WHOLE if by_days is None else (*WHOLE, *OF_ALL_DAYS))
    groups, ranges = account_groups(members, by_account), day_ranges(members, by_days, checked_today(today))
    of_accounts = len(groups) > 1  # one group alone stays as the caller wrote it
    parts = numbered(query, [(accounts, days) for accounts in groups for days in ranges])
    queries = [part_query(members | dict(changes(part, of_accounts=of_accounts)), part) for part in parts]
    sendable(queries[0])  # the others differ in nothing that the contract limits
    return queries


def members_of(query: models.DataQuery) -> dict[str, Any]:
    """Return the members of a query that are sent, by the names of the API."""
    if not isinstance(query, models.DataQuery):
        raise ConfigurationError(f"a query must be a DataQuery, not {type(query).__name__}: DataQuery(ds_id=...)")
    members = query.additional_properties | named(query)
    return {name: value for name, value in members.items() if value is not None or name not in attributes()}


def check_whole(members: Mapping[str, object], wholes: Sequence[Whole]) -> None:
    """Raise ConfigurationError for a member that would mean something else in each part."""
    for whole in wholes:
        value = members.get(whole.name)
        if value is not None and value not in whole.harmless:
            raise ConfigurationError(f"a query with {whole.name}={short_repr(value)} cannot be split: {whole.why}")


def account_groups(members: Mapping[str, object], size: int | None) -> list[tuple[str, ...]]:
    """Return the accounts of each part; all of them, as far as they are listed, where no size is given."""
    ids = account_ids(members.get("ds_accounts"))
    check_keys({"ds_accounts": ids})
    if size is None:
        return [ids]
    checked_whole("by_account", size, 1, MOST_ACCOUNTS)
    if not ids:
        raise ConfigurationError(
            "by_account needs the ids of the accounts in ds_accounts, as a list or separated by commas, not "
            f"{short_repr(members.get('ds_accounts'))}: list them, or split by_days alone"
        )
    if joined := next((each for each in ids if "," in each), None):
        raise ConfigurationError(
            f"by_account cannot know whether {short_repr(joined)} in ds_accounts is one account or several: list each "
            "id by itself, or split by_days alone"
        )
    return [ids[first : first + size] for first in range(0, len(ids), size)]


def account_ids(accounts: object) -> tuple[str, ...]:
    """Return the ids that a query lists, each once; none where it names its accounts in another way."""
    if accounts is None:
        return ()
    member = Member(REQUEST).member("ds_accounts")
    if isinstance(accounts, Sequence) and not isinstance(accounts, TEXTS):
        ids = [checked_id(value_of(member.item(index), each), index) for index, each in enumerate(accounts)]
    else:
        text = value_of(member, accounts)
        ids = [each.strip() for each in text.split(",") if each.strip()] if isinstance(text, str) else []
    return () if any(each.startswith(TEAM_LIST) for each in ids) else tuple(dict.fromkeys(ids))


def checked_id(account: str, index: int) -> str:
    """Return an id without the blanks around it; an empty one could select every account."""
    if known := account.strip():
        return known
    raise ConfigurationError(f"ds_accounts[{index}] is empty: leave it out")


def day_ranges(members: Mapping[str, Any], size: int | None, today: date | None) -> list[Days | None]:
    """Return the days of each part; None where they depend on the day and need not be known."""
    for name in DATES:
        if name in members:
            value_of(Member(REQUEST).member(name), members[name])
    if size is not None:
        return [*days_of(members, today).chunks(checked_whole("by_days", size, 1))]
    has_dates = any(name in members for name in DATES)
    return [days_of(members, today) if has_dates and (today is not None or are_fixed(members)) else None]


def checked_today(today: date | None) -> date | None:
    """Return the day from which relative dates count."""
    if today is None or (isinstance(today, date) and not isinstance(today, datetime)):
        return today
    raise ConfigurationError(f"today must be a date, not {short_repr(today)}: use datetime.date, or its .date()")


def numbered(query: models.DataQuery, pieces: Sequence[Piece]) -> Iterator[Part]:
    """Yield which part each piece is; a part that is not split any further keeps its number."""
    first, count = 1, len(pieces)
    if isinstance(query, PartQuery) and count == 1:
        first, count = query.part.number, query.part.count
    for number, (accounts, days) in enumerate(pieces, first):
        start, end = (None, None) if days is None else (days.first, days.last)
        yield Part(number=number, count=count, accounts=accounts, start_date=start, end_date=end)


def changes(part: Part, *, of_accounts: bool) -> Iterator[tuple[str, object]]:
    """Yield the members in which a part differs from the whole."""
    if of_accounts:
        yield "ds_accounts", [*part.accounts]
    if part.start_date is not None:
        yield from (("start_date", part.start_date), ("end_date", part.end_date), ("date_range_type", UNSET))


def part_query(members: Mapping[str, Any], part: Part) -> PartQuery:
    """Return the query for a part; members that the contract does not know stay."""
    known = attributes()
    query = PartQuery(part=part, **{known[name]: value for name, value in members.items() if name in known})
    query.additional_properties = {name: value for name, value in members.items() if name not in known}
    return query
