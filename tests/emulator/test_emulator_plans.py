"""Every member of a plan, and every option of the emulator, at its limits and beyond them."""

import math
from typing import Any

import pytest
from supermetrics_query.emulator import Emulator, Plan

SECONDS: tuple[list[object], list[object]] = ([0, 0.5, 1e9], [-1, math.inf, math.nan, True, "1", None])
TEXT: tuple[list[object], list[object]] = (["", "x" * 100], ["x" * 101, 5, None])
LIMITS: dict[str, tuple[list[object], list[object]]] = {
    "scheduled_seconds": SECONDS,
    "queued_seconds": SECONDS,
    "run_seconds": SECONDS,
    "parts": ([1, 10_000], [0, 10_001, 1.5, True]),
    "running_code": TEXT,
    "outcome": TEXT,
    "error": TEXT,
    "error_status": ([0, 200, 599], [1, 199, 600, "200"]),
}


def plan(name: str, value: Any) -> Plan:
    return Plan(**{name: value})


@pytest.mark.parametrize("name", LIMITS)
def test_a_member_of_a_plan_has_its_limits(name: str) -> None:
    within, beyond = LIMITS[name]
    assert [getattr(plan(name, value), name) for value in within] == within
    for value in beyond:
        with pytest.raises(ValueError, match=f"^{name} must be "):
            plan(name, value)


OPTIONS: dict[str, tuple[list[object], list[object]]] = {
    "speed": ([0.1, 1000], [0, -1]),
    "concurrency": ([1], [0]),
    "per_second": ([1, None], [0]),
    "per_hour": ([1, None], [0]),
    "default_max_rows": ([1, None], [0]),
}


def emulator(name: str, value: Any) -> Emulator:
    return Emulator(**{name: value})


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_of_the_emulator_has_its_limits(name: str) -> None:
    within, beyond = OPTIONS[name]
    assert all(emulator(name, value) for value in within)
    for value in beyond:
        with pytest.raises(ValueError, match=name):
            emulator(name, value)
