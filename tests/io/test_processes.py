"""Several processes, one key: they share limits in a real Redis, and lose nothing when they are killed."""

import subprocess
import sys
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest
from attrs import define, field
from supermetrics_query import NoLimiter, QueryClient, ResultExpiredError
from supermetrics_query._core.run import decode_token
from supermetrics_query.emulator import Emulator, Plan

from tests.support.redis_server import running_redis
from tests.support.resuming_worker import ACCOUNTS, REPORTS

ROOT = Path(__file__).parents[2]
PROCESSES, PER_SECOND = 4, 30
soak = pytest.mark.soak
QUICK = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0.3, parts=1)
LIMIT = 100  # seconds


def worker(service: Emulator, count: int, redis: str = "", per_second: int = 1_000) -> subprocess.Popen[str]:
    """Start a process that runs queries."""
    command = (sys.executable, "-m", "tests.support.query_worker", service.url, service.key)
    return subprocess.Popen([*command, str(count), redis, str(per_second)], stdout=subprocess.PIPE, text=True, cwd=ROOT)


@define
class WorkerOutput:
    """What a worker prints, line by line."""

    process: subprocess.Popen[str]
    lines: list[str] = field(factory=list)

    def until(self, word: str, times: int) -> None:
        """Read until a word has come that many times, or the process has ended."""
        assert self.process.stdout is not None
        while times > 0 and (line := self.process.stdout.readline()):
            self.lines.append(line)
            times -= line.startswith(word)

    def all(self, word: str) -> list[str]:
        """Read to the end, and return the last field of each line that begins with a word."""
        if self.process.stdout is not None and not self.process.stdout.closed:
            with self.process:  # not communicate(), which does not know what readline() has read ahead
                self.lines += self.process.stdout.read().splitlines()
        return [line.split()[-1] for line in self.lines if line.split()[:1] == [word]]


def busiest_rate(moments: list[float]) -> float:
    """Return how many requests came in a second, between the tenth and the last tenth of them."""
    moments = sorted(moments)
    lower, upper = len(moments) // 10, 9 * len(moments) // 10
    return (upper - lower) / (moments[upper] - moments[lower])


@pytest.mark.alone
@pytest.mark.parametrize("queries", [20, pytest.param(150, marks=soak)])
@pytest.mark.parametrize("redis_dies", [False, True])
def test_four_processes_share_one_key(redis_dies: bool, queries: int) -> None:
    with (
        running_redis() as redis,
        Emulator(plan=QUICK, per_second=PER_SECOND, concurrency=1000) as service,
    ):
        processes = [WorkerOutput(worker(service, queries, redis.url, PER_SECOND)) for _ in range(PROCESSES)]
        if redis_dies:
            processes[0].until("ended", queries // 5)
            redis.kill()
            processes[0].until("ended", queries // 5)
            redis.start()
        ended = [name for each in processes for name in each.all("ended")]
        requests = service.requests
    refused = sum(len(each.all("refused")) for each in processes)
    assert refused == 0
    started = Counter(each.schedule_id for each in requests if each.method == "POST")
    assert len(ended) == len(set(ended)) == PROCESSES * queries
    assert set(started) == set(ended)
    assert started.total() == len(ended)
    assert all(bool(each.all("away")) == redis_dies for each in processes)
    if not redis_dies:
        assert busiest_rate([each.at for each in requests]) >= 0.95 * PER_SECOND


def resumed(service: Emulator, tokens: list[str]) -> list[str]:
    """Wait for the queries that a killed process started, as its successor would; return the tokens not found."""
    missing = []
    with QueryClient(service.key, base_url=service.url, limiter=NoLimiter()) as client:
        for token in tokens:
            try:
                client.attach(token).wait(timeout=30)
            except ResultExpiredError:
                missing.append(token)
    return missing


@pytest.mark.parametrize("rounds", [4, pytest.param(50, marks=soak)])
def test_a_process_that_is_killed_at_any_moment_loses_no_query(rounds: int) -> None:
    random = Random(7)
    plan = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0.1, parts=1)
    tokens: list[str] = []
    missing: list[str] = []
    with Emulator(plan=plan, concurrency=1000) as service:
        for _ in range(rounds):
            output = WorkerOutput(worker(service, 20))
            output.until("", random.randint(1, 30))
            output.process.kill()
            tokens += output.all("token")
            missing += resumed(service, output.all("token"))
        missing = resumed(service, missing)  # a start may have been on its way when its process was killed
        started = Counter(each.schedule_id for each in service.requests if each.method == "POST")
    names = {decode_token(token).schedule_id for token in tokens}
    assert len(names) >= rounds
    assert set(started.values()) == {1}
    assert names - {decode_token(token).schedule_id for token in missing} == set(started)


@pytest.mark.parametrize("kills", [6, pytest.param(100, marks=soak)])
@pytest.mark.timeout(600)
def test_a_process_that_is_killed_and_runs_again_starts_nothing_twice_and_needs_no_file(kills: int) -> None:
    random = Random(kills)
    with Emulator(plan=QUICK, concurrency=1000) as service:
        command = [sys.executable, "-m", "tests.support.resuming_worker", service.url, service.key]
        start = partial(subprocess.Popen, command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(kills):
            killed = start()
            with suppress(subprocess.TimeoutExpired):
                killed.wait(0.4 + random.random() * min(1.5, 60 / kills))
            killed.kill()
            killed.communicate()
        output = WorkerOutput(start())
        ended = output.all("whole")
        starts = Counter(seen.schedule_id for seen in service.requests if seen.operation == "start")
    assert output.process.returncode == 0
    assert len(output.lines) == len(ended) == len({*ended}) == ACCOUNTS * REPORTS
    assert starts == dict.fromkeys(ended, 1)
