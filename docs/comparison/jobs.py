"""The jobs, and how the service behaves during each. Times are real seconds."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from attrs import field, frozen
from supermetrics_query.emulator import Plan, Source
from supermetrics_query.emulator.sources import DATE, INTEGER, Column

DS_ID = "CLICKS"
FIRST_DAY = date(2026, 1, 1)
COLUMNS = (Column("date", DATE, is_metric=False), Column("clicks", INTEGER, is_metric=True))
TITLES = tuple(column.name for column in COLUMNS)
WAITING = "WAITING"  # placeholder in a fault for the operation in which a contender waits
SHORT = Plan(scheduled_seconds=0.2, queued_seconds=0.3, run_seconds=2.5)


@frozen(kw_only=True)
class Job:
    """One job. A `deferred` start must return at once. With `expiry`, the result expires after the first page.

    `timeout` limits one request, in seconds. Without it, each contender uses its default.
    """

    title: str
    plan: Plan = SHORT
    options: Mapping[str, Any] = field(factory=dict)
    fault: str = ""
    fields: tuple[str, ...] = ("date", "clicks")
    rows: int = 30
    page: int = 1000
    timeout: float | None = None
    deferred: bool = False
    expiry: bool = False
    interrupted: bool = False

    @property
    def patience(self) -> dict[str, Any]:
        """Return the timeout option, which has the same name in every contender."""
        return {} if self.timeout is None else {"timeout": self.timeout}

    @property
    def truth(self) -> list[tuple[str, int]]:
        """Return the correct rows."""
        return [(str(FIRST_DAY + timedelta(days=number)), 100 + number) for number in range(self.rows)]

    @property
    def source(self) -> Source:
        """Return the data source of the job."""
        return Source(COLUMNS, self.truth, date="date")


JOBS: Mapping[str, Job] = {
    "plain": Job(title="A query of 3 s"),
    "accepted": Job(title="Start it without holding the request; the API answers 202", deferred=True),
    "legacy": Job(
        title="The same where the API answers 200, as it does for accounts from before June 2022",
        options={"legacy_accepted": True},
        deferred=True,
    ),
    "long": Job(title="A query of 40 s", plan=Plan(run_seconds=40)),
    "patient": Job(
        title="The same with `timeout=1800`, an option of all three", plan=Plan(run_seconds=40), timeout=1800
    ),
    "lost": Job(title="The answer to the start is lost", fault="start:lost"),
    "gateway": Job(title="502 with a page of HTML while it runs", fault=f"{WAITING}:502,body=html"),
    "portal": Job(title="200 with a page of HTML while it runs", fault=f"{WAITING}:200,body=html"),
    "rate": Job(title="429 with Retry-After of 3 s while it runs", fault=f"{WAITING}:429,retry_after=3"),
    "failure": Job(title="The query fails: 200, FAILURE", plan=Plan(run_seconds=1, outcome="FAILURE")),
    "inside": Job(title="200 with an error inside", fault=f"{WAITING}:200,code=QUERY_ERROR,body=envelope"),
    "order": Job(title="The API returns the columns in another order", fields=("clicks", "date")),
    "titles": Job(title="The titles of the columns stand on every page", options={"header": "repeat"}, page=10),
    "expiry": Job(title="The result goes away after the first page of 20", rows=200, page=10, expiry=True),
    "interrupt": Job(title="Ctrl-C while it runs, then the script again", plan=Plan(run_seconds=5), interrupted=True),
}
