"""Every rule of starting and waiting, through every door: the same requests and the same pauses in all three."""

import pytest
from supermetrics_query import SupermetricsQueryError

from tests.client.scenarios import SCENARIOS, Scenario
from tests.support.world import DOORS, KEY, open_door


@pytest.mark.parametrize("door_name", DOORS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.rule)
def test_rule(scenario: Scenario, door_name: str) -> None:
    door = open_door(door_name, *scenario.answers, takes=scenario.takes)
    raised = None
    try:
        scenario.action(door)
    except SupermetricsQueryError as error:
        raised = error
    assert type(raised) is (scenario.raises or type(None)), repr(raised)
    assert door.log == list(scenario.log)
    assert KEY not in repr(raised)


def test_the_rules_have_names_of_their_own() -> None:
    assert len({scenario.rule for scenario in SCENARIOS}) == len(SCENARIOS)
