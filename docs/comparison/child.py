"""One contender at one job, in a process of its own: `python -m comparison.child ours`. Prints what came of it."""

import json
import sys
from importlib import import_module

from .judging import Outcome, told
from .task import Task, from_environment


def outcome(contender: str, task: Task) -> Outcome:
    """Do the job, and judge the rows or take down what was raised."""
    rows: list[dict[str, object]] = []
    try:
        for row in import_module(f"comparison.contenders.{contender}").rows(task):
            rows.append(row)
            if task.job.expiry and len(rows) == task.job.page:
                task.let_it_expire()
    except Exception as error:
        return Outcome(rows=len(rows), told=told(task.job, rows, error))
    return Outcome(rows=len(rows), told=told(task.job, rows, None))


if __name__ == "__main__":
    came = outcome(sys.argv[1], from_environment())
    print(json.dumps({"rows": came.rows, "told": came.told}))
