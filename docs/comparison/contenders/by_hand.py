"""Hand-written code with httpx and the API documentation: start, poll every two seconds, read page by page."""

import time
from collections.abc import Iterator
from typing import Any

import httpx

from comparison.task import Task

WAITS_IN = "status"


def rows(task: Task) -> Iterator[dict[str, Any]]:
    """Start or resume the query, wait, and yield its rows keyed by column title."""
    headers = {"Authorization": f"Bearer {task.key}"}
    with httpx.Client(base_url=task.url, headers=headers, **task.job.patience) as http:
        schedule_id = task.noted or started(http, task.query)
        task.note(schedule_id)
        while (answer := poll(http, schedule_id, 0, task.job.page))["meta"]["status_code"] != "SUCCESS":
            if answer["meta"]["status_code"] in {"FAILURE", "STOPPED"}:
                raise RuntimeError(answer["meta"]["status_code"])
            time.sleep(2)
        titles, *page = answer["data"]
        yield from keyed(titles, page)
        first, full = task.job.page, len(answer["data"]) >= task.job.page
        while full:
            page = poll(http, schedule_id, first, task.job.page)["data"]
            yield from keyed(titles, page)
            first, full = first + task.job.page, len(page) >= task.job.page


def started(http: httpx.Client, query: dict[str, Any]) -> str:
    """Start a query and return its id."""
    answer = http.post("/query/data/json", json=query | {"sync_timeout": 0}).raise_for_status().json()
    schedule_id: str = answer["meta"]["schedule_id"]
    return schedule_id


def poll(http: httpx.Client, schedule_id: str, first: int, size: int) -> dict[str, Any]:
    """Poll a query and request a page of its rows."""
    asked: dict[str, str | int] = {"schedule_id": schedule_id, "offset_start": first, "offset_end": first + size - 1}
    answer: dict[str, Any] = http.get("/query/status", params=asked).raise_for_status().json()
    return answer


def keyed(titles: list[str], page: list[list[Any]]) -> Iterator[dict[str, Any]]:
    """Return the rows as dicts keyed by title."""
    return (dict(zip(titles, row, strict=True)) for row in page)
