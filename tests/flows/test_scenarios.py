"""Every rule of starting and waiting, under every backend: the same requests and the same pauses in all three."""

import pytest
from supermetrics_query import SupermetricsQueryError

from tests.flows.scenarios import SCENARIOS, Scenario
from tests.support.scripted import KEY, scripted_client


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.rule)
def test_rule(scenario: Scenario, backend: str) -> None:
    subject = scripted_client(backend, *scenario.answers, takes=scenario.takes)
    raised = None
    try:
        scenario.action(subject)
    except SupermetricsQueryError as error:
        raised = error
    assert type(raised) is (scenario.raises or type(None)), repr(raised)
    assert subject.log == list(scenario.log)
    assert KEY not in repr(raised)


def test_the_rules_have_names_of_their_own() -> None:
    assert len({scenario.rule for scenario in SCENARIOS}) == len(SCENARIOS)
