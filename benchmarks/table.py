"""The table of targets and of what was measured."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import asdict, frozen

from benchmarks.plan import Target
from benchmarks.running import Outcome

SCALES = {"ms": 1000.0}  # figures are in seconds
HEADER = ("key", "ours", "peer", "unit", "ratio", "spread", "target", "held")


@frozen(kw_only=True)
class Line:
    """One target and its result.

    All figures are medians; `ratio` is the median over the rounds, and `spread` half the distance between the highest
    and the lowest.
    """

    key: str
    ours: float
    peer: float | None
    unit: str
    ratio: float | None
    spread: float
    target: float | None
    held: bool | None  # None where there is no target

    def cells(self) -> Sequence[str]:
        """Return the cells as text."""
        held = {None: "", True: "yes", False: "NO"}[self.held]
        numbers = [shown(each) for each in (self.ours, self.peer)]
        return (self.key, *numbers, self.unit, shown(self.ratio), f"{self.spread:.0%}", limit(self.target), held)


def lines(targets: Iterable[Target], measured: Mapping[str, Outcome]) -> list[Line]:
    """Judge every target whose jobs were done."""
    return [line(each, measured) for each in targets if {each.job, each.rival_job or each.job} <= measured.keys()]


def line(target: Target, measured: Mapping[str, Outcome]) -> Line:
    """Judge one target."""
    ours = figures(target, measured[target.job], target.subject, target.figure)
    peers = rival(target, measured)
    ratios = [mine / other for mine, other in zip(ours, peers, strict=False)]
    own, peer = middle(ours), middle(peers) if peers else None
    ratio = middle(ratios) if ratios else None
    value = {"ratio": ratio, "ours": own, "nothing": None}[target.judged]
    return Line(
        key=target.key,
        ours=own,
        peer=peer,
        unit=target.unit,
        ratio=ratio,
        spread=spread(ratios or ours),
        target=target.at_most,
        held=None if target.at_most is None or value is None else value <= target.at_most,
    )


def rival(target: Target, measured: Mapping[str, Outcome]) -> list[float]:
    """Return the figures that ours are compared with, round by round."""
    if target.rival is None:
        return []
    outcome = measured[target.rival_job or target.job]
    return figures(target, outcome, target.rival, target.rival_figure or target.figure)


def figures(target: Target, outcome: Outcome, subject: str, figure: str) -> list[float]:
    """Return a figure of every round, in the unit of the target."""
    scale = SCALES.get(target.unit, 1.0) / (outcome.size if target.per_piece else 1)
    return [sample[figure] * scale for sample in outcome.samples[subject]]


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    ordered = sorted(values)
    return (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2


def spread(values: Sequence[float]) -> float:
    """Return how far apart the rounds are, as a share of their median."""
    distance = (max(values) - min(values)) / 2
    return distance / middle(values) if distance else 0.0


def shown(value: float | None) -> str:
    """Format a figure with three significant digits."""
    return "" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def limit(value: float | None) -> str:
    """Format a target."""
    return "" if value is None else f"<= {value:g}"


def rendered(table: Iterable[Line]) -> str:
    """Return the table as Markdown."""
    rows = [HEADER, *(each.cells() for each in table)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows)


def missed(table: Iterable[Line]) -> list[str]:
    """Name the targets that were missed."""
    return [each.key for each in table if each.held is False]


def as_json(table: Iterable[Line]) -> list[dict[str, Any]]:
    """Return the table as plain data."""
    return [asdict(each) for each in table]
