"""A local service that behaves like the Supermetrics Data API."""

from starlette.types import ASGIApp

from supermetrics_query.emulator.behaviour import Behaviour
from supermetrics_query.emulator.clock import Clock
from supermetrics_query.emulator.faults import Fault
from supermetrics_query.emulator.journal import SeenRequest
from supermetrics_query.emulator.plans import INSTANT, Plan
from supermetrics_query.emulator.service import Emulator
from supermetrics_query.emulator.sources import Source, read_csv

__all__ = [
    "Behaviour",
    "Clock",
    "Emulator",
    "Fault",
    "INSTANT",
    "Plan",
    "SeenRequest",
    "Source",
    "app",
    "read_csv",
]


def app() -> ASGIApp:
    """Return the service with its defaults, for servers that want a factory."""
    return Emulator().app
