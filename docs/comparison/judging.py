"""What came of a job, in a few words. Right rows are told from wrong ones by comparing them with the truth."""

import re
from collections.abc import Sequence
from html import escape

from attrs import frozen

from .jobs import TITLES, Job

LONGEST = 110  # characters of the text of an exception
PRIVATE = re.compile(r"[\w-]{32,}|127\.0\.0\.1:\d+")  # differs from run to run
Rows = Sequence[dict[str, object]]


@frozen(kw_only=True)
class Outcome:
    """What came of a job. `starts` counts the requests that asked the service to start a query."""

    rows: int
    told: str
    starts: int = 1


def told(job: Job, rows: Rows, error: Exception | None) -> str:
    """Say what came of a job."""
    if error is None:
        return judged(job, rows)
    after = f" after {len(rows)} of {job.rows} rows" if rows else ""
    return f"`{type(error).__name__}`{after}: {shortened(str(error))}"


def judged(job: Job, rows: Rows) -> str:
    """Say what is wrong with rows, if anything is."""
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
    """Return the cells of a row under the ids or the titles of the columns."""
    date, clicks = (row.get(name.lower(), row.get(name)) for name in TITLES)
    return date, clicks


def flaws(job: Job, values: Sequence[tuple[object, object]]) -> str:
    """Name the flaws of rows that are not the true ones."""
    truth = set(job.truth)
    heads = sum(set(value) == set(TITLES) for value in values)
    swapped = any(value[::-1] in truth for value in values)
    return (f", {heads} of them the titles" if heads else "") + (
        ", each value under the wrong field" if swapped else ""
    )


def shortened(text: str) -> str:
    """Return the text of an exception without what differs from run to run."""
    line = PRIVATE.sub("…", " ".join(text.split()))
    cut = line if len(line) <= LONGEST else f"{line[:LONGEST].rsplit(' ', 1)[0]} …"
    return escape(cut, quote=False)
