"""Run one job with one contender in a separate process, and print the outcome: `python -m comparison.child ours`."""

import json
import sys
from importlib import import_module

from .judging import Outcome, verdict_of
from .task import Task, from_environment


def outcome(contender: str, task: Task) -> Outcome:
    """Run the job; return a verdict on its rows, or the exception it raised."""
    rows: list[dict[str, object]] = []
    try:
        for row in import_module(f"comparison.contenders.{contender}").rows(task):
            rows.append(row)
            if task.job.expiry and len(rows) == task.job.page:
                task.let_it_expire()
    except Exception as error:
        return Outcome(rows=len(rows), verdict=verdict_of(task.job, rows, error))
    return Outcome(rows=len(rows), verdict=verdict_of(task.job, rows, None))


if __name__ == "__main__":
    came = outcome(sys.argv[1], from_environment())
    print(json.dumps({"rows": came.rows, "verdict": came.verdict}))
