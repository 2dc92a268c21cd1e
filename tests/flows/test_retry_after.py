"""Every kind of Retry-After, one table: the pause before the next request, or the exception."""

from collections.abc import Callable
from itertools import product

import httpx
import pytest
from attrs import frozen
from supermetrics_query import RateLimitError, ServerError, SupermetricsQueryError, WaitTimeoutError

from tests.flows.scenarios import POLL
from tests.support.answers import envelope, success
from tests.support.calling import ASYNC_BACKENDS
from tests.support.scripted import ScriptedClient, scripted_client

DATE = "Wed, 21 Oct 2015 07:28:00 GMT"
SERVER_SAYS = {429: "TOO_MANY_REQUESTS", 503: "SERVICE_UNAVAILABLE"}
RAISED = {429: RateLimitError, 503: ServerError}
OWN_PAUSE = {("wait", 429): 1.0, ("wait", 503): 1.0, ("start", 429): 1.0, ("start", 503): 0.25}
DEADLINES = {"a deadline of 5 s": 5.0, "a deadline of 2 h": 7200.0, "no deadline": None}

# Outcomes that are not a number of seconds.
OWN = "the pause of the policies"
TIMEOUT = "the timeout of the wait, without a sleep"
ITSELF = "the error itself, without a sleep"

Outcome = float | str


@frozen
class Rule:
    """A value of Retry-After, and its outcomes with a deadline of 5 s, with one of 2 h, and without one."""

    name: str
    value: str
    wait: tuple[Outcome, Outcome, Outcome]
    start: tuple[Outcome, Outcome, Outcome]


RULES = (
    Rule("whole seconds are slept", "7", (TIMEOUT, 7.0, 7.0), (ITSELF, 7.0, 7.0)),
    Rule("blanks around seconds are nothing", "  7 ", (TIMEOUT, 7.0, 7.0), (ITSELF, 7.0, 7.0)),
    Rule("a fraction of a second is slept too", "7.5", (TIMEOUT, 7.5, 7.5), (ITSELF, 7.5, 7.5)),
    Rule("less than the own pause does not shorten it", "0.1", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("zero does not shorten the own pause", "0", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("seconds up to the deadline itself are slept", "5", (5.0, 5.0, 5.0), (5.0, 5.0, 5.0)),
    Rule("the ceiling itself is slept", "120", (TIMEOUT, 120.0, 120.0), (ITSELF, 120.0, 120.0)),
    Rule("above the ceiling only a wait is patient", "121", (TIMEOUT, 121.0, 121.0), (ITSELF, ITSELF, ITSELF)),
    Rule("an hour is slept by a wait only", "3600", (TIMEOUT, 3600.0, 3600.0), (ITSELF, ITSELF, ITSELF)),
    Rule("a day is the most that a wait sleeps", "86400", (TIMEOUT, TIMEOUT, 86400.0), (ITSELF, ITSELF, ITSELF)),
    Rule("more than a day is a broken server", "86401", (ITSELF, ITSELF, ITSELF), (ITSELF, ITSELF, ITSELF)),
    Rule("1e9 seconds are a broken server", "1e9", (ITSELF, ITSELF, ITSELF), (ITSELF, ITSELF, ITSELF)),
    Rule("thirty digits are a broken server", "9" * 30, (ITSELF, ITSELF, ITSELF), (ITSELF, ITSELF, ITSELF)),
    Rule(
        "a date counts from the Date of the answer",
        "Wed, 21 Oct 2015 07:28:07 GMT",
        (TIMEOUT, 7.0, 7.0),
        (ITSELF, 7.0, 7.0),
    ),
    Rule("a date of the past asks for nothing", "Wed, 21 Oct 2015 07:27:00 GMT", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule(
        "a date in the year 9999 is a broken server",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        (ITSELF, ITSELF, ITSELF),
        (ITSELF, ITSELF, ITSELF),
    ),
    Rule("a day that does not exist is no date", "Wed, 99 Oct 2015 07:28:00 GMT", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("negative seconds ask for nothing", "-7", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("NaN says nothing", "nan", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("infinity says nothing", "inf", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("negative infinity says nothing", "-inf", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("more digits than a number can have say nothing", "9" * 400, (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("a word says nothing", "soon", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("seconds with a unit say nothing", "7 s", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("two values say nothing", "7, 7", (OWN, OWN, OWN), (OWN, OWN, OWN)),
    Rule("an empty value says nothing", "", (OWN, OWN, OWN), (OWN, OWN, OWN)),
)

# The calls, and the requests that come first: after a 503 a poll finds out whether the query was started.
DONE: dict[str, Callable[[ScriptedClient, float | None], object]] = {
    "wait": lambda subject, timeout: subject.call(subject.client.attach("night-1"), "wait", timeout=timeout),
    "start": lambda subject, timeout: subject.start() if timeout is None else subject.run(timeout=timeout),
}
FIRST = {("wait", 5.0): POLL, ("wait", 7200.0): POLL, ("wait", None): POLL} | {
    ("start", 5.0): "start 4",
    ("start", 7200.0): "start 30",
    ("start", None): "start 0",
}


def case_id(value: object) -> str:
    """Name a case by its rule, and by the words of its other parts."""
    return value.name if isinstance(value, Rule) else str(value)


def refusal(http: int, value: str) -> httpx.Response:
    """Refuse, and say when to come again."""
    return envelope(http, SERVER_SAYS[http], **{"retry-after": value, "date": DATE})


def done(subject: ScriptedClient, place: str, timeout: float | None) -> type[SupermetricsQueryError] | None:
    """Wait or start, and return the type of the exception."""
    try:
        DONE[place](subject, timeout)
    except SupermetricsQueryError as error:
        return type(error)
    return None


def stated(outcome: Outcome, place: str, http: int, timeout: float | None) -> tuple[type[Exception] | None, list[str]]:
    """Return the exception and the log that an outcome stands for."""
    first = FIRST[place, timeout]
    if outcome in {ITSELF, TIMEOUT}:
        return (RAISED[http] if outcome == ITSELF else WaitTimeoutError), [first]
    seconds = OWN_PAUSE[place, http] if outcome == OWN else outcome
    return None, [first, f"sleep {seconds:.2f}", POLL if http == 503 else first]


CASES = [*product(RULES, DONE, SERVER_SAYS, DEADLINES)]
# The flow is the same for every client: one runs all of them, the others each rule and each outcome a few times.
SAMPLE = CASES[::5]
RUNS = [("sync", *case) for case in CASES] + [(each, *case) for each in ASYNC_BACKENDS for case in SAMPLE]


@pytest.mark.parametrize(("backend", "rule", "place", "http", "deadline"), RUNS, ids=case_id)
def test_retry_after(backend: str, rule: Rule, place: str, http: int, deadline: str) -> None:
    timeout = DEADLINES[deadline]
    outcomes = rule.wait if place == "wait" else rule.start
    subject = scripted_client(backend, refusal(http, rule.value), success())
    raised = done(subject, place, timeout)
    assert (raised, subject.log) == stated(outcomes[list(DEADLINES).index(deadline)], place, http, timeout)


def test_the_sample_has_every_rule_at_each_place() -> None:
    assert {(rule.name, place) for rule, place, _, _ in SAMPLE} == {
        (rule.name, place) for rule in RULES for place in DONE
    }


def test_the_rules_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
