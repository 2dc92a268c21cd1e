"""The days that a query selects: fixed dates, or dates relative to a day that the caller gives. No clock is read."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import TypeVar

from attrs import frozen

from ..errors import ConfigurationError
from .validation import short_repr

ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
AGO = re.compile(r"([0-9]{1,6}) days? ago")
LAST_DAYS = re.compile(r"last_([0-9]{1,6})_days")
FIX = "set start_date and end_date to dates such as '2026-01-31'"

T = TypeVar("T")


@frozen
class Days:
    """A range of days, both ends inclusive."""

    first: date
    last: date

    def chunks(self, size: int) -> Iterator["Days"]:
        """Yield the range in pieces of `size` days; the last one may be shorter."""
        first, last = self.first.toordinal(), self.last.toordinal()
        for begin in range(first, last + 1, size):
            yield Days(date.fromordinal(begin), date.fromordinal(min(begin + size - 1, last)))


def before(day: date, days: int) -> date:
    """Return the day so many days earlier."""
    return day - timedelta(days=days)


def one_day(day: date) -> Days:
    """Return a range of one day."""
    return Days(day, day)


def week_of(day: date) -> Days:
    """Return the week of a day, from Monday to Sunday."""
    return Days(before(day, day.weekday()), before(day, day.weekday() - 6))


def month_of(day: date) -> Days:
    """Return the month of a day."""
    return Days(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def year_of(year: int) -> Days:
    """Return a whole year."""
    return Days(date(year, 1, 1), date(year, 12, 31))


# What `date_range_type` means on a day, beside `last_<number>_days`.
RANGES: Mapping[str, Callable[[date], Days]] = {
    "today": one_day,
    "yesterday": lambda today: one_day(before(today, 1)),
    "this_week": week_of,
    "last_week": lambda today: week_of(before(today, 7)),
    "this_month": month_of,
    "last_month": lambda today: month_of(before(today.replace(day=1), 1)),
    "this_year": lambda today: year_of(today.year),
    "last_year": lambda today: year_of(today.year - 1),
}
WORDS: Mapping[str, int] = {"today": 0, "yesterday": 1}


def fixed_day(value: object) -> date | None:
    """Return the day that a date or an ISO text names, None for anything else."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) and ISO.fullmatch(value) else None
    except ValueError:
        return None


def are_fixed(members: Mapping[str, object]) -> bool:
    """Return whether the dates of a query mean the same on every day."""
    return None not in {fixed_day(members.get(name)) for name in ("start_date", "end_date")}


def days_of(members: Mapping[str, object], today: date | None) -> Days:
    """Return the days that a query selects; raise ConfigurationError where they cannot be known."""
    start, end = members.get("start_date"), members.get("end_date")
    if start is None and end is None:
        return named_range(members.get("date_range_type"), today)
    if start is None or end is None:
        missing = "start_date" if start is None else "end_date"
        raise ConfigurationError(f"{missing} is missing, so where the days of the parts lie is not known: {FIX}")
    days = Days(day_of("start_date", start, today), day_of("end_date", end, today))
    return checked_order(days, f"start_date {short_repr(start)} and end_date {short_repr(end)}")


def day_of(name: str, value: object, today: date | None) -> date:
    """Return the day that a date, an ISO text or a relative word names."""
    day = fixed_day(value)
    if day is not None:
        return day
    text = str(value)
    ago = AGO.fullmatch(text)
    if ago is None and text not in WORDS:
        raise ConfigurationError(
            f"{name}={short_repr(value)} is none of 'YYYY-MM-DD', 'today', 'yesterday' and 'N days ago': {FIX}"
        )
    days = int(ago[1]) if ago else WORDS[text]
    return resolved(f"{name}={short_repr(value)}", lambda today: before(today, days), today)


def named_range(name: object, today: date | None) -> Days:
    """Return the days that a `date_range_type` names."""
    if name is None or name == "custom":
        raise ConfigurationError(f"the query has no dates that by_days could split: {FIX}")
    shown, last = f"date_range_type={short_repr(name)}", LAST_DAYS.fullmatch(str(name))
    if last is None and name not in RANGES:
        raise ConfigurationError(f"{shown} is none of {', '.join(RANGES)} and last_N_days: {FIX}")
    days = int(last[1]) if last else 0
    find = RANGES[str(name)] if last is None else lambda today: Days(before(today, days), before(today, 1))
    return checked_order(resolved(shown, find, today), shown)


def resolved(shown: str, find: Callable[[date], T], today: date | None) -> T:
    """Return what a relative name means on a day."""
    if today is None:
        raise ConfigurationError(f"{shown} depends on the day: pass today=date(...), or {FIX}")
    try:
        return find(today)
    except (OverflowError, ValueError):
        raise ConfigurationError(f"{shown} lies outside the calendar, counted from {today}: {FIX}") from None


def checked_order(days: Days, shown: str) -> Days:
    """Return a range that holds a day."""
    if days.last < days.first:
        raise ConfigurationError(f"{shown} hold no day: the first is {days.first}, the last {days.last}; {FIX}")
    return days
