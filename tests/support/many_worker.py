"""Run many queries in this process, and print what became of each and what a request cost.

`python -m tests.support.many_worker URL KEY STACK COUNT`; STACK is `sync`, `asyncio` or `aiohttp`.
"""

import sys
import time
from collections.abc import Iterator
from random import Random

from supermetrics_query import DataQuery, Limiter, QuerySettings, RequestDone

from tests.support.calling import calling

LONGEST = 1_800.0  # seconds of the service


def queries(count: int) -> Iterator[DataQuery]:
    """Yield queries that run for 5 s to 30 min of the service."""
    random = Random(3)
    for _ in range(count):
        seconds = {"emulator": {"run_seconds": random.uniform(5.0, LONGEST)}}
        yield DataQuery(ds_id="WEATHER", fields=["date"], settings=QuerySettings.from_dict(seconds))


def main(url: str, key: str, stack: str, count: str) -> None:
    """Run the queries."""
    done = 0

    def note(event: object) -> None:
        nonlocal done
        done += isinstance(event, RequestDone)

    limiter = Limiter(per_second=150, per_hour=100_000)
    with calling(stack, key, base_url=url, limiter=limiter, on_event=note) as caller:
        cpu = time.process_time()
        found = caller.collect(caller.client, "run_many", queries(int(count)), in_flight=int(count))
        cpu = time.process_time() - cpu
    for query in found:
        print("ended" if query.error is None else f"failed {query.error!r}", query.schedule_id)
    print("cpu_ms", round(1_000 * cpu / done, 3))


if __name__ == "__main__":
    main(*sys.argv[1:])
