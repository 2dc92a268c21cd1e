"""The contender `supermetrics-query`, this package."""

from collections.abc import Iterator
from typing import Any

from supermetrics_query import DataQuery, QueryClient

from comparison.task import Task

WAITS_IN = "status"


def rows(task: Task) -> Iterator[dict[str, Any]]:
    """Start or resume the query, and yield its rows."""
    with QueryClient(task.key, base_url=task.url, page_size=task.job.page, **task.job.patience) as client:
        query = client.attach(task.noted) if task.noted else client.start(DataQuery.from_dict(task.query))
        task.note(query.token)
        yield from query.rows()
