"""The parts of a query are the whole, once: every account on every day, in order, and never more than was asked for."""

import pickle
from copy import copy, deepcopy
from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import (
    AccountFilter,
    ConfigurationError,
    DataQuery,
    FieldSelection,
    Part,
    PartQuery,
    query_from_dict,
    split,
)
from supermetrics_query._contract.dates import RANGES
from supermetrics_query._contract.requests import sendable
from supermetrics_query.emulator import dates as emulated
from supermetrics_query_api.types import UNSET

LEAP = date(2024, 2, 29)
ids = st.text("abc019-_.", min_size=1, max_size=8).filter(lambda text: not text.startswith("list."))
accounts = st.lists(ids, min_size=1, max_size=40, unique=True)
days = st.dates(date(2019, 12, 1), date(2028, 3, 31)) | st.sampled_from([LEAP, date(1, 1, 1), date(9999, 12, 31)])
usual_days = days.filter(lambda day: 1 < day.year < date.max.year)
lengths = st.integers(0, 800)
sizes = st.integers(1, 100)


def query(**members: Any) -> DataQuery:
    """Make a query, even with members that its types do not allow."""
    return DataQuery(**{"ds_id": "GAWA", **members})


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301


def ending(first: date, length: int) -> date:
    """Return the last day of a range; the calendar ends somewhere."""
    return date.fromordinal(min(first.toordinal() + length, date.max.toordinal()))


def days_between(first: Any, last: Any) -> list[date]:
    return [date.fromordinal(each) for each in range(first.toordinal(), last.toordinal() + 1)]


def listed(part: PartQuery) -> list[str]:
    """Return the accounts that a part asks for."""
    accounts: Any = sendable(part).ds_accounts
    return accounts.split(",") if isinstance(accounts, str) else [*accounts]


def covered(parts: list[PartQuery]) -> list[tuple[str, date]]:
    """Return each account on each day, as the parts ask for them."""
    return [
        (account, day)
        for part in parts
        for account in listed(part)
        for day in days_between(part.start_date, part.end_date)
    ]


@given(accounts, days, lengths, sizes)
def test_the_parts_cover_each_account_on_each_day_once_and_in_order(
    names: list[str], first: date, length: int, size: int
) -> None:
    last = ending(first, length)
    parts = split(query(ds_accounts=names, start_date=first, end_date=last), by_account=1, by_days=size)
    assert covered(parts) == [(name, day) for name in names for day in days_between(first, last)]


@given(accounts, days, lengths, sizes, sizes)
def test_no_part_is_larger_than_what_was_asked_for(
    names: list[str], first: date, length: int, by_account: int, by_days: int
) -> None:
    last = ending(first, length)
    whole = query(ds_accounts=names, start_date=first.isoformat(), end_date=last)
    parts = split(whole, by_account=by_account, by_days=by_days)
    assert max(len(each.part.accounts) for each in parts) <= by_account
    assert max(len(days_between(each.part.start_date, each.part.end_date)) for each in parts) <= by_days
    assert len(parts) == -(-len(names) // by_account) * -(-((last - first).days + 1) // by_days)
    assert sorted(set(covered(parts))) == sorted(covered(parts))


@given(accounts, days, lengths, st.none() | sizes, st.none() | sizes)
def test_a_part_split_again_by_the_same_sizes_is_itself(
    names: list[str], first: date, length: int, by_account: int | None, by_days: int | None
) -> None:
    sizes: Any = {"by_account": by_account or (None if by_days else 1), "by_days": by_days}
    whole = query(ds_accounts=names, start_date=first, end_date=ending(first, length))
    for part in split(whole, **sizes):
        assert split(part, **sizes) == [part]


@given(accounts, days, lengths, sizes, sizes)
def test_a_part_says_what_it_asks_for(
    names: list[str], first: date, length: int, by_account: int, by_days: int
) -> None:
    whole = query(ds_accounts=",".join(names), start_date=first, end_date=ending(first, length))
    parts = split(whole, by_account=by_account, by_days=by_days)
    for number, each in enumerate(parts, 1):
        asked: Any = sendable(each)
        known = Part(
            number=number,
            count=len(parts),
            accounts=tuple(listed(each)),
            start_date=asked.start_date,
            end_date=asked.end_date,
        )
        assert each.part == known


@pytest.mark.parametrize("first", [LEAP, date(2023, 2, 28), date(2026, 12, 31), date.min, date.max])
def test_one_day_is_one_part(first: date) -> None:
    [part] = split(query(start_date=first, end_date=first), by_days=30)
    assert (part.start_date, part.end_date, str(part.part)) == (first, first, first.isoformat())


def test_a_leap_day_is_in_one_part() -> None:
    parts = split(query(start_date="2024-02-28", end_date="2024-03-01"), by_days=1)
    assert [each.start_date for each in parts] == [date(2024, 2, 28), LEAP, date(2024, 3, 1)]


def test_everything_else_of_the_query_stays() -> None:
    whole = query(
        ds_accounts=("1", "2"),
        ds_users="me@example.com",
        fields=["date", FieldSelection(id="cost")],
        settings={"no_headers": True},
        filter_="cost > 5",
        order_rows=["date"],
        max_rows=1_000_000,
        offset_start=0,
        sync_timeout=0,
        cache_minutes=None,
        date_range_type="last_month",
    )
    whole["part"] = "of the API"
    whole["beta"] = None
    before = deepcopy(whole)
    sent = [sendable(each).to_dict() for each in split(whole, by_account=1, by_days=40, today=LEAP)]
    rest = {name: value for name, value in sendable(whole).to_dict().items() if name != "date_range_type"}
    dates = {"start_date": "2024-01-01", "end_date": "2024-01-31"}
    assert sent == [rest | dates | {"ds_accounts": [account]} for account in ("1", "2")]
    assert whole == before


@pytest.mark.parametrize("renew", [copy, deepcopy, pickled, attrs.evolve])
def test_a_part_survives_copies_and_pickles(renew: Any) -> None:
    for part in split(query(ds_accounts="1,2", start_date="2026-01-01", end_date="2026-03-01"), by_account=1):
        again = renew(part)
        assert again == part
        assert again.part is not None
        assert again.part == part.part


def test_a_part_of_another_query_differs_although_it_asks_for_the_same() -> None:
    [part] = split(query(ds_accounts="1"), by_account=1)
    assert part != query(ds_accounts="1")
    assert sendable(part).to_dict() == query(ds_accounts="1").to_dict()


def test_a_query_from_a_mapping_can_be_split() -> None:
    members = {"ds_id": "GAWA", "ds_accounts": "1, 2,,3 ", "start_date": "2026-01-01", "end_date": "2026-01-02"}
    parts = split(query_from_dict(members), by_account=2, by_days=1)
    assert [str(each.part) for each in parts] == [
        "accounts 1, 2, 2026-01-01",
        "accounts 1, 2, 2026-01-02",
        "account 3, 2026-01-01",
        "account 3, 2026-01-02",
    ]


def test_members_that_were_set_like_items_are_split_as_they_are_sent() -> None:
    whole = query(date_range_type="yesterday")
    whole["ds_accounts"] = ["1", "2"]
    assert [sendable(each).ds_accounts for each in split(whole, by_account=1)] == [["1"], ["2"]]


@pytest.mark.parametrize("given", ["2,1,2", ["2", "1", "2"], [" 2", "1 ", "2"]])
def test_an_account_that_is_listed_twice_is_asked_for_once(given: Any) -> None:
    assert [each.ds_accounts for each in split(query(ds_accounts=given), by_account=1)] == [["2"], ["1"]]


def test_an_account_whose_id_has_a_comma_is_left_alone_when_days_are_split() -> None:
    parts = split(query(ds_accounts=["1,2", "2"], start_date="2026-01-01", end_date="2026-01-02"), by_days=1)
    assert [(sendable(each).ds_accounts, each.part.accounts) for each in parts] == [(["1,2", "2"], ("1,2", "2"))] * 2


def test_more_accounts_than_a_query_may_name_can_be_split() -> None:
    parts = split(query(ds_accounts=[f"{number}" for number in range(250)]), by_account=100)
    assert [len(listed(each)) for each in parts] == [100, 100, 50]


@pytest.mark.parametrize("given", ["list.all_accounts", ["list.all_accounts"], AccountFilter(filter_name="x"), None])
def test_accounts_that_only_the_api_can_list_are_left_alone_when_days_are_split(given: Any) -> None:
    whole = query(ds_accounts=given, start_date="2026-01-01", end_date="2026-01-02")
    for part in split(whole, by_days=1):
        assert sendable(part).ds_accounts == sendable(whole).ds_accounts
        assert part.part.accounts == ()


def test_dates_may_stay_relative_when_accounts_are_split() -> None:
    parts = split(query(ds_accounts="1,2", date_range_type="a range of tomorrow"), by_account=1)
    assert [(each.date_range_type, each.start_date, each.part.start_date) for each in parts] == [
        ("a range of tomorrow", UNSET, None)
    ] * 2
    assert [str(each.part) for each in parts] == ["account 1", "account 2"]


def test_dates_that_stay_relative_are_fixed_by_a_day_that_is_given() -> None:
    parts = split(query(ds_accounts="1,2", date_range_type="yesterday"), by_account=1, today=LEAP)
    assert [(each.date_range_type, each.start_date, each.end_date) for each in parts] == [
        (UNSET, date(2024, 2, 28), date(2024, 2, 28))
    ] * 2


def test_a_query_without_dates_can_be_split_by_account() -> None:
    assert len(split(query(ds_accounts="1,2"), by_account=1, today=LEAP)) == 2
    assert len(split(query(ds_accounts="1,2", date_range_type=None), by_account=1, today=LEAP)) == 2


@given(usual_days, st.sampled_from(sorted(RANGES)) | st.builds("last_{}_days".format, sizes))
def test_a_range_means_the_days_that_the_service_selects(today: date, name: str) -> None:
    selected = emulated.date_range({"date_range_type": name}, today)
    parts = split(query(date_range_type=name), by_days=7, today=today)
    assert (parts[0].start_date, parts[-1].end_date) == (selected.first, selected.last)


@given(usual_days, st.integers(0, 300), st.integers(0, 300))
def test_relative_words_mean_the_days_that_the_service_selects(today: date, one: int, other: int) -> None:
    words = {"start_date": f"{max(one, other)} days ago", "end_date": f"{min(one, other)} days ago"}
    selected = emulated.date_range(words, today)
    [part] = split(query(**words), by_days=1000, today=today)
    assert (part.start_date, part.end_date) == (selected.first, selected.last)


def test_every_range_that_the_service_knows_can_be_split() -> None:
    assert set(emulated.RANGES) - {"custom"} == set(RANGES)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        (("yesterday", "today"), date(2024, 2, 28), LEAP),
        (("1 day ago", "0 days ago"), date(2024, 2, 28), LEAP),
        (("2024-02-01", "yesterday"), date(2024, 2, 1), date(2024, 2, 28)),
        ((date(2023, 2, 1), "today"), date(2023, 2, 1), LEAP),
    ],
)
def test_dates_may_be_fixed_and_relative(words: tuple[Any, Any], first: date, last: date) -> None:
    named = query(start_date=words[0], end_date=words[1], date_range_type="last_month")
    [part] = split(named, by_days=1000, today=LEAP)
    assert (part.start_date, part.end_date, part.date_range_type) == (first, last, UNSET)


FIXED = {"start_date": "2026-01-01", "end_date": "2026-01-31"}
REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, "by what to split"),
    (FIXED, {"by_days": 0}, "by_days must be a whole number from 1 on, not 0"),
    (FIXED, {"by_days": True}, "by_days"),
    (FIXED, {"by_days": 1.5}, "by_days"),
    ({"ds_accounts": "1"}, {"by_account": 0}, "by_account must be a whole number from 1 to 100, not 0"),
    ({"ds_accounts": "1"}, {"by_account": 101}, "from 1 to 100"),
    ({"ds_accounts": "1"}, {"by_account": "1"}, "by_account"),
    ({}, {"by_account": 1}, "not None: list them"),
    ({"ds_accounts": []}, {"by_account": 1}, "list them"),
    ({"ds_accounts": " , "}, {"by_account": 1}, "list them"),
    ({"ds_accounts": "list.all_accounts"}, {"by_account": 1}, "'list.all_accounts': list them"),
    ({"ds_accounts": ["1", "list.mine"]}, {"by_account": 1}, "list.mine.*: list them"),
    ({"ds_accounts": AccountFilter(filter_name="x")}, {"by_account": 1}, "AccountFilter.*: list them"),
    ({"ds_accounts": {"filter_name": "x"}}, {"by_account": 1}, "filter_name.*: list them"),
    ({"ds_accounts": [1]}, {"by_account": 1}, r"ds_accounts\[0\] must be text, not 1"),
    ({"ds_accounts": ["1", ""]}, {"by_account": 1}, r"ds_accounts\[1\] is empty"),
    (
        {"ds_accounts": ["1,2", "2"]},
        {"by_account": 1},
        "'1,2' in ds_accounts is one account or several: list each id by itself, or",
    ),
    ({"ds_accounts": ["1", "2,"]}, {"by_account": 2}, "'2,' in ds_accounts"),
    ({"ds_accounts": ("1", ",")}, {"by_account": 1, "by_days": 1}, "',' in ds_accounts"),
    ({"ds_accounts": {"1", "2"}}, {"by_account": 1}, "no order: use a list"),
    ({"ds_accounts": b"1"}, {"by_account": 1}, "decode it"),
    ({}, {"by_days": 1}, "no dates"),
    ({"date_range_type": "custom"}, {"by_days": 1}, "no dates"),
    ({"start_date": "2026-01-01"}, {"by_days": 1}, "end_date is missing"),
    ({"end_date": "2026-01-01", "date_range_type": "last_month"}, {"by_days": 1}, "start_date is missing"),
    ({"start_date": "2026-02-01", "end_date": "2026-01-31"}, {"by_days": 1}, "hold no day: the first is 2026-02-01"),
    ({"date_range_type": "last_0_days"}, {"by_days": 1, "today": LEAP}, "hold no day"),
    ({"date_range_type": "last_month"}, {"by_days": 1}, "'last_month' depends on the day: pass today="),
    ({"start_date": "2026-01-01", "end_date": "yesterday"}, {"by_days": 1}, "end_date='yesterday' depends on the day"),
    ({"date_range_type": "fortnight"}, {"by_days": 1}, "'fortnight' is none of today, .* and last_N_days: set start"),
    ({"date_range_type": "LAST_MONTH"}, {"by_days": 1, "today": LEAP}, "is none of"),
    ({"date_range_type": 7}, {"by_days": 1, "today": LEAP}, "date_range_type must be text"),
    ({**FIXED, "end_date": "20260131"}, {"by_days": 1}, "'20260131' is none of 'YYYY-MM-DD'"),
    ({**FIXED, "end_date": "2026-02-30"}, {"by_days": 1}, "is none of"),
    ({**FIXED, "end_date": "٢٠٢٦-01-31"}, {"by_days": 1}, "is none of"),
    ({**FIXED, "end_date": "tomorrow"}, {"by_days": 1, "today": LEAP}, "is none of"),
    ({**FIXED, "end_date": ""}, {"by_days": 1}, "is none of"),
    ({**FIXED, "end_date": datetime(2026, 1, 31, tzinfo=UTC)}, {"by_days": 1}, "use its .date"),
    ({"date_range_type": "last_99999_days"}, {"by_days": 1, "today": date(5, 1, 1)}, "outside the calendar"),
    ({"date_range_type": "last_month"}, {"by_days": 1, "today": date.min}, "outside the calendar"),
    ({"date_range_type": "last_year"}, {"by_days": 1, "today": date.min}, "outside the calendar"),
    ({"date_range_type": "this_week"}, {"by_days": 1, "today": date.max}, "outside the calendar"),
    ({"date_range_type": "last_month"}, {"by_days": 1, "today": datetime(2026, 1, 1, tzinfo=UTC)}, "today must be"),
    ({"date_range_type": "last_month"}, {"by_days": 1, "today": "2026-01-01"}, "today must be a date"),
    (FIXED | {"schedule_id": "night-1"}, {"by_days": 1}, "schedule_id='night-1' cannot be split: it names one run"),
    (FIXED | {"max_rows": 10}, {"by_days": 1}, "max_rows=10 cannot be split: it counts the rows of the whole"),
    (FIXED | {"offset_start": 5}, {"by_days": 1}, "offset_start=5"),
    (FIXED | {"offset_end": 0}, {"by_days": 1}, "offset_end=0"),
    (
        FIXED | {"compare_type": "prev_range"},
        {"by_days": 1},
        "compare_type='prev_range' cannot be split: .* by_account",
    ),
    (FIXED | {"max_columns": 0}, {"by_days": 1}, "max_columns must be 1 or more"),
    (FIXED | {"max_rows": [1]}, {"by_days": 1}, "max_rows"),
]


@pytest.mark.parametrize(("members", "sizes", "message"), REFUSED)
def test_what_cannot_be_split_is_refused_with_the_value_and_what_to_do(
    members: dict[str, Any], sizes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        split(query(**members), **sizes)


@pytest.mark.parametrize("other", [None, {"ds_id": "GAWA"}, "GAWA"])
def test_what_is_no_query_is_refused(other: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a DataQuery"):
        split(other, by_account=1)


def test_a_comparison_stays_when_only_accounts_are_split() -> None:
    whole = query(ds_accounts="1,2", compare_type="prev_range", **FIXED)
    assert [each.compare_type for each in split(whole, by_account=1)] == ["prev_range"] * 2


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (Part(number=2, count=3), "part 2 of 3"),
        (Part(number=1, count=1, accounts=("1",)), "account 1"),
        (Part(number=1, count=1, accounts=("1", "2", "3")), "accounts 1, 2, 3"),
        (Part(number=1, count=1, accounts=("1", "2", "3", "4", "5")), "accounts 1, 2, 3 and 2 more"),
        (Part(number=1, count=1, start_date=date(2024, 2, 28), end_date=LEAP), "2024-02-28 to 2024-02-29"),
    ],
)
def test_a_part_is_readable(part: Part, text: str) -> None:
    assert str(part) == text
    assert pickled(part) == part
    assert len({part, copy(part)}) == 1
