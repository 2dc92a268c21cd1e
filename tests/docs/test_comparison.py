"""The table of docs/comparison.md matches the last `make compare`, and rows are judged correctly."""

from pathlib import Path

import httpx
import pytest
from comparison.child import outcome
from comparison.jobs import DS_ID, JOBS, TITLES, Job
from comparison.judging import verdict_of
from comparison.relay import BothWays
from comparison.table import CONTENDERS, PAGE, read, with_table
from comparison.task import Task
from supermetrics_query.emulator import INSTANT

JOB = Job(title="three rows", rows=3)
RIGHT = [{"date": date, "clicks": clicks} for date, clicks in JOB.truth]
HEAD = {"date": TITLES[0], "clicks": TITLES[1]}


def test_the_table_is_what_the_last_run_saw() -> None:
    page = PAGE.read_text()
    assert page == with_table(page, read())
    assert all(f"| {job.title} |" in page for job in JOBS.values())


def test_another_outcome_changes_the_table() -> None:
    changed = {
        job: {each: {**seen, "verdict": "something else"} for each, seen in by.items()} for job, by in read().items()
    }
    assert with_table(PAGE.read_text(), changed) != PAGE.read_text()


def test_every_contender_did_every_job() -> None:
    assert {job: set(by) for job, by in read().items()} == {job: set(CONTENDERS) for job in JOBS}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (RIGHT, "all 3 rows"),
        ([{"Date": row["date"], "Clicks": row["clicks"]} for row in RIGHT], "all 3 rows, keyed by title"),
        ([HEAD, *RIGHT], "all 3 rows, below one of titles"),
        ([RIGHT[0], HEAD, *RIGHT[1:]], "**4 rows instead of 3**, 1 of them the titles"),
        (RIGHT[:2], "**2 rows instead of 3**"),
        (RIGHT[:2] + RIGHT[:1], "**3 rows, not the right ones**"),
        (
            [{"date": row["clicks"], "clicks": row["date"]} for row in RIGHT],
            "**3 rows, not the right ones**, each value under the wrong field",
        ),
        ([], "no rows and no exception"),
    ],
)
def test_rows_are_compared_with_the_true_ones(rows: list[dict[str, object]], words: str) -> None:
    assert verdict_of(JOB, rows, None) == words


def test_an_exception_is_reported_without_what_differs_from_run_to_run() -> None:
    error = RuntimeError(f"query '{'a' * 32}' at http://127.0.0.1:4711/ sent <html>")
    assert verdict_of(JOB, RIGHT[:1], error) == (
        "`RuntimeError` after 1 of 3 rows: query '…' at http://…/ sent &lt;html&gt;"
    )


@pytest.mark.parametrize("contender", ["ours", "by_hand"])
def test_a_contender_does_a_job(contender: str, tmp_path: Path) -> None:
    with BothWays(plan=INSTANT, sources={DS_ID: JOBS["order"].source}) as service:
        task = Task(name="order", url=service.url, key=service.key, memory=tmp_path / "memory")
        assert outcome(contender, task).verdict.startswith("all 30 rows")


def test_the_relay_takes_a_start_as_the_sdk_sends_it() -> None:
    parameters = {"ds_id": DS_ID, "fields": ["clicks", "date"], "sync_timeout": "30"}
    with BothWays(plan=INSTANT, sources={DS_ID: JOB.source}) as service:
        headers = {"Authorization": f"Bearer {service.key}"}
        answer = httpx.get(f"{service.url}/query/data/json", params=parameters, headers=headers, trust_env=False)
        assert answer.json()["data"][0] == list(TITLES)
        assert [request.json for request in service.requests] == [parameters | {"sync_timeout": 30}]
