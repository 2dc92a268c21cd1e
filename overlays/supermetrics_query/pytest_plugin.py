"""The fixtures for tests of code that uses this package; see docs/testing.md.

pytest loads this module in every project, so it imports nothing that costs.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .emulator import Emulator
    from .testing import FakeClock

SPEED = 50  # so that queries take milliseconds, and one hour 72 seconds
EMULATOR, CLOCK = "supermetrics_emulator", "supermetrics_clock"
API_KEY, BASE_URL = "SUPERMETRICS_API_KEY", "SUPERMETRICS_BASE_URL"
DIRECT = ("NO_PROXY", "no_proxy")  # a proxy of the environment does not lead to this machine


def pytest_configure(config: pytest.Config) -> None:
    """Explain the marker."""
    config.addinivalue_line(
        "markers", f"{EMULATOR}(**options): how the fixture {EMULATOR} behaves, see supermetrics_query.emulator"
    )


@pytest.fixture
def supermetrics_emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve the emulator for one test, where the environment leads: `QueryClient()` talks to it.

    It is 50 times faster than the wall, or lives by `supermetrics_clock` where the test asks for that too. The
    options of markers `supermetrics_emulator(...)` go to `Emulator`; the closest marker wins.
    """
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        pytest.fail(f"{EMULATOR} needs its extra: pip install 'supermetrics-query[emulator]'")
    from .emulator import Emulator

    with Emulator(**_options(request)) as service:
        monkeypatch.setenv(API_KEY, service.key)
        monkeypatch.setenv(BASE_URL, service.url)
        for name in DIRECT:
            monkeypatch.setenv(name, "127.0.0.1", prepend=",")
        yield service


@pytest.fixture
def supermetrics_clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Let every client, and `supermetrics_emulator`, live by one clock that nobody waits for."""
    from ._io.clock import SystemClock
    from .testing import FakeClock

    clock = FakeClock()
    for name in ("now", "sleep", "sleep_async"):
        monkeypatch.setattr(SystemClock, name, staticmethod(getattr(clock, name)))
    return clock


def _options(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    shared = CLOCK in request.fixturenames
    pace = {"clock": request.getfixturevalue(CLOCK)} if shared else {"speed": SPEED}
    markers = [*request.node.iter_markers(EMULATOR)]
    if any(marker.args for marker in markers):
        pytest.fail(f"the marker {EMULATOR} takes options by name, for instance plan=Plan(run_seconds=60)")
    return pace | {name: value for marker in reversed(markers) for name, value in marker.kwargs.items()}
