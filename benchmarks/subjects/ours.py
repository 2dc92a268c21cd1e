"""The package itself, through its public door. Like the peer, it is not held back to the pace of a key."""

import asyncio
import os
import time
from itertools import chain

import httpx
from supermetrics_query import AsyncQueryClient, NoLimits, QueryClient

from benchmarks import simulation

from . import IDLE, KEY, READY, Job

RUNNING = "running"
COLD = (
    "from supermetrics_query import QueryClient\n"
    f"with QueryClient({KEY!r}, base_url={{url!r}}) as client:\n"
    f"    client.status({RUNNING!r})"
)
IMPORT = "import supermetrics_query"


def looks(url: str, size: int) -> Job:
    """Look so many times, one after the other."""
    with QueryClient(KEY, base_url=url, limiter=NoLimits()) as client:
        client.status(RUNNING)
        yield READY
        for _ in range(size):
            client.status(RUNNING)


def looks_async(url: str, size: int) -> Job:
    """Look so many times, one after the other, in a task."""
    return looks_of(AsyncQueryClient(KEY, base_url=url, limiter=NoLimits()), size)


def looks_of(client: AsyncQueryClient, size: int) -> Job:
    """Look so many times with this client."""

    async def look(times: int) -> None:
        for _ in range(times):
            await client.status(RUNNING)

    with asyncio.Runner() as runner:
        runner.run(look(1))
        yield READY
        runner.run(look(size))
        runner.run(client.aclose())


def idle(url: str, size: int) -> Job:
    """Look so many times with pauses."""
    with QueryClient(KEY, base_url=url, limiter=NoLimits()) as client:
        yield READY
        client.status(RUNNING)
        for _ in range(size - 1):
            time.sleep(IDLE)
            client.status(RUNNING)


def rows(url: str, size: int) -> Job:
    """Read a result page by page."""
    with QueryClient(KEY, base_url=url, limiter=NoLimits()) as client:
        query = client.attach(f"rows-{size}")
        yield READY
        count = sum(1 for _ in chain.from_iterable(page.rows for page in query.pages()))
        assert count == size


def dicts(url: str, size: int) -> Job:
    """Read a result as dicts."""
    with QueryClient(KEY, base_url=url, limiter=NoLimits()) as client:
        query = client.attach(f"rows-{size}")
        yield READY
        count = sum(1 for _ in query.rows())
        assert count == size


def pages(url: str, size: int) -> Job:
    """Read 100,000 rows in so many pages."""
    total = 100_000
    with QueryClient(KEY, base_url=url, limiter=NoLimits(), page_size=total // size) as client:
        query = client.attach(f"rows-{total}")
        yield READY
        assert sum(len(page.rows) for page in query.pages()) == total


def page(url: str, size: int) -> Job:
    """Read a body of 10,000 rows so many times, without a connection: page by page, as tuples."""
    with body_again_and_again(url) as client:
        client.status("rows-10000")
        yield READY
        for _ in range(size):
            assert sum(len(each.rows) for each in client.attach("rows-10000").pages()) == 10_000


def page_dicts(url: str, size: int) -> Job:
    """Read a body of 10,000 rows so many times, without a connection: row by row, as dicts."""
    with body_again_and_again(url) as client:
        client.status("rows-10000")
        yield READY
        for _ in range(size):
            assert sum(1 for _ in client.attach("rows-10000").rows()) == 10_000


def body_again_and_again(url: str) -> QueryClient:
    """Make a client whose every answer is one page that is already here."""
    body = httpx.get(f"{url}/query/data/json?schedule_id=rows-10000").content
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    return QueryClient(KEY, base_url=url, limiter=NoLimits(), page_size=20_000, http_options={"transport": transport})


def waits(url: str, size: int) -> Job:
    """Wait at once for so many queries of five seconds."""
    return waits_of(AsyncQueryClient(KEY, base_url=url, limiter=NoLimits()), size)


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


def fleet(url: str, size: int) -> Job:
    """Run so many queries in a licence queue, five at a time, in simulated time."""
    del url
    yield READY
    yield simulation.fleet(size)
