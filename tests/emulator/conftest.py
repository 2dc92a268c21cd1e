from collections.abc import Iterator

import pytest
from supermetrics_query.emulator import Emulator

from tests.emulator.helpers import Api, StandingClock


@pytest.fixture
def service() -> Iterator[Emulator]:
    with Emulator(clock=StandingClock()) as running:
        yield running


@pytest.fixture
def api(service: Emulator) -> Iterator[Api]:
    with Api(service) as client:
        yield client
