"""The package itself in async code, with `transport="aiohttp"`."""

from supermetrics_query import AsyncQueryClient, NoLimiter

from . import KEY, Job, ours


def polls_async(url: str, size: int) -> Job:
    """Poll so many times, one after the other, in a task."""
    return ours.polls_of(client_of(url), size)


def waits(url: str, size: int) -> Job:
    """Wait at once for so many queries of five seconds."""
    return ours.waits_of(client_of(url), size)


def client_of(url: str) -> AsyncQueryClient:
    """Make a client without a rate limit."""
    return AsyncQueryClient(KEY, base_url=url, limiter=NoLimiter(), transport="aiohttp")
