"""Draw how cost grows, from build/bench.json: `make bench-plots`. The same numbers give the same bytes."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib as mpl
from attrs import frozen
from matplotlib import pyplot as plt

from benchmarks.service import ROOT

KEPT = ROOT / "build" / "bench.json"
DOCS = ROOT / "docs"
STYLE = {"svg.hashsalt": "supermetrics-query", "svg.fonttype": "none", "font.size": 9, "axes.grid": True}
NAMES = {"ours": "supermetrics-query", "official": "official SDK"}

Figure: TypeAlias = Callable[[Mapping[str, float], int], float]


@frozen
class Panel:
    """One figure on the vertical axis."""

    label: str
    of: Figure


@frozen(kw_only=True)
class Plot:
    """How some figures of some jobs grow with their size."""

    name: str
    jobs: Sequence[str]
    along: str
    panels: Sequence[Panel]
    subjects: Sequence[str] = ("ours",)


CPU = Panel("CPU (s)", lambda sample, _: sample["cpu"])
MEMORY = Panel("memory above start (MB)", lambda sample, _: sample["memory"])
POLLS = Panel("polls per query", lambda sample, size: sample["requests"] / size)

PLOTS = (
    Plot(
        name="queries",
        jobs=[f"waits_{count}" for count in (1, 10, 100, 1000)],
        along="queries of 5 s, waited for at once",
        panels=[POLLS, CPU, MEMORY],
    ),
    Plot(
        name="rows",
        jobs=["rows_1000", "rows_10000", "tenth", "million"],
        along="rows of 20 columns",
        panels=[CPU, MEMORY],
        subjects=("ours", "official"),
    ),
    Plot(
        name="pages",
        jobs=[f"pages_{count}" for count in (1, 10, 100, 1000)],
        along="pages that 100,000 rows come in",
        panels=[CPU, MEMORY],
    ),
)


def draw(plot: Plot, jobs: Mapping[str, Any], folder: Path) -> Path:
    """Draw one plot, its panels side by side."""
    figure, axes = plt.subplots(1, len(plot.panels), figsize=(3.4 * len(plot.panels), 3), layout="constrained")
    for panel, axis in zip(plot.panels, axes, strict=True):
        for subject in plot.subjects:
            axis.plot(*points(plot, panel, jobs, subject), marker="o", label=NAMES[subject])
        axis.set(xscale="log", xlabel=plot.along, ylabel=panel.label)
        axis.set_ylim(bottom=0)
    if len(plot.subjects) > 1:
        axes[0].legend()
    path = folder / f"performance-{plot.name}.svg"
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path


def points(plot: Plot, panel: Panel, jobs: Mapping[str, Any], subject: str) -> tuple[list[int], list[float]]:
    """Return sizes and figures."""
    chosen = [jobs[name] for name in plot.jobs]
    return [job["size"] for job in chosen], [panel.of(job["medians"][subject], job["size"]) for job in chosen]


def main() -> int:
    """Draw every plot."""
    if not KEPT.exists() or (document := json.loads(KEPT.read_text()))["mode"] != "full":
        print("build/bench.json holds no full run: `make bench` first", file=sys.stderr)
        return 1
    mpl.use("svg")
    mpl.rcParams.update(STYLE)
    jobs = {job["job"]: job for job in document["jobs"]}
    for plot in PLOTS:
        print(draw(plot, jobs, DOCS).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
