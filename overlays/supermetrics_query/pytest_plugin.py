"""The fixture `supermetrics_emulator`.

pytest imports this module wherever the package is installed, so the emulator, which needs an extra, is
imported only when a test asks for it.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from supermetrics_query.emulator import Emulator

SPEED = 50  # so that queries take milliseconds, and one hour 72 seconds


@pytest.fixture
def supermetrics_emulator() -> Iterator["Emulator"]:
    """Serve the emulator for one test; override the fixture to change its behaviour."""
    make: type[Emulator] = import_module("supermetrics_query.emulator").Emulator
    with make(speed=SPEED) as service:
        yield service
