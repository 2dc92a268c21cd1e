"""The least that another HTTP client needs: aiohttp, async only."""

import asyncio

import aiohttp

from . import KEY, READY, Job

PARAMETERS = {"json": '{"schedule_id":"running"}'}
HEADERS = {"Authorization": f"Bearer {KEY}"}


def polls_async(url: str, size: int) -> Job:
    """Poll so many times, one after the other, in a task."""

    async def poll(session: aiohttp.ClientSession, times: int) -> None:
        for _ in range(times):
            async with session.get(f"{url}/query/status", params=PARAMETERS) as answer:
                await answer.json()

    async def opened() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(headers=HEADERS)

    with asyncio.Runner() as runner:
        session = runner.run(opened())
        runner.run(poll(session, 1))
        yield READY
        runner.run(poll(session, size))
        runner.run(session.close())
