"""The fixture `supermetrics_emulator`. pytest loads this module in every project, so it imports nothing that costs."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .emulator import Emulator

SPEED = 50  # so that queries take milliseconds, and one hour 72 seconds


@pytest.fixture
def supermetrics_emulator() -> Iterator[Emulator]:
    """Serve the emulator for one test; override the fixture to change its behaviour."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        pytest.fail("supermetrics_emulator needs its extra: pip install 'supermetrics-query[emulator]'")
    from .emulator import Emulator

    with Emulator(speed=SPEED) as service:
        yield service
