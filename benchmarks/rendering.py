"""Response bodies of the loopback service: rows of 20 columns in 280 bytes of JSON, the header as row 0."""

import json
import random
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

DISTINCT = 20_000  # rows after which the content begins again: no two pages in a row are the same
DIMENSIONS, COUNTS, RATES = 8, 6, 6
COLUMNS = DIMENSIONS + COUNTS + RATES


@cache
def rows() -> list[bytes]:
    """Render each row once."""
    draw = random.Random(8)  # noqa: S311
    return [compact(cells(draw)) for _ in range(DISTINCT)]


def cells(draw: random.Random) -> list[Any]:
    """Make up a row: text, whole numbers, floats, and a few empty cells."""
    dimensions = [f"campaign {draw.randrange(10**6):07}" for _ in range(DIMENSIONS)]
    counts = [draw.randrange(10**9) for _ in range(COUNTS)]
    rates = [None if draw.random() < 0.05 else round(draw.uniform(0, 10**4), 8) for _ in range(RATES)]
    return [*dimensions, *counts, *rates]


def result(name: str, total: int, first: int, last: int | None) -> bytes:
    """Return the answer that holds a window of a result with so many rows; its header counts as row 0."""
    end = total if last is None else min(last, total)
    return window(name, total, first == 0, max(first - 1, 0) % DISTINCT, max(0, end - max(first, 1) + 1))


@lru_cache(maxsize=8)
def window(name: str, total: int, has_header: bool, start: int, count: int) -> bytes:  # noqa: FBT001
    """Render an answer; full pages of a result are two in turn."""
    known = rows()
    chosen = [known[(start + index) % DISTINCT] for index in range(count)]
    entries = [compact([f"Column {index}" for index in range(COLUMNS)]), *chosen] if has_header else chosen
    found = {"total_rows": total, "total_columns": COLUMNS}
    meta = compact({**status(name, "SUCCESS", 4), "query": {"fields": fields()}, "result": found})
    return b'{"meta":%s,"data":[%s]}' % (meta, b",".join(entries))


def fields() -> list[Mapping[str, Any]]:
    """Describe the columns."""
    return [
        {
            "id": f"column_{index}",
            "field_id": f"column_{index}",
            "field_name": f"Column {index}",
            "field_type": "dim" if index < DIMENSIONS else "met",
            "data_column": index,
        }
        for index in range(COLUMNS)
    ]


def status(name: str, code: str, ready: int) -> Mapping[str, Any]:
    """Return the status of a query."""
    return {
        "request_id": "request_of_the_benchmarks",
        "schedule_id": name,
        "status_code": code,
        "progress": {"queries_ready": ready, "queries_total": 4},
        "workflow": {"tasks_scheduled": 2, "tasks_running": 5},
    }


@lru_cache(maxsize=2048)
def running(name: str) -> bytes:
    """Return the answer for a query that is still running."""
    return compact({"meta": status(name, "RUNNING", 1), "data": []})


def compact(value: object) -> bytes:
    """Write JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()
