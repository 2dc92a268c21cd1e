"""Settings of the tests, and the clients that they go through."""

import gc

import pytest
from hypothesis import settings

from tests.support.calling import BACKENDS, STACKS

# Machines are shared: what matters is whether a rule holds, not how long the check takes.
settings.register_profile("rules", deadline=None)
settings.load_profile("rules")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add how long the attack of tests/hostile lasts, and where it begins."""
    parser.addoption("--attack-seconds", type=float, default=2.0, help="how long to attack each client")
    parser.addoption("--attack-from", type=int, default=1, help="the number of the first life")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how often each client was attacked, and how that ended."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        figures = [f"{count} {name}" for name, count in report.user_properties if isinstance(count, int)]
        if figures:
            terminalreporter.write_line(f"{report.nodeid}: {', '.join(figures)}")


def pytest_collection_finish() -> None:
    """Leave what was collected out of the garbage collections that tests make: it is most of the heap."""
    gc.collect()
    gc.freeze()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Run a test in sync code, under asyncio and under trio."""
    return str(request.param)


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    """Run a test under each backend with httpx, and with aiohttp."""
    return str(request.param)
