"""Run many queries in this process, and print what became of each and what a request cost.

`python -m tests.support.many_worker URL KEY STACK COUNT IN_FLIGHT`; STACK is `sync`, `asyncio` or `aiohttp`.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

from supermetrics_query import DataQuery, Limiter, QuerySettings, RequestDone

from tests.support.calling import calling

LONGEST = 1_800.0  # seconds of the service


def queries(count: int) -> Iterator[DataQuery]:
    """Yield queries that run for 5 s to 30 min of the service."""
    random = Random(3)
    for number in range(count):
        seconds = {"emulator": {"run_seconds": random.uniform(5.0, LONGEST)}}
        yield DataQuery(
            ds_id="WEATHER", fields=["date"], schedule_id=f"many-{number:05}", settings=QuerySettings.from_dict(seconds)
        )


def main(url: str, key: str, stack: str, count: str, in_flight: str) -> None:
    """Run the queries."""
    done: Counter[str] = Counter()

    def note(event: object) -> None:
        if isinstance(event, RequestDone):
            done[event.operation] += 1

    limiter = Limiter(per_second=150, per_hour=100_000)
    with calling(stack, key, base_url=url, limiter=limiter, on_event=note) as caller:
        began, cpu = time.perf_counter(), time.process_time()
        found = caller.collect(caller.client, "run_many", queries(int(count)), in_flight=int(in_flight))
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    for query in found:
        print("ended" if query.error is None else f"failed {query.error!r}", query.schedule_id)
    print("wall", round(wall, 1))
    print("requests", done.total(), dict(done), file=sys.stderr)
    print("cpu_ms", round(1000 * cpu / done.total(), 3))


if __name__ == "__main__":
    main(*sys.argv[1:])
