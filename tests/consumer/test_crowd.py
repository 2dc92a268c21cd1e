"""Two hundred clients at once, over real HTTP: nothing is lost, doubled or left behind."""

import threading
from collections import Counter

import anyio
import pytest
from supermetrics_query import AsyncQueryClient, DataQuery, PollPolicy
from supermetrics_query.emulator import Emulator, Plan

from tests.support.calling import each_async_backend

CROWD = 200
LIVELY = PollPolicy(first=0.1, floor=0.1, start_wait=0)
SHORT = Plan(scheduled_seconds=1, queued_seconds=1, run_seconds=5)
Found = dict[str, list[tuple[object, ...]]]


async def one(client: AsyncQueryClient, rows: int, found: Found) -> None:
    """Run a query of so many rows and keep its rows."""
    name = f"crowd-{rows}"
    query = await client.run(
        DataQuery(ds_id="WEATHER", fields=["date", "hour", "airport"], max_rows=rows, schedule_id=name), timeout=60
    )
    assert query.schedule_id == name
    found[name] = [tuple(row.values()) async for row in query.rows()]


async def crowd(service: Emulator, clients: int) -> Found:
    found: Found = {}
    async with anyio.create_task_group() as group:
        for number in range(clients):
            group.start_soon(some, service, range(number + 1, CROWD + 1, clients), found)
    return found


async def some(service: Emulator, sizes: range, found: Found) -> None:
    """Open one client and run some tasks with it."""
    async with (
        AsyncQueryClient(service.key, base_url=service.url, poll=LIVELY, page_size=50) as client,
        anyio.create_task_group() as group,
    ):
        for rows in sizes:
            group.start_soon(one, client, rows, found)


@pytest.mark.parametrize("clients", [20, CROWD])  # a client with ten tasks, or with one
@each_async_backend
def test_two_hundred_queries_at_once_lose_and_double_nothing(clients: int, backend: str) -> None:
    threads = threading.active_count()
    with Emulator(plan=SHORT, speed=20, concurrency=50) as service:
        found = anyio.run(crowd, service, clients, backend=backend)
        started = Counter(seen.schedule_id for seen in service.requests if seen.operation == "start")
        held = service.held
    longest = found[f"crowd-{CROWD}"]
    assert {name: len(rows) for name, rows in found.items()} == {f"crowd-{rows}": rows for rows in range(1, CROWD + 1)}
    assert all(rows == longest[: len(rows)] for rows in found.values())
    assert len(set(longest)) == CROWD
    assert started == dict.fromkeys(found, 1)
    assert (held, threading.active_count()) == (0, threads)
