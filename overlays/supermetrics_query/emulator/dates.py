"""The days that a query selects: fixed dates, or dates relative to the day that counts as today."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import attrs

from .problems import ServiceError, bad_request
from .validation import Members


@attrs.frozen
class DateRange:
    """A range of days, both ends inclusive; None leaves an end open."""

    first: date | None = None
    last: date | None = None


def _days_before(today: date, days: int) -> date:
    try:
        return today - timedelta(days=days)
    except OverflowError:
        return date.min


def _month(day: date) -> DateRange:
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return DateRange(day.replace(day=1), _days_before(following, 1))


def _year(year: int) -> DateRange:
    return DateRange(date(year, 1, 1), date(year, 12, 31))


def _week(day: date) -> DateRange:
    return DateRange(_days_before(day, day.weekday()), _days_before(day, day.weekday() - 6))


RANGES: Mapping[str, Callable[[date], DateRange]] = {
    "custom": lambda _today: DateRange(),
    "today": lambda today: DateRange(today, today),
    "yesterday": lambda today: DateRange(_days_before(today, 1), _days_before(today, 1)),
    "this_week": _week,
    "last_week": lambda today: _week(_days_before(today, 7)),
    "this_month": _month,
    "last_month": lambda today: _month(_days_before(today.replace(day=1), 1)),
    "this_year": lambda today: _year(today.year),
    "last_year": lambda today: _year(today.year - 1),
}


def parse_day(text: str, today: date) -> date | None:
    """Return a day written as `2026-11-01`, `today`, `yesterday` or `3 days ago`; None for any other text."""
    if text in {"today", "yesterday"}:
        return RANGES[text](today).first
    if ago := re.fullmatch(r"(\d{1,6}) days? ago", text):
        return _days_before(today, int(ago[1]))
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def date_range(query: Members, today: date) -> DateRange:
    """Return the days of a query; `start_date` and `end_date` take precedence over a named range."""
    first, last = (_explicit(query, name, today) for name in ("start_date", "end_date"))
    if first and last and last < first:
        raise bad_request("end_date must not be before start_date.")
    if first or last:
        return DateRange(first, last)
    return _named_range(str(query.get("date_range_type", "custom")), today)


def check_comparison(query: Members, today: date) -> None:
    """Raise ServiceError if a custom comparison has no valid end; comparisons are checked but not computed."""
    if query.get("compare_type") != "custom":
        return
    end = query.get("compare_end_date")
    if end is None:
        raise ServiceError("COMPARE_END_DATE_REQUIRED", "compare_end_date is required.")
    if parse_day(str(end), today) is None:
        raise ServiceError("COMPARE_END_DATE_INVALID", "compare_end_date is not a date.")


def _explicit(query: Members, name: str, today: date) -> date | None:
    text = query.get(name)
    if not text:
        return None
    day = parse_day(str(text), today)
    if day is None:
        raise bad_request(f"{name} is not a date.")
    return day


def _named_range(name: str, today: date) -> DateRange:
    if name in RANGES:
        return RANGES[name](today)
    if days := re.fullmatch(r"last_(\d{1,6})_days", name):
        return DateRange(_days_before(today, int(days[1])), _days_before(today, 1))
    raise bad_request(f"The date range {name} is not known.")
