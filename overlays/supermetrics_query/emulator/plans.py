"""How one query behaves: what it does, for how long, and how it ends."""

import math
from collections.abc import Callable, Mapping

import attrs

from .problems import bad_request
from .validation import Limit, either, text, whole

SUCCESS = "SUCCESS"
SECONDS = Limit(
    "a number of seconds",
    lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf,
)


@attrs.frozen(kw_only=True)
class Plan:
    """The life of a query, in seconds of the service; its codes may be any, also unknown ones."""

    scheduled_seconds: float = 0.2
    queued_seconds: float = 0.3
    """The least: a full queue makes it longer."""
    run_seconds: float = 1.5
    parts: int = 4
    """How many queries the service makes of it: `queries_total` starts at half of them and grows."""
    running_code: str = "RUNNING"
    outcome: str = SUCCESS
    error: str = ""
    """The code of an error that is sent instead of the status when the outcome is not SUCCESS."""
    error_status: int = 0
    """The HTTP status of that error, 200 included; 0 stands for the documented one."""

    def __attrs_post_init__(self) -> None:
        """Refuse what makes no sense."""
        for name, limit in LIMITS.items():
            value: object = getattr(self, name)
            if not limit.accepts(value):
                raise ValueError(f"{name} must be {limit.expected}, not {value!r}")


LIMITS: Mapping[str, Limit] = {
    "scheduled_seconds": SECONDS,
    "queued_seconds": SECONDS,
    "run_seconds": SECONDS,
    "parts": whole(1, 10_000),
    "running_code": text(100),
    "outcome": text(100),
    "error": text(100),
    "error_status": either(whole(0, 0), whole(200, 599)),
}
INSTANT = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0, parts=1)

Planner = Callable[[Mapping[str, object]], Plan]
"""Chooses a plan by the members of the query."""


def planned(default: Plan, wishes: object) -> Plan:
    """Return the default plan, changed by what the query itself asks for under `settings.emulator`."""
    if wishes is None:
        return default
    if not isinstance(wishes, Mapping):
        raise bad_request("settings.emulator must be an object.")
    if unknown := [name for name in wishes if name not in LIMITS]:
        raise bad_request(f"settings.emulator has no {unknown[0]!r}; it has {', '.join(LIMITS)}.")
    try:
        return attrs.evolve(default, **wishes)
    except ValueError as error:
        raise bad_request(f"settings.emulator: {error}.") from None
