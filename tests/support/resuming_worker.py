"""A worker process: runs three reports for each of many accounts under one name, and prints the id of each that ended.

    python -m tests.support.resuming_worker URL KEY

It keeps no file, so whoever kills it and runs it again can only rely on the name.
"""

import sys
from collections.abc import Iterator

from supermetrics_query import DataQuery, NoLimiter, PollPolicy, QueryClient

NAME = "nightly-2026-11-24"
ACCOUNTS, REPORTS = 40, 3


def queries() -> Iterator[DataQuery]:
    """Yield a query for each report and account; each has another number of rows."""
    for account in range(ACCOUNTS):
        for report in range(REPORTS):
            yield DataQuery(ds_id="NUMBERS", ds_accounts=[f"account-{account}"], max_rows=1 + report)


def main(url: str, key: str) -> None:
    """Run all of them, and say which have ended with all of their rows."""
    poll = PollPolicy(first=0.05, floor=0.05, start_wait=0)
    with QueryClient(key, base_url=url, limiter=NoLimiter(), poll=poll) as client:
        for query in client.run_many(queries(), resume=NAME):
            rows = len(list(query.rows())) if query.error is None else query.error
            whole = query.request is not None and rows == query.request.max_rows
            print("whole" if whole else f"broken {rows}", query.schedule_id, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
