"""A local service that behaves like the Supermetrics Data API.

with Emulator(plan=Plan(run_seconds=60)) as service:
    client = QueryClient(service.key, base_url=service.url)
    service.fault("status:3*503")
    service.advance(60)
"""

from starlette.types import ASGIApp

from .behaviour import INSTANT, Behaviour, Plan
from .clock import Clock
from .faults import Fault
from .service import Emulator
from .sources import Source, parse_csv, read_csv
from .state import SeenRequest

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
    "parse_csv",
    "read_csv",
]


def app() -> ASGIApp:
    """Return an emulator with default options as an ASGI application, for servers that take a factory."""
    return Emulator().app
