"""A worker process: runs queries and prints on stdout, line by line, what happens to them.

    python -m tests.support.query_worker URL KEY COUNT REDIS PER_SECOND

`token T` comes before a query is started and `ended ID` after it has ended; `refused` means a 429, `away` and `back`
that the limiter became unavailable and was restored.
"""

import sys
from collections.abc import Iterator

from supermetrics_query import (
    DataQuery,
    Limiter,
    LimiterRestored,
    LimiterUnavailable,
    PollPolicy,
    QueryClient,
    RedisLimiter,
    RequestDone,
    StartSent,
)

LIMITER_WORDS: dict[type, str] = {LimiterUnavailable: "away", LimiterRestored: "back"}


def say(*words: str) -> None:
    print(*words, flush=True)


def report(event: object) -> None:
    if isinstance(event, StartSent):
        say("token", event.token)
    elif isinstance(event, RequestDone) and event.status == 429:
        say("refused", event.operation)
    elif type(event) in LIMITER_WORDS:
        say(LIMITER_WORDS[type(event)])


def requests(count: int) -> Iterator[DataQuery]:
    for number in range(count):
        yield DataQuery(ds_id="WEATHER", fields=["date", "temp"], max_rows=1 + number % 5)


def main(url: str, key: str, count: int, redis: str, per_second: int) -> None:
    """Run so many queries, with limits in Redis unless its address is empty."""
    hour = 3_600 * per_second
    own = Limiter(per_second=per_second, per_hour=hour)
    limiter = RedisLimiter(redis, per_second=per_second, per_hour=hour) if redis else own
    poll = PollPolicy(first=0.5, floor=0.5)
    with QueryClient(key, base_url=url, limiter=limiter, on_event=report, poll=poll) as client:
        for query in client.run_many(requests(count)):
            say("ended" if query.error is None else f"failed {query.error}", query.schedule_id)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
