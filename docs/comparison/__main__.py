"""Run every job with every contender and write the table of docs/comparison.md."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

from attrs import asdict

from .jobs import DS_ID, JOBS, WAITING, Job
from .judging import Outcome
from .relay import BothWays
from .table import CONTENDERS, OUTCOMES, PAGE, with_table

LIMIT = 90  # seconds for one job
BEFORE_INTERRUPT = 1.0  # seconds after the first request, while the query runs


def main() -> None:
    """Run every pair, two at a time, and write the outcomes and the table."""
    pairs = list(product(JOBS, CONTENDERS))
    with ThreadPoolExecutor(2) as pool:
        came = list(pool.map(lambda pair: run(*pair), pairs))
    outcomes: dict[str, dict[str, dict[str, Any]]] = {job: {} for job in JOBS}
    for (job, contender), outcome in zip(pairs, came, strict=True):
        outcomes[job][contender] = asdict(outcome)
    OUTCOMES.write_text(json.dumps(outcomes, indent=2, ensure_ascii=False) + "\n")
    PAGE.write_text(with_table(PAGE.read_text(), outcomes))
    print(f"{len(pairs)} runs; the table is in docs/comparison.md")


def run(name: str, contender: str) -> Outcome:
    """Run one job with one contender on its own service."""
    job = JOBS[name]
    with service(job, contender) as emulator, tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "COMPARE_NAME": name,
            "COMPARE_URL": emulator.url,
            "COMPARE_KEY": emulator.key,
            "COMPARE_MEMORY": str(Path(folder, "memory")),
        }
        if job.interrupted:
            interrupt(process(contender, environment), emulator)
        came = ended(process(contender, environment))
        starts = sum(request.operation == "start" for request in emulator.requests)
    print(f"{name}, {contender}: {came['verdict']}", flush=True)
    return Outcome(**came, starts=starts)


def ended(running: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the outcome of a process; a timeout is an outcome too."""
    try:
        came: dict[str, Any] = json.loads(running.communicate(timeout=LIMIT)[0])
    except subprocess.TimeoutExpired:
        running.kill()
        running.communicate()
        return {"rows": 0, "verdict": f"had not ended after {LIMIT} s"}
    return came


def service(job: Job, contender: str) -> BothWays:
    """Return the service of a job. Its fault hits the operation in which the contender waits."""
    waits = import_module(f"comparison.contenders.{contender}").WAITS_IN
    faults = [job.fault.replace(WAITING, waits)] if job.fault else []
    return BothWays(plan=job.plan, sources={DS_ID: job.source}, faults=faults, **job.options)


def interrupt(running: subprocess.Popen[str], emulator: BothWays) -> None:
    """Send SIGINT while the query runs."""
    while not emulator.requests and running.poll() is None:
        time.sleep(0.05)
    time.sleep(BEFORE_INTERRUPT)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=LIMIT)


def process(contender: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start the process of a contender."""
    command = [sys.executable, "-m", "comparison.child", contender]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


if __name__ == "__main__":
    main()
