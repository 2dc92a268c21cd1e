"""The official SDK, `supermetrics`, with the loop from its docstrings and the row keys from its guide."""

import time
from collections.abc import Iterator
from typing import Any

from supermetrics import SupermetricsClient

from comparison.task import Task

WAITS_IN = "start"  # it holds the request that starts the query


def rows(task: Task) -> Iterator[dict[str, Any]]:
    """Execute the query, poll while it is pending, and yield its rows keyed by the requested fields."""
    deferred = {"sync_timeout": 0} if task.job.deferred else {}
    with SupermetricsClient(api_key=task.key, base_url=task.url, **task.job.patience) as client:
        result = client.queries.execute(ds_accounts=["1"], **task.query, **deferred)
        while result.meta.status_code == "pending":
            time.sleep(5)
            result = client.queries.get_results(query_id=result.meta.request_id)
        for row in result.data:
            yield dict(zip(task.job.fields, row, strict=False))
