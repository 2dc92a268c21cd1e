"""How commands end: an exit code from one table, one line on stderr, no traceback, and no key."""

import re

import pytest
from attrs import frozen
from supermetrics_query.cli.exits import INTERRUPTED, MEANINGS, NOBODY_READS
from supermetrics_query.emulator import INSTANT, Emulator, Plan

from tests.cli.shell import WEATHER, command

RUN = ("run", *WEATHER, "--max-rows", "1")


@frozen
class Ending:
    """What is run, what the service does, and what comes of it."""

    code: int
    says: str = ""
    words: tuple[str, ...] = RUN
    plan: Plan = INSTANT
    fault: str = ""
    key: str = ""


ENDINGS = (
    Ending(0),
    Ending(12, "BadRequestError: .*HTTP 400", fault="start:400"),
    Ending(12, "UnprocessableError: .*HTTP 422", fault="start:422"),
    Ending(2, "ConfigurationError: a query needs a data source", words=("run", "--fields", "date")),
    Ending(2, "UsageError: .*--nonsense.* See: supermetrics-query run --help", words=("run", "--nonsense")),
    Ending(3, "QueryFailedError: query '[^']+' ended as FAILURE", plan=Plan(outcome="FAILURE")),
    Ending(3, "QueryFailedError: .*QUERY_ERROR", plan=Plan(outcome="FAILURE", error="QUERY_ERROR")),
    Ending(4, "QueryStoppedError: query '[^']+' ended as STOPPED", plan=Plan(outcome="STOPPED")),
    Ending(
        *(5, r"WaitTimeoutError: query '[^']+' is still [A-Z]+ \(\d of \d parts ready\) at the end of the wait"),
        words=(*RUN, "--timeout", "0"),
        plan=Plan(run_seconds=10_000),
    ),
    Ending(6, "AuthenticationError: .*HTTP 401", key="api_of_nobody"),
    Ending(7, "QuotaExceededError: .*HTTP 429", fault="start:429,code=LICENSE_DAILY_QUERY_LIMIT_EXCEEDED"),
    Ending(8, "TransportError: ", fault="every*drop"),
    Ending(9, "ResultExpiredError: query 'long-ago' is no longer kept", words=("wait", "long-ago")),
    Ending(10, "PermissionDeniedError: .*HTTP 403", fault="start:403"),
    Ending(11, "RateLimitError: .*HTTP 429", fault="start:429,retry_after=3600"),
    Ending(11, "ServerError: .*HTTP 503", fault="every*503"),
    Ending(13, "OSError: .*No space left on device", words=(*RUN, "--output", "csv", "--to", "/dev/full")),
)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: f"{ending.code} {ending.says[:24]}")
def test_a_command_ends_with_the_code_of_the_table_and_says_why(
    supermetrics_emulator: Emulator, ending: Ending
) -> None:
    supermetrics_emulator.use(ending.plan)
    if ending.fault:
        supermetrics_emulator.fault(ending.fault)
    done = command(
        supermetrics_emulator,
        *ending.words,
        env={"SUPERMETRICS_API_KEY": ending.key or supermetrics_emulator.key},
    )
    assert done.returncode == ending.code, done.stderr
    assert re.match(ending.says, done.stderr)
    assert "Traceback" not in done.stderr
    assert supermetrics_emulator.key not in done.stderr
    assert "api_of_nobody" not in done.stderr
    assert bool(done.stdout) is (ending.code == 0)


def test_every_code_of_the_table_is_seen_in_a_test() -> None:
    elsewhere = {1, INTERRUPTED, NOBODY_READS}  # what nobody expects, test_terminal.py and test_pipes.py
    assert {ending.code for ending in ENDINGS} | elsewhere == MEANINGS.keys()


def test_a_wait_that_times_out_prints_the_command_that_resumes_it(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(Plan(run_seconds=10_000))
    done = command(supermetrics_emulator, *RUN, "--timeout", "0")
    again = done.stderr.splitlines()[-1].split()
    assert again[:2] == ["supermetrics-query", "wait"]
    supermetrics_emulator.advance(10_000)
    assert command(supermetrics_emulator, *again[1:]).returncode == 0


def test_a_start_without_an_answer_prints_the_command_that_waits_for_it(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.fault("every*drop")
    done = command(supermetrics_emulator, *RUN, "--timeout", "1")
    assert "The query may be running." in done.stderr
    assert re.search(r"^  supermetrics-query wait \S+$", done.stderr, re.MULTILINE)


def test_verbose_shows_what_happens_and_where_an_error_comes_from(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(Plan(outcome="FAILURE"))
    done = command(supermetrics_emulator, *RUN, "--verbose")
    assert "DEBUG RequestDone operation=start_query" in done.stderr
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("QueryFailedError: ")
    assert supermetrics_emulator.key not in done.stderr
