"""Do one job of one subject in this process and print what it took: `python -m benchmarks.jobs ours polls URL 300`."""

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path

from benchmarks.subjects import Job

STATUS = Path("/proc/self/status")
MEGABYTE = 1e6


def measured(job: Job) -> dict[str, float]:
    """Do a job; return its CPU and wall time in seconds, the rise of its memory in MB, and its own figures."""
    next(job)
    memory, cpu, wall = peak(), time.process_time(), time.perf_counter()
    own = [figures for figures in job if figures]
    figures = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "memory": peak() - memory}
    for more in own:
        figures.update(more)
    return figures


def peak() -> float:
    """Return the most memory that this process has held, in MB.

    On Linux, only /proc leaves out the peak of the parent process.
    """
    if STATUS.exists():
        lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024 / MEGABYTE
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def main(subject: str, job: str, url: str, size: str) -> None:
    """Do a job and print its figures as JSON."""
    module = import_module(f"benchmarks.subjects.{subject}")
    print(json.dumps(measured(getattr(module, job)(url, int(size)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
