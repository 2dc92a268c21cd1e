from collections.abc import Iterator

import pytest
from supermetrics_query.emulator import Emulator
from supermetrics_query.testing import FakeClock

from tests.emulator.helpers import Api


@pytest.fixture
def service() -> Iterator[Emulator]:
    with Emulator(clock=FakeClock()) as running:
        yield running


@pytest.fixture
def api(service: Emulator) -> Iterator[Api]:
    with Api(service) as client:
        yield client
