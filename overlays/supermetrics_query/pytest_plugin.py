"""The fixture `supermetrics_emulator`."""

from collections.abc import Iterator

import pytest

from supermetrics_query.emulator import Emulator

SPEED = 50  # so that queries take milliseconds, and one hour 72 seconds


@pytest.fixture
def supermetrics_emulator() -> Iterator[Emulator]:
    """Serve the emulator for one test; override the fixture to change its behaviour."""
    with Emulator(speed=SPEED) as service:
        yield service
