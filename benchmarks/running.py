"""Do the jobs of the plan: subjects alternate, so that a slow moment of the machine affects them all."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from attrs import field, frozen

from benchmarks.plan import Job
from benchmarks.sampling import Sample
from benchmarks.service import counters, serving

OURS = ("ours", "ours_aiohttp")  # the subjects that this environment holds


@frozen
class Outcome:
    """What a job took: the samples of each subject, in the order they were taken."""

    job: str
    size: int
    samples: Mapping[str, Sequence[Sample]] = field(repr=False)

    def middle(self, subject: str, figure: str) -> float:
        """Return the median of a figure."""
        return median(sample[figure] for sample in self.samples[subject])

    def as_json(self) -> Mapping[str, Any]:
        """Return the medians of all figures."""
        medians = {
            subject: {figure: round(self.middle(subject, figure), 6) for figure in samples[0]}
            for subject, samples in self.samples.items()
        }
        return {"job": self.job, "size": self.size, "medians": medians}


def outcomes(jobs: Iterable[Job], peer: str = sys.executable, *, quick: bool) -> dict[str, Outcome]:
    """Do every job beside one service. `peer` is the Python that has the others installed."""
    chosen = [job for job in jobs if job.quick is not None or not quick]
    with serving() as url:
        return {job.name: done(job, url, peer, quick=quick) for job in chosen}


def done(job: Job, url: str, peer: str, *, quick: bool) -> Outcome:
    """Do one job: every subject in turn, and in the opposite order every other time."""
    size = (quick and job.quick) or job.size
    print(f"{job.name} ({size:,})", file=sys.stderr, flush=True)
    samples: dict[str, list[Sample]] = {subject: [] for subject in job.subjects}
    for turn in range(1 if quick else job.rounds):
        for subject in job.subjects if turn % 2 == 0 else reversed(job.subjects):
            samples[subject].append(sampled(job, subject, url, size, sys.executable if subject in OURS else peer))
    return Outcome(job.name, size, samples)


def sampled(job: Job, subject: str, url: str, size: int, python: str) -> Sample:
    """Take one sample, and count what the service has seen of it."""
    before = counters(url)
    sample = job.sample(python, subject, job.does, f"{url}/{job.delay}", size)
    after = counters(url)
    return {**sample, **{name: after[name] - before[name] for name in after}}
