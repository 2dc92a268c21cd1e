"""The package itself, through its public client. Like the peer, it has no rate limit."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from functools import partial
from itertools import chain
from statistics import median

import httpx
from supermetrics_query import AsyncQueryClient, NoLimiter, Query, QueryClient

from benchmarks import simulation

from . import IDLE, KEY, PAGE, READY, RUNNING, Job, length


def polls(url: str, size: int) -> Job:
    """Poll so many times, one after the other."""
    with QueryClient(KEY, base_url=url, limiter=NoLimiter()) as client:
        client.status(RUNNING)
        yield READY
        for _ in range(size):
            client.status(RUNNING)


def polls_async(url: str, size: int) -> Job:
    """Poll so many times, one after the other, in a task."""
    return polls_of(AsyncQueryClient(KEY, base_url=url, limiter=NoLimiter()), size)


def polls_of(client: AsyncQueryClient, size: int) -> Job:
    """Poll so many times with this client."""

    async def poll(times: int) -> None:
        for _ in range(times):
            await client.status(RUNNING)

    with asyncio.Runner() as runner:
        runner.run(poll(1))
        yield READY
        runner.run(poll(size))
        runner.run(client.aclose())


def idle(url: str, size: int) -> Job:
    """Poll so many times with pauses."""
    with QueryClient(KEY, base_url=url, limiter=NoLimiter()) as client:
        yield READY
        client.status(RUNNING)
        for _ in range(size - 1):
            time.sleep(IDLE)
            client.status(RUNNING)


def rows(url: str, size: int) -> Job:
    """Read a result page by page."""
    with QueryClient(KEY, base_url=url, limiter=NoLimiter()) as client:
        query = client.attach(f"rows-{size}")
        yield READY
        assert length(chain.from_iterable(page.rows for page in query.pages())) == size


def dicts(url: str, size: int) -> Job:
    """Read a result as dicts."""
    with QueryClient(KEY, base_url=url, limiter=NoLimiter()) as client:
        query = client.attach(f"rows-{size}")
        yield READY
        assert length(query.rows()) == size


def pages(url: str, size: int) -> Job:
    """Read 100,000 rows in so many pages."""
    total = 100_000
    with QueryClient(KEY, base_url=url, limiter=NoLimiter(), page_size=total // size) as client:
        query = client.attach(f"rows-{total}")
        yield READY
        assert sum(len(page.rows) for page in query.pages()) == total


def page(url: str, size: int) -> Job:
    """Read a body of 10,000 rows page by page, as tuples, and with `json.loads`."""

    def tuples(query: Query) -> int:
        return sum(len(page.rows) for page in query.pages())

    return beside_json(url, size, tuples)


def page_dicts(url: str, size: int) -> Job:
    """Read a body of 10,000 rows row by row, as dicts, and with `json.loads`."""
    return beside_json(url, size, lambda query: length(query.rows()))


def beside_json(url: str, size: int, read: Callable[[Query], int]) -> Job:
    """Read a body so many times without a connection, and in turn with `json.loads`; yield the medians of both."""
    body = httpx.get(f"{url}/query/data/json?schedule_id=rows-{PAGE}").content
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    options = {"transport": transport}
    with QueryClient(KEY, base_url=url, limiter=NoLimiter(), page_size=2 * PAGE, http_options=options) as client:
        yield READY
        mine, others = [], []
        for _ in range(size):
            mine.append(cpu_of(lambda: read(client.attach(f"rows-{PAGE}")), PAGE))
            others.append(cpu_of(lambda: len(json.loads(body)["data"]), PAGE + 1))
        yield {"cpu": median(mine), "json": median(others)}


def cpu_of(work: Callable[[], int], result: int) -> float:
    """Return how many seconds of CPU a piece of work takes."""
    began = time.process_time()
    assert work() == result
    return time.process_time() - began


def waits(url: str, size: int) -> Job:
    """Wait at once for so many queries of five seconds."""
    return waits_of(AsyncQueryClient(KEY, base_url=url, limiter=NoLimiter()), size)


def waits_of(client: AsyncQueryClient, size: int) -> Job:
    """Wait at once for so many queries with this client."""

    async def wait() -> None:
        await asyncio.gather(*(client.attach(f"ends-5-{os.getpid()}-{number}").wait() for number in range(size)))
        await client.aclose()

    with asyncio.Runner() as runner:
        runner.get_loop()
        yield READY
        runner.run(wait())


def single(url: str, size: int) -> Job:
    """Run so many queries in simulated time."""
    del url
    yield READY
    yield simulation.runs(size)


def fleet(url: str, size: int, history: str) -> Job:
    """Run four fleets of a size in simulated time."""
    del url
    yield READY
    yield simulation.fleet(size, history)


fleet_there, fleet_lags, fleet_absent = (partial(fleet, history=each) for each in ("there", "lags", "absent"))


def many(url: str, size: int) -> Job:
    """Run so many queries in a licence queue, five at a time, in simulated time."""
    del url
    yield READY
    yield simulation.many(size)
