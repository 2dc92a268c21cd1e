"""What is compared. Each module does the same jobs under the same names, as its users would write them.

A job is a generator: what comes before its first `yield` is set-up and is not measured. Figures of its own that it
yields later are kept beside CPU time, wall time and memory.
"""

from collections import deque
from collections.abc import Generator, Iterable, Mapping
from itertools import count
from typing import TypeAlias

Figures: TypeAlias = Mapping[str, float]
Job: TypeAlias = Generator[Figures | None, None, None]

KEY = "api_key_of_the_benchmarks"
PAGE = 10_000  # rows that are asked for at once
IDLE = 6.0  # seconds between two polls; httpx drops idle connections after five
RUNNING = "running"  # the name of a query that never ends
READY: Figures = {}  # the end of the set-up


def length(items: Iterable[object]) -> int:
    """Count the items at the speed of C."""
    counter = count()
    deque(zip(items, counter, strict=False), maxlen=0)
    return next(counter)
