"""The jobs that are measured and the targets, as two tables. A new job or target is one more line."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from attrs import frozen

from benchmarks.sampling import Sampler, cold, imported, worked

Judged: TypeAlias = Literal["ratio", "ours", "nothing"]

BOTH = ("ours", "official")
OURS = ("ours",)
AIOHTTP = "ours_aiohttp"  # the same package with `transport="aiohttp"`
ASYNC = (*BOTH, AIOHTTP, "plain", "floor")


@frozen(kw_only=True)
class Job:
    """One job of some subjects. `size` and `quick` are its sizes in full and in quick mode."""

    name: str
    does: str
    size: int = 1
    quick: int | None = None  # None leaves the job out of quick mode
    rounds: int = 1
    subjects: Sequence[str] = BOTH
    delay: int = 0  # milliseconds that each answer takes
    sample: Sampler = worked


@frozen(kw_only=True)
class Target:
    """A key of the table: a figure of ours beside that of a rival, and the most that it or the ratio may be."""

    key: str
    job: str
    figure: str = "cpu"
    unit: str = "ms"
    per_piece: bool = False  # whether the figure is divided by the size of the job
    rival: str | None = "official"
    rival_job: str | None = None  # where it is not the same job
    rival_figure: str | None = None  # where it is not the same figure
    subject: str = "ours"
    judged: Judged = "ratio"
    at_most: float | None = None


MILLION, TENTH = 1_000_000, 100_000

SIZES = (300, 2_000, 10_000)
HISTORIES = ("there", "lags", "absent")


JOBS = (
    Job(name="import", does="IMPORT", quick=1, rounds=7, sample=imported),
    Job(name="cold", does="COLD", quick=1, rounds=15, sample=cold),
    Job(name="polls", does="polls", size=300, quick=100, rounds=15, subjects=(*BOTH, "plain")),
    Job(name="polls_async", does="polls_async", size=300, quick=100, rounds=15, subjects=ASYNC),
    Job(name="idle", does="idle", size=5),
    Job(name="page", does="page", size=30, quick=4, rounds=7, subjects=OURS),
    Job(name="page_dicts", does="page_dicts", size=30, quick=4, rounds=7, subjects=OURS),
    Job(name="latency", does="rows", size=200_000, quick=20_000, rounds=2, delay=200),
    Job(name="single", does="single", size=2000, quick=100, subjects=OURS),
    Job(name="fleet", does="many", size=300, quick=30, subjects=OURS),
    *(
        Job(name=f"fleet_{history}_{count}", does=f"fleet_{history}", size=count, subjects=OURS)
        for history in HISTORIES
        for count in SIZES
    ),
    Job(name="million", does="rows", size=MILLION, quick=20_000, rounds=5),
    Job(name="tenth", does="rows", size=TENTH, quick=10_000, rounds=3),
    Job(name="rows_1000", does="rows", size=1000, rounds=3),
    Job(name="rows_10000", does="rows", size=10_000, rounds=3),
    Job(name="million_dicts", does="dicts", size=MILLION, rounds=3, subjects=OURS),
    *(Job(name=f"pages_{count}", does="pages", size=count, rounds=3, subjects=OURS) for count in (1, 10, 100, 1000)),
    *(Job(name=f"waits_{count}", does="waits", size=count, subjects=(*OURS, AIOHTTP)) for count in (1, 10, 100, 1000)),
)


def simulated(key: str, job: str, figure: str, at_most: float) -> Target:
    """Return the target of a simulation, which has no rival."""
    return Target(key=key, job=job, figure=figure, unit="", rival=None, judged="ours", at_most=at_most)


TARGETS = (
    Target(key="import_vs_peer", job="import", at_most=0.03),
    Target(key="cold_vs_peer", job="cold", at_most=0.26),
    Target(key="poll_vs_peer.sync", job="polls", per_piece=True, at_most=0.85),
    Target(key="poll_vs_peer.async", job="polls_async", per_piece=True, at_most=0.75),
    Target(key="poll_vs_peer.aiohttp", job="polls_async", per_piece=True, subject=AIOHTTP, at_most=0.75),
    Target(key="poll_vs_httpx.sync", job="polls", per_piece=True, rival="plain", judged="nothing"),
    Target(key="poll_vs_httpx.async", job="polls_async", per_piece=True, rival="plain", judged="nothing"),
    Target(key="poll_vs_aiohttp.async", job="polls_async", per_piece=True, rival="floor", judged="nothing"),
    Target(
        key="waits_vs_httpx.aiohttp",
        job="waits_1000",
        unit="s",
        subject=AIOHTTP,
        rival="ours",
        judged="nothing",
    ),
    Target(key="idle_connections", job="idle", figure="connections", unit="", judged="ours", at_most=1),
    Target(key="page_vs_json", job="page", rival="ours", rival_figure="json", at_most=0.48),
    Target(key="page_vs_json.dicts", job="page_dicts", rival="ours", rival_figure="json", at_most=0.80),
    Target(key="million_vs_peer", job="million", unit="s", at_most=0.55),
    Target(key="million_vs_peer.dicts", job="million_dicts", unit="s", rival_job="million", judged="nothing"),
    Target(key="million_memory_mb", job="million", judged="ours", at_most=60, figure="memory", unit="MB"),
    Target(
        key="million_memory_mb.growth",
        job="million",
        rival="ours",
        rival_job="tenth",
        at_most=1.1,
        figure="memory",
        unit="MB",
    ),
    Target(key="latency_vs_peer", job="latency", figure="wall", unit="s", at_most=0.30),
    Target(key="fleet_lateness_s", job="fleet", figure="late", unit="s", rival=None, judged="ours", at_most=3),
    Target(key="fleet_polls", job="fleet", figure="asked", unit="", rival=None, judged="ours", at_most=3_500),
    *(simulated(f"fleet_late_s.{size}", f"fleet_there_{size}", "late", 3) for size in SIZES),
    *(simulated(f"fleet_worst_s.{size}", f"fleet_there_{size}", "worst", 15) for size in SIZES),
    *(simulated(f"fleet_beside.{size}", f"fleet_there_{size}", "beside", 2_000) for size in SIZES),
    simulated("fleet_absent_s.300", "fleet_absent_300", "late", 90),
    *(
        simulated(f"fleet_lost.{each}.{size}", f"fleet_{each}_{size}", "lost", 0)
        for size in SIZES
        for each in HISTORIES
    ),
    Target(key="single_lateness_s", job="single", figure="late", unit="s", rival=None, judged="ours", at_most=1.0),
    Target(key="single_requests", job="single", figure="asked", unit="", rival=None, judged="ours", at_most=3),
)
