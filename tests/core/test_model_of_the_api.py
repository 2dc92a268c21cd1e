"""A model of the API that behaves at random; a wait on it ends in one of six ways, each for its reason."""

from itertools import takewhile
from random import Random

import pytest
from attrs import define, field
from supermetrics_query import ApiError, PollPolicy, QueryError, TransportError, WaitTimeoutError
from supermetrics_query._client.query import annotated
from supermetrics_query._core.run import Run, Ticket, Timing
from supermetrics_query._flows.poll import wait

from tests.support.answers import NOT_FOUND, envelope, gateway, status, success, too_many
from tools.simulation.driver import Exchange, Reply, SimulatedDriver, context, lost

LIVES = 1_000
BATCHES = 5
CODES = ("SCHEDULED", "QUEUED", "RUNNING")
UNKNOWN = ("SLEEPING", "success", "Running", "\u0416", "PAUSED")
BLIPS: tuple[Reply, ...] = (
    *(lost(), gateway(502), gateway(503, ""), gateway(520), gateway(200), gateway(200, '{"meta": {"stat')),
    *(envelope(500, "Error:"), envelope(500, "SOMETHING_NEW"), envelope(503, "SERVICE_UNAVAILABLE")),
)
REFUSALS: tuple[Reply, ...] = (too_many(), too_many(retry_after="3"), too_many(retry_after="60"))
FINAL: tuple[Reply, ...] = (
    envelope(401, "API_KEY_INVALID"),
    envelope(403, "FORBIDDEN"),
    envelope(400, "BAD_REQUEST"),
    gateway(302),
)
DONE = success()
OVER: tuple[Reply, ...] = (
    status("FAILURE"),
    status("STOPPED"),
    status("PROCESS_EXITED"),
    envelope(500, "QUERY_ERROR"),
    NOT_FOUND,
)


@define
class Model:
    """One query on an API whose states regress, whose totals grow and which fails at random, for a while in a row."""

    random: Random
    code: str = "SCHEDULED"
    ready: int = 0
    total: int = 1
    outage: int = 0  # answers that still fail
    habits: dict[str, float] = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Choose how often each thing happens to this query."""
        most = {"outage": 0.3, "refusal": 0.3, "final": 0.02, "over": 0.05, "success": 0.1, "unknown": 0.5}
        self.habits = {name: self.random.random() * share for name, share in most.items()}

    def happens(self, name: str) -> bool:
        """Return whether something happens now."""
        return self.random.random() < self.habits[name]

    def __call__(self, _request: object, _now: float) -> tuple[float, Reply]:
        """Return how long the answer takes, and the answer."""
        return self.random.choice((0.0, 0.1, 2.0, 30.0)), self.reply()

    def reply(self) -> Reply:
        """Answer a poll."""
        if self.happens("outage"):
            self.outage = self.random.randint(1, 9)
        if self.outage:
            self.outage -= 1
            return self.random.choice(BLIPS)
        if self.happens("refusal"):
            return self.random.choice(REFUSALS)
        if self.happens("final"):
            return self.random.choice(FINAL)
        return self.standing()

    def standing(self) -> Reply:
        """Return the status of the query, and move it to any state."""
        if self.happens("success"):
            return DONE
        if self.happens("over"):
            return self.random.choice(OVER)
        self.total += self.random.randint(0, 3)
        self.ready = self.random.randint(0, self.total + 1)
        self.code = self.random.choice(UNKNOWN if self.happens("unknown") else CODES)
        return status(self.code, ready=self.ready, total=self.total)


def failed(exchange: Exchange) -> bool:
    """Return whether a poll brought no status."""
    return one_of((*BLIPS, *REFUSALS, NOT_FOUND), exchange)


def one_of(replies: tuple[Reply, ...], exchange: Exchange) -> bool:
    """Return whether a poll brought one of these replies."""
    return any(exchange.reply is each for each in replies)


def reason(error: Exception | None, driver: SimulatedDriver, poll: PollPolicy, deadline: float) -> str:
    """Return the rule by which a wait has ended, or a complaint where no rule allows it."""
    last = driver.exchanges[-1]
    row = len([*takewhile(failed, reversed(driver.exchanges))])
    is_unknown = type(error) is QueryError and error.status is not None and not error.status.is_known
    is_call_error = isinstance(error, ApiError | TransportError)
    rules = {
        "success": error is None and last.reply is DONE,
        "unknown": is_unknown,
        "over": isinstance(error, QueryError) and one_of(OVER, last),
        "timeout": isinstance(error, WaitTimeoutError)
        and max(driver.time, last.answered + last.retry_after) > deadline - 0.01,
        "final": isinstance(error, ApiError) and one_of(FINAL, last),
        "outage": is_call_error and one_of(BLIPS, last) and row >= poll.max_errors,
    }
    held = [name for name, holds in rules.items() if holds]
    return held[0] if len(held) == 1 else f"no rule for {error!r} after {last!r}"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_wait_ends_in_success_a_query_error_a_timeout_or_the_last_of_too_many_errors(batch: int) -> None:
    random = Random(batch)
    reasons: dict[str, int] = {}
    for life in range(LIVES):
        poll = PollPolicy(max_errors=random.randint(1, 9), unknown_patience=random.choice((5, 60, 600)))
        driver = SimulatedDriver(Model(random))
        timing = Timing(started=random.choice((None, driver.time)), born=driver.time)
        run = Run(Ticket("night-1"), timing=timing)
        options = context(random.random, poll=poll)
        timeout = random.choice((0.0, 5.0, 600.0, 15_300.0))
        deadline = driver.time + timeout
        error = driver.error_of(annotated(wait(options, run, timeout, None), run))
        found = reason(error, driver, poll, deadline)
        assert not found.startswith("no rule"), f"{batch=} {life=}: {found}"
        assert error is None or (error.token, error.schedule_id) == (run.ticket.token, "night-1")
        reasons[found] = reasons.get(found, 0) + 1
    assert min(reasons[each] for each in ("success", "unknown", "over", "timeout", "final", "outage")) > 5, reasons
