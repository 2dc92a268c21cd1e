"""The rules of starting and waiting, one table: a rule, the answers of the API, a call, and what must happen."""

from collections.abc import Callable
from typing import Any

from attrs import frozen
from supermetrics_query import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    PermissionDeniedError,
    QueryError,
    QueryFailedError,
    QueryStoppedError,
    QuotaExceededError,
    RateLimitError,
    ResultExpiredError,
    ServerError,
    TransportError,
    WaitTimeoutError,
)

from tests.support.answers import (
    NOT_FOUND,
    bare,
    cut,
    envelope,
    gateway,
    problem,
    refused,
    status,
    success,
    too_many,
)
from tests.support.scripted import ScriptedClient, Step


@frozen
class Scenario:
    """One rule."""

    rule: str
    answers: tuple[Step, ...]
    action: Callable[[ScriptedClient], object]
    log: tuple[str, ...]
    raises: type[Exception] | None = None
    takes: float = 0.0


POLL = "poll 0..9999"


def start_and_wait(**options: Any) -> Callable[[ScriptedClient], object]:
    """Start a query, then wait for it."""
    return lambda subject: subject.call(subject.start(), "wait", **options)


def attach_and_wait(**options: Any) -> Callable[[ScriptedClient], object]:
    """Wait for a query that was started elsewhere."""
    return lambda subject: subject.call(subject.client.attach("night-1"), "wait", **options)


def run(**options: Any) -> Callable[[ScriptedClient], object]:
    """Start and wait in one."""
    return lambda subject: subject.run(**options)


def start(subject: ScriptedClient) -> object:
    """Only start."""
    return subject.start()


QUEUED = status("QUEUED", http=202)
RUNNING = status("RUNNING")
START, POLL, SECOND = "start 0", "poll 0..9999", "sleep 1.00"
DAILY = "LICENSE_DAILY_QUERY_LIMIT_EXCEEDED"

HOW_A_QUERY_ENDS = (
    Scenario(
        "a start returns at once and the wait polls one second later",
        (QUEUED, RUNNING, success()),
        start_and_wait(),
        (START, SECOND, POLL, SECOND, POLL),
    ),
    Scenario(
        "run lets the server do the first waiting, so that most queries need one request",
        (success(),),
        run(),
        ("start 30",),
    ),
    Scenario(
        "the server is never asked to wait for longer than the deadline leaves",
        (success(),),
        run(timeout=5),
        ("start 4",),
    ),
    Scenario(
        "an accepted query is unfinished whether that comes with 200 or with 202",
        (status("QUEUED", http=200), success()),
        start_and_wait(),
        (START, SECOND, POLL),
    ),
    Scenario("a query started elsewhere is polled without delay", (success(),), attach_and_wait(), (POLL,)),
    Scenario(
        "FAILURE ends the query", (QUEUED, status("FAILURE")), start_and_wait(), (START, SECOND, POLL), QueryFailedError
    ),
    Scenario(
        "STOPPED ends the query",
        (QUEUED, status("STOPPED")),
        start_and_wait(),
        (START, SECOND, POLL),
        QueryStoppedError,
    ),
    Scenario("PROCESS_EXITED is a failure", (status("PROCESS_EXITED"),), attach_and_wait(), (POLL,), QueryFailedError),
    Scenario(
        "a poll that brings the error of the query itself ends the query, whatever its HTTP status",
        (envelope(500, "QUERY_ERROR"),),
        attach_and_wait(),
        (POLL,),
        QueryFailedError,
    ),
    Scenario(
        "an error inside a 200 is an error",
        (envelope(200, "QUERY_ACCOUNT_UNAVAILABLE"),),
        attach_and_wait(),
        (POLL,),
        QueryFailedError,
    ),
    Scenario(
        "an unknown status code is waited for, and raised after ten minutes",
        (status("SLEEPING"),),
        attach_and_wait(),
        (POLL, SECOND, POLL, "sleep 15.84", POLL, "sleep 22.73", POLL),
        QueryError,
        takes=250.0,
    ),
)

WHEN_IT_POLLS = (
    Scenario(
        "the gap is the square root of the age where there is no progress",
        (RUNNING, RUNNING, success()),
        start_and_wait(),
        (START, "sleep 4.00", POLL, "sleep 6.00", POLL),
        takes=16.0,
    ),
    Scenario(
        "the gap is 0.7 of the time that seems left, and at most half of the age",
        (RUNNING, status("RUNNING", ready=1, total=99), status("RUNNING", ready=9, total=10), success()),
        start_and_wait(),
        (START, "sleep 2.83", POLL, "sleep 9.41", POLL, "sleep 2.82", POLL),
        takes=8.0,
    ),
    Scenario("timeout=0 is one poll", (RUNNING,), attach_and_wait(timeout=0), (POLL,), WaitTimeoutError),
    Scenario(
        "timeout=0 polls even when no poll is due",
        (QUEUED, RUNNING),
        start_and_wait(timeout=0),
        (START, POLL),
        WaitTimeoutError,
    ),
    Scenario(
        "the last poll is sent in time for its answer, none just before it, and the wait ends at its deadline",
        (QUEUED, RUNNING),
        start_and_wait(timeout=2.5),
        (START, SECOND, POLL, "sleep 1.30", POLL, "sleep 0.20"),
        WaitTimeoutError,
    ),
    Scenario(
        "timeout=None waits without a limit",
        (RUNNING, *[RUNNING] * 3, success()),
        attach_and_wait(timeout=None),
        (POLL, SECOND, POLL, SECOND, POLL, "sleep 1.41", POLL, "sleep 1.85", POLL),
    ),
)

FAILURES: dict[str, Step] = {
    "a reset connection": cut(),
    "a refused connection": refused(),
    "a 500 without a known code": envelope(500, "Error:"),
    "a 500 with an unknown code": envelope(500, "SOMETHING_NEW"),
    "a 502 with HTML": gateway(502),
    "a 503": envelope(503, "SERVICE_UNAVAILABLE"),
    "an unregistered status such as 520": gateway(520, ""),
    "HTML with 200": gateway(200),
    "an empty 200": gateway(200, ""),
    "JSON cut short": gateway(200, '{"meta": {"status_code": "SUC'),
    "a 200 without a status code": gateway(200, '{"meta": {}, "data": []}'),
}

POLLS_THAT_FAIL = (
    *(
        Scenario(f"{name} is a failed poll", (failure, success()), attach_and_wait(), (POLL, SECOND, POLL))
        for name, failure in FAILURES.items()
    ),
    Scenario(
        "eight failed polls in a row end the wait with the last error",
        (envelope(503, "SERVICE_UNAVAILABLE"),),
        attach_and_wait(),
        (
            *(POLL, SECOND, POLL, SECOND, POLL, SECOND, POLL, "sleep 2.00", POLL),
            *("sleep 4.00", POLL, "sleep 8.00", POLL, "sleep 10.00", POLL),
        ),
        ServerError,
    ),
    Scenario(
        "a poll refused for the rate comes again when the server says so",
        (too_many(retry_after="7"), success()),
        attach_and_wait(),
        (POLL, "sleep 7.00", POLL),
    ),
    Scenario(
        "no poll comes sooner than Retry-After says: past the deadline the wait ends at once",
        (too_many(retry_after="3600"),),
        attach_and_wait(timeout=60),
        (POLL,),
        WaitTimeoutError,
    ),
    Scenario(
        "a Retry-After of years is a broken server, not a reason to sleep",
        (too_many(retry_after="1000000000"),),
        attach_and_wait(timeout=None),
        (POLL,),
        RateLimitError,
    ),
    Scenario(
        "a refused key ends the wait at once",
        (envelope(401, "API_KEY_INVALID"),),
        attach_and_wait(),
        (POLL,),
        AuthenticationError,
    ),
    Scenario(
        "a permission that is missing ends the wait at once",
        (problem(403, "forbidden"),),
        attach_and_wait(),
        (POLL,),
        PermissionDeniedError,
    ),
    Scenario(
        "not found just after our own start is replica lag",
        (QUEUED, NOT_FOUND, success()),
        start_and_wait(),
        (START, SECOND, POLL, SECOND, POLL),
    ),
    Scenario(
        "not found later means expired, as 404 or as 400",
        (RUNNING, RUNNING, envelope(400, "STATUS_NOT_FOUND")),
        start_and_wait(),
        (START, "sleep 4.47", POLL, "sleep 6.67", POLL),
        ResultExpiredError,
        takes=20.0,
    ),
    Scenario(
        "not found means expired for a query started elsewhere",
        (problem(404, "status-not-found"),),
        attach_and_wait(),
        (POLL,),
        ResultExpiredError,
    ),
)

STARTS_THAT_FAIL = (
    Scenario(
        "a start whose answer was lost is followed by a poll, not by a second start",
        (cut(), RUNNING),
        start,
        (START, "sleep 0.25", POLL),
    ),
    Scenario(
        "a start whose answer was lost is repeated when the query is not there",
        (cut(), NOT_FOUND, QUEUED),
        start,
        (START, "sleep 0.25", POLL, START),
    ),
    Scenario(
        "a start is not repeated while the polls after it fail",
        (gateway(502), cut(), gateway(504), RUNNING),
        start,
        (START, "sleep 0.25", POLL, "sleep 0.50", POLL, "sleep 1.00", POLL),
    ),
    Scenario(
        "a start with an unreadable answer is followed by a poll",
        (gateway(200), RUNNING),
        start,
        (START, "sleep 0.25", POLL),
    ),
    Scenario(
        "a start that never reached the server is repeated without a poll",
        (refused(), QUEUED),
        start,
        (START, "sleep 0.25", START),
    ),
    Scenario(
        "a start refused for the rate is repeated when the server says so",
        (too_many(retry_after="7"), QUEUED),
        start,
        (START, "sleep 7.00", START),
    ),
    Scenario(
        "a start is not kept waiting for longer than the ceiling of Retry-After",
        (too_many(retry_after="3600"),),
        start,
        (START,),
        RateLimitError,
    ),
    Scenario("a daily quota is never tried again", (envelope(429, DAILY),), start, (START,), QuotaExceededError),
    Scenario(
        "a query that failed before its start was answered is not started again",
        (envelope(500, "QUERY_ERROR"),),
        start,
        (START,),
        QueryFailedError,
    ),
    Scenario(
        "a lost start whose poll reports a failure is a failed query",
        (cut(), envelope(403, "QUERY_AUTH_UNAVAILABLE")),
        start,
        (START, "sleep 0.25", POLL),
        QueryFailedError,
    ),
    Scenario(
        "a start that the licence refuses is a refused call",
        (envelope(403, "LICENSE_EXPIRED"),),
        start,
        (START,),
        PermissionDeniedError,
    ),
    Scenario(
        "a refresh just after our own start polls again when the query is not found",
        (QUEUED, NOT_FOUND, RUNNING),
        lambda subject: subject.call(subject.start(), "refresh"),
        (START, POLL, "sleep 0.25", POLL),
    ),
    Scenario(
        "a refresh of a query that failed raises its failure",
        (envelope(500, "QUERY_ERROR"),),
        lambda subject: subject.call(subject.client.attach("night-1"), "refresh"),
        (POLL,),
        QueryFailedError,
    ),
    Scenario(
        "a start refused with a 500 and an unknown code is not repeated",
        (envelope(500, "SOMETHING_NEW"),),
        start,
        (START,),
        ServerError,
    ),
    Scenario("a bad request is not started again", (bare(400, "BAD_REQUEST"),), start, (START,), BadRequestError),
    Scenario("a redirect is not followed", (gateway(302),), start, (START,), ApiError),
    Scenario(
        "a start is abandoned after five attempts",
        (refused(),),
        start,
        (START, "sleep 0.25", START, "sleep 0.50", START, "sleep 1.00", START, "sleep 2.00", START),
        TransportError,
    ),
    Scenario(
        "run falls back to polling when a proxy cuts the long first request",
        (gateway(504), RUNNING, success()),
        run(),
        ("start 30", "sleep 0.25", POLL, SECOND, POLL),
    ),
    Scenario(
        "run raises a timeout when the deadline passes before the start was answered",
        (cut(),),
        run(timeout=10),
        ("start 9",),
        WaitTimeoutError,
        takes=20.0,
    ),
)

SCENARIOS = HOW_A_QUERY_ENDS + WHEN_IT_POLLS + POLLS_THAT_FAIL + STARTS_THAT_FAIL
