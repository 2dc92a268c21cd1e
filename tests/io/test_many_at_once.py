"""Thousands of queries in real time, against an emulator whose clock runs sixty times faster."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from supermetrics_query.emulator import Emulator, Plan

ROOT = Path(__file__).parents[2]
AT_ONCE = Plan(scheduled_seconds=0, queued_seconds=0, parts=1)
SPEED = 60.0


@pytest.mark.parametrize("count", [40, pytest.param(2_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("stack", ["sync", "asyncio", "aiohttp"])
def test_of_many_queries_none_is_lost_and_none_is_doubled(stack: str, count: int) -> None:
    with Emulator(plan=AT_ONCE, speed=SPEED, concurrency=count) as service:
        command = (sys.executable, "-m", "tests.support.many_worker", service.url, service.key, stack, str(count))
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout
        requests = service.requests
    started = Counter(request.schedule_id for request in requests if request.method == "POST")
    lines = [line.split() for line in printed.splitlines()]
    ended = [words[-1] for words in lines if words[0] == "ended"]
    print(f"{stack}, {count} queries: {lines[-1][1]} ms of CPU a request, {len(requests)} requests")
    assert len(ended) == len(set(ended)) == count
    assert set(started) == set(ended)
    assert started.total() == count
    watching = sum(request.operation == "history" for request in requests)
    assert watching > 0
    assert len(requests) <= 2 * count + 2 * watching + 100
