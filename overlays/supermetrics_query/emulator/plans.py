"""How one query behaves: what it does, for how long, and how it ends."""

from collections.abc import Callable, Mapping

import attrs

from supermetrics_query.emulator.problems import bad_request

SUCCESS = "SUCCESS"


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


INSTANT = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0, parts=1)

Planner = Callable[[Mapping[str, object]], Plan]
"""Chooses a plan by the members of the query."""

_KINDS: Mapping[type, tuple[str, Callable[[object], bool]]] = {
    float: ("a number of seconds", lambda value: _is_number(value) and 0 <= float(str(value)) < float("inf")),
    int: ("a whole number up to 10000", lambda value: type(value) is int and 0 <= value <= 10_000),
    str: ("a text", lambda value: isinstance(value, str)),
}
_STATUS = ("0 or an HTTP status from 200 to 599", lambda value: type(value) is int and value in {0, *range(200, 600)})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def planned(default: Plan, wishes: object) -> Plan:
    """Return the default plan, changed by what the query itself asks for under `settings.emulator`."""
    if wishes is None:
        return default
    if not isinstance(wishes, Mapping):
        raise bad_request("settings.emulator must be an object.")
    for name, value in wishes.items():
        _check(name, value)
    return attrs.evolve(default, **wishes)


def _check(name: str, value: object) -> None:
    kinds = {field.name: field.type for field in attrs.fields(Plan)}
    if name not in kinds:
        raise bad_request(f"settings.emulator.{name} is not known; there are {', '.join(kinds)}.")
    expected, accepts = _STATUS if name == "error_status" else _KINDS[kinds[name] or str]
    if not accepts(value):
        raise bad_request(f"settings.emulator.{name} must be {expected}.")
