"""The harness of `make bench`, without the measurements."""

import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import simulation, table
from benchmarks.__main__ import verdict
from benchmarks.jobs import measured
from benchmarks.plan import JOBS, TARGETS, Job, Target
from benchmarks.running import Outcome, outcomes
from benchmarks.sampling import Sample
from benchmarks.service import counters, serving
from benchmarks.subjects import READY
from benchmarks.subjects import Job as Work

TARGET = Target(key="poll_vs_peer", job="polls", at_most=0.5)
FAST = Outcome("polls", 1, {"ours": [{"cpu": 0.001}], "official": [{"cpu": 0.004}]})
SLOW = Outcome("polls", 1, {"ours": [{"cpu": 0.003}], "official": [{"cpu": 0.004}]})


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with serving() as url:
        yield url


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310
        return json.load(answer)


def judged(outcome: Outcome, kept: Path, *, quick: bool = False) -> int:
    measured = {"polls": outcome}
    return verdict(table.lines([TARGET], measured), measured, quick=quick, kept=kept, versions={})


@pytest.mark.parametrize(
    ("outcome", "quick", "status", "held"),
    [(FAST, False, 0, "yes"), (SLOW, False, 1, "NO"), (SLOW, True, 0, "|      |")],
    ids=["held", "missed", "quick judges nothing"],
)
def test_a_missed_target_fails_unless_it_is_quick(
    outcome: Outcome, quick: bool, status: int, held: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(outcome, tmp_path / "bench.json", quick=quick) == status
    [_, _, line, *_] = capsys.readouterr().out.splitlines()
    assert line.startswith("| poll_vs_peer |")
    assert held in line


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    judged(SLOW, tmp_path / "bench.json")
    kept = json.loads((tmp_path / "bench.json").read_text())
    assert (kept["mode"], kept["table"][0]["ratio"], kept["table"][0]["held"]) == ("full", 0.75, False)
    assert kept["jobs"] == [
        {"job": "polls", "size": 1, "medians": {"ours": {"cpu": 0.003}, "official": {"cpu": 0.004}}}
    ]


def test_a_target_whose_job_was_left_out_has_no_line() -> None:
    assert table.lines(TARGETS, {}) == []


def test_every_target_names_jobs_and_subjects_of_the_plan() -> None:
    subjects = {job.name: set(job.subjects) for job in JOBS}
    assert [each.key for each in TARGETS if each.subject not in subjects[each.job]] == []
    assert [each.key for each in TARGETS if each.rival and each.rival not in subjects[each.rival_job or each.job]] == []


def test_set_up_is_not_measured() -> None:
    def job() -> Work:
        sum(range(3_000_000))
        yield READY
        yield {"late": 3.0}

    figures = measured(job())
    assert figures["late"] == 3.0
    assert figures["cpu"] < 0.02


def test_subjects_alternate_and_swap_places_each_in_its_own_environment() -> None:
    turns: list[tuple[str, str]] = []

    def sample(python: str, subject: str, does: str, url: str, size: int) -> Sample:
        turns.append((subject, python))
        get(f"{url}/query/status?json=%7B%22schedule_id%22:%22running%22%7D")
        return {"cpu": 1.0}

    done = outcomes([Job(name="polls", does="polls", size=3, rounds=2, sample=sample)], "peer", quick=False)["polls"]
    ours, others = ("ours", sys.executable), ("official", "peer")
    assert turns == [ours, others, others, ours]
    assert done.middle("ours", "requests") == done.middle("ours", "connections") == 1


def test_the_service_serves_windows_of_rows_and_counts_the_header(service: str) -> None:
    ask = f"{service}/0/query/data/json?schedule_id=rows-25"
    first = get(f"{ask}&offset_start=0&offset_end=9")["data"]
    last = get(f"{ask}&offset_start=20&offset_end=29")["data"]
    everything = get(ask)["data"]
    assert (len(first), first[0][:2]) == (10, ["Column 0", "Column 1"])
    assert (len(last), len(everything)) == (6, 26)
    assert everything[:10] == first
    assert everything[20:] == last


def test_the_service_knows_both_ways_to_ask(service: str) -> None:
    plain = get(f"{service}/0/query/data/json?schedule_id=running")
    assert plain == get(f"{service}/0/query/status?json=%7B%22schedule_id%22:%22running%22%7D")
    assert plain["meta"]["status_code"] == "RUNNING"


def test_a_query_that_ends_runs_at_first_and_then_has_succeeded(service: str) -> None:
    codes = [get(f"{service}/0/query/data/json?schedule_id=ends-0.0-a")["meta"]["status_code"] for _ in range(2)]
    assert codes == ["SUCCESS", "SUCCESS"]
    assert get(f"{service}/0/query/data/json?schedule_id=ends-60-b")["meta"]["status_code"] == "RUNNING"


def test_the_service_counts_connections_and_requests(service: str) -> None:
    before = counters(service)
    get(f"{service}/0/query/data/json?schedule_id=running")
    after = counters(service)
    assert {name: after[name] - before[name] for name in after} == {"connections": 1, "requests": 1}


def test_simulated_runs_take_no_time_and_few_requests() -> None:
    figures = simulation.runs(20)
    assert 0 < figures["late"] < 10
    assert 1 <= figures["asked"] < 5
