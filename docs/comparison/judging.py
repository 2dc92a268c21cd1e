"""Describe the outcome of a job in a few words. Rows are compared with the correct ones."""

import re
from collections.abc import Sequence
from html import escape

from attrs import frozen

from .jobs import TITLES, Job

LONGEST = 110  # characters of an exception's text
PRIVATE = re.compile(r"[\w-]{32,}|127\.0\.0\.1:\d+")  # differs between runs
Rows = Sequence[dict[str, object]]


@frozen(kw_only=True)
class Outcome:
    """The outcome of a job. `starts` counts the requests that started a query."""

    rows: int
    verdict: str
    starts: int = 1


def verdict_of(job: Job, rows: Rows, error: Exception | None) -> str:
    """Return the outcome of a job in words."""
    if error is None:
        return judged(job, rows)
    after = f" after {len(rows)} of {job.rows} rows" if rows else ""
    return f"`{type(error).__name__}`{after}: {shortened(str(error))}"


def judged(job: Job, rows: Rows) -> str:
    """Return a verdict on rows that came without an exception."""
    values = [by_column(row) for row in rows]
    if not rows:
        return "no rows and no exception"
    keyed = "" if "date" in rows[0] else ", keyed by title"
    if values == job.truth:
        return f"all {job.rows} rows{keyed}"
    if values[1:] == job.truth:
        return f"all {job.rows} rows{keyed}, below one of titles"
    wrong = f" instead of {job.rows}" if len(rows) != job.rows else ", not the right ones"
    return f"**{len(rows)} rows{wrong}**{flaws(job, values)}"


def by_column(row: dict[str, object]) -> tuple[object, object]:
    """Return the cells of a row, looked up by column id or title."""
    date, clicks = (row.get(name.lower(), row.get(name)) for name in TITLES)
    return date, clicks


def flaws(job: Job, values: Sequence[tuple[object, object]]) -> str:
    """Name what is wrong with incorrect rows."""
    truth = set(job.truth)
    heads = sum(set(value) == set(TITLES) for value in values)
    swapped = any(value[::-1] in truth for value in values)
    return (f", {heads} of them the titles" if heads else "") + (
        ", each value under the wrong field" if swapped else ""
    )


def shortened(text: str) -> str:
    """Return the text of an exception without the parts that differ between runs."""
    line = PRIVATE.sub("…", " ".join(text.split()))
    cut = line if len(line) <= LONGEST else f"{line[:LONGEST].rsplit(' ', 1)[0]} …"
    return escape(cut, quote=False)
