"""The official SDK, `supermetrics`. It does not use `/query/status`: its nearest calls request `/query/data/json`."""

import asyncio
import time

from supermetrics import SupermetricsAsyncClient, SupermetricsClient

from . import IDLE, KEY, PAGE, READY, RUNNING, Job, length


def polls(url: str, size: int) -> Job:
    """Poll so many times, one after the other."""
    with SupermetricsClient(KEY, base_url=url) as client:
        client.queries.get_results(RUNNING)
        yield READY
        for _ in range(size):
            client.queries.get_results(RUNNING)


def polls_async(url: str, size: int) -> Job:
    """Poll so many times, one after the other, in a task."""

    async def poll(times: int) -> None:
        for _ in range(times):
            await client.queries.get_results(RUNNING)

    client = SupermetricsAsyncClient(KEY, base_url=url)
    with asyncio.Runner() as runner:
        runner.run(poll(1))
        yield READY
        runner.run(poll(size))


def idle(url: str, size: int) -> Job:
    """Poll so many times with pauses."""
    with SupermetricsClient(KEY, base_url=url) as client:
        yield READY
        client.queries.get_results(RUNNING)
        for _ in range(size - 1):
            time.sleep(IDLE)
            client.queries.get_results(RUNNING)


def rows(url: str, size: int) -> Job:
    """Read a result page by page, with the loop that its users have to write."""
    with SupermetricsClient(KEY, base_url=url) as client:
        yield READY
        count = first = 0
        got = PAGE
        while got == PAGE:
            got = length(window(client, f"rows-{size}", first))
            count += got
            first += PAGE
        assert count == size + 1  # with the header


def window(client: SupermetricsClient, name: str, first: int) -> list[list[str]]:
    """Fetch one page."""
    answer = client.queries.execute(
        ds_id="GAWA",
        ds_accounts=["1"],
        fields=["date"],
        start_date="2026-01-01",
        end_date="2026-01-31",
        schedule_id=name,
        offset_start=first,
        offset_end=first + PAGE - 1,
    )
    assert answer is not None
    assert isinstance(answer.data, list)
    return answer.data
