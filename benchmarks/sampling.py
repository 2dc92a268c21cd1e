"""One sample: a separate process does a job and returns its figures."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from typing import TypeAlias

from benchmarks.environment import clean
from benchmarks.service import ROOT
from benchmarks.subjects import KEY, RUNNING
from benchmarks.subjects.code import CODE

Sample: TypeAlias = Mapping[str, float]
Sampler: TypeAlias = Callable[[str, str, str, str, int], Sample]  # Python, subject, what it does, URL, size


def worked(python: str, subject: str, does: str, url: str, size: int) -> Sample:
    """Run a job that measures itself."""
    command = [python, "-m", "benchmarks.jobs", subject, does, url, str(size)]
    done = subprocess.run(command, cwd=ROOT, env=clean(), stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def imported(python: str, subject: str, does: str, url: str, size: int) -> Sample:
    """Run a piece of code; count the CPU time of its process less that of a bare interpreter."""
    return {"cpu": process_time(python, source(subject, does, url)) - process_time(python, "pass")}


def cold(python: str, subject: str, does: str, url: str, size: int) -> Sample:
    """Run a piece of code and count all CPU time of its process."""
    return {"cpu": process_time(python, source(subject, does, url))}


def source(subject: str, name: str, url: str) -> str:
    """Return the piece of code, filled in."""
    return CODE[name][subject].format(url=url, key=KEY, name=RUNNING)


def process_time(python: str, code: str) -> float:
    """Run code in a process of its own and return its CPU time in seconds."""
    process = subprocess.Popen([python, "-c", code], cwd=ROOT, env=clean())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, code)
    return usage.ru_utime + usage.ru_stime
