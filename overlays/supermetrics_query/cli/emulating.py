"""The emulator: shown, and served."""

from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from . import extras
from . import options as o

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ..emulator import Emulator, Plan, Source


def demo() -> None:
    """Run queries against a local emulator of the API: no key, no network."""
    extras.require("emulator")
    from .demo import show

    show()


def emulate(
    host: o.Host = "127.0.0.1",
    port: o.Port = 8765,
    key: o.EmulatorKey = "fake_key_of_the_emulator",
    source: o.Sources = None,
    plan: o.Plan = None,
    fault: o.Faults = None,
    speed: o.Speed = 1.0,
    concurrency: o.Concurrency = 1000,
    per_second: o.PerSecond = None,
    per_hour: o.PerHour = None,
    per_day: o.PerDay = None,
    today: o.Today = None,
    errors: o.Errors = o.Family.ENVELOPE,
) -> None:
    """Serve an emulator of the API until Ctrl-C, and print what to paste into another shell."""
    extras.require("emulator")
    from .serving import day_of, plan_of, serve, sources_of

    service = made(
        plan_of(plan),
        sources_of(source),
        day_of(today),
        {"key": key, "faults": fault or (), "speed": speed, "concurrency": concurrency, "errors": errors.value}
        | {"per_second": per_second, "per_hour": per_hour, "per_day": per_day},
    )
    serve(service, host, port)


def made(
    plan: "Plan", sources: "Mapping[str, Source]", today: "date | None", others: "Mapping[str, Any]"
) -> "Emulator":
    """Make the service, or say which of its options it refuses."""
    from ..emulator import Emulator

    try:
        return Emulator(plan=plan, sources=sources, today=today, **others)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(str(error.args[0])) from None
