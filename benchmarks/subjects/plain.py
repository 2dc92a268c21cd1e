"""The baseline: httpx alone."""

import asyncio

import httpx

from . import KEY, READY, Job

PATH = "/query/status"
PARAMETERS = {"json": '{"schedule_id":"running"}'}
HEADERS = {"Authorization": f"Bearer {KEY}"}


def polls(url: str, size: int) -> Job:
    """Poll so many times, one after the other."""
    with httpx.Client(base_url=url, headers=HEADERS) as client:
        client.get(PATH, params=PARAMETERS)
        yield READY
        for _ in range(size):
            client.get(PATH, params=PARAMETERS).json()


def polls_async(url: str, size: int) -> Job:
    """Poll so many times, one after the other, in a task."""

    async def poll(times: int) -> None:
        for _ in range(times):
            (await client.get(PATH, params=PARAMETERS)).json()

    client = httpx.AsyncClient(base_url=url, headers=HEADERS)
    with asyncio.Runner() as runner:
        runner.run(poll(1))
        yield READY
        runner.run(poll(size))
        runner.run(client.aclose())
