"""A wait ends at its deadline, whatever the server does, and its last poll is sent in time to be answered."""

import threading
import time
from collections.abc import Callable
from functools import partial
from types import NoneType
from typing import Any

import pytest
from supermetrics_query import (
    PollPolicy,
    RetryPolicy,
    SupermetricsQueryError,
    TransportError,
    WaitTimeoutError,
)

from tests.support.answers import about, status, success
from tests.support.performing import Scenario, performed
from tests.support.scripted import new_query, scripted_client
from tests.support.servers import STAYS, Behaviour, Exchange, a_server, raw

CLOSE = 0.25  # seconds by which a wait may miss its deadline
TIMEOUT = 0.4
TRIES = 3
Wait = Callable[[Any, float], Scenario]
NEVER_SET = threading.Event()  # what a server that is slow waits for
ONCE = PollPolicy(first=60, floor=60, ceiling=60, jitter=0)  # nothing between the first poll and the last


def answers(*codes: str, after: float = 0.0) -> Behaviour:
    """Answer each poll of a query with the next code, and with the last one from then on, after some seconds."""
    remaining: dict[str, list[str]] = {}

    def behave(exchange: Exchange) -> bool:
        name = exchange.asked["schedule_id"]
        left = remaining.setdefault(name, [*codes])
        code = left.pop(0) if len(left) > 1 else left[0]
        NEVER_SET.wait(after)
        queue = {"workflow": {"tasks_scheduled": 7, "tasks_running": 1}} if code == "QUEUED" else {}
        exchange.send(raw(about(name, success() if code == "SUCCESS" else status(code), **queue)))
        return STAYS

    return behave


def then_silent(exchange: Exchange) -> bool:
    """Answer the first request of a connection, and nothing after that."""
    if exchange.request > 1:
        return exchange.is_silent()
    return answers("RUNNING")(exchange)


def ends_in_time(
    stack: str,
    wait: Wait,
    timeout: float,
    make_behaviour: Callable[[], Behaviour],
    kind: type = WaitTimeoutError,
    **options: Any,
) -> Any:
    """Check that a wait ends with this kind of error at its deadline, or with none before it; return the error.

    A promise that is broken is broken at every try, and a machine that is shared may be late once.
    """
    for _ in range(TRIES):
        with a_server(make_behaviour()) as server:
            error, took = performed(stack, partial(measured, wait, timeout), base_url=server.base_url, **options)
        if isinstance(error, kind) and is_in_time(took, timeout, error):
            break
    assert isinstance(error, kind)
    assert is_in_time(took, timeout, error), f"{took:.2f} s"
    return error


def is_in_time(took: float, timeout: float, error: object) -> bool:
    return took < timeout if error is None else abs(took - timeout) < CLOSE


def measured(wait: Wait, timeout: float, client: Any) -> Scenario:
    """Return the error of a wait, and how long it took."""
    began = time.monotonic()
    try:
        yield from wait(client, timeout)
    except SupermetricsQueryError as error:
        return error, time.monotonic() - began
    return None, time.monotonic() - began


def wait(client: Any, timeout: float) -> Scenario:
    yield client.attach("night-1").wait(timeout=timeout)


def watch(client: Any, timeout: float) -> Scenario:
    yield client.attach("night-1").watch(timeout=timeout)


def run(client: Any, timeout: float) -> Scenario:
    yield client.run(new_query(), timeout=timeout)


def run_many(client: Any, timeout: float) -> Scenario:
    (query,) = yield client.run_many([new_query()], timeout=timeout)
    if query.error is not None:
        raise query.error


def as_completed(client: Any, timeout: float) -> Scenario:
    yield client.as_completed([client.attach("night-1"), client.attach("night-2")], timeout=timeout)


WAITS = (wait, watch, run, run_many, as_completed)


SILENCE = {"silent": lambda: Exchange.is_silent, "silent later": lambda: then_silent}
EAGER: dict[str, Any] = {"poll": PollPolicy(first=0.05, floor=0.05, max_errors=1), "retry": RetryPolicy(base=0.01)}


@pytest.mark.parametrize("silence", SILENCE.values(), ids=SILENCE)
@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
def test_a_server_that_falls_silent_does_not_hold_a_wait_beyond_its_deadline(
    wait: Wait, silence: Callable[[], Behaviour], stack: str
) -> None:
    error = ends_in_time(stack, wait, TIMEOUT, silence, **EAGER)
    assert [*error.tokens] or error.token


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
def test_a_query_that_continues_is_given_back_at_the_deadline(wait: Wait, stack: str) -> None:
    assert ends_in_time(stack, wait, TIMEOUT, lambda: answers("RUNNING"), poll=ONCE)


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
def test_the_last_poll_is_sent_early_enough_to_be_answered(wait: Wait, backend: str) -> None:
    ends_in_time(backend, wait, 0.7, lambda: answers("RUNNING", "SUCCESS", after=0.1), NoneType, poll=ONCE)


def test_a_slow_server_gets_its_last_poll_sooner(backend: str) -> None:
    ends_in_time(backend, wait, 1.4, lambda: answers("RUNNING", "SUCCESS", after=0.45), NoneType, poll=ONCE)


def test_a_timeout_error_carries_what_was_known_and_the_error_of_the_last_poll(stack: str) -> None:
    error = ends_in_time(stack, wait, 0.8, SILENCE["silent later"], poll=ONCE)
    assert error.status.code == "RUNNING"
    assert error.query.schedule_id == error.schedule_id == "night-1"
    assert error.token == error.query.token
    assert isinstance(error.__cause__, TransportError)


def test_at_a_deadline_of_zero_one_poll_is_bounded_by_the_timeout_of_a_request(stack: str) -> None:
    with a_server(Exchange.is_silent) as server:
        error, took = performed(stack, partial(measured, wait, 0), base_url=server.base_url, timeout=TIMEOUT)
        assert len(server.seen) == 1
    assert isinstance(error, WaitTimeoutError)
    assert TIMEOUT <= took < 5 * TIMEOUT


def test_at_a_deadline_of_zero_a_poll_has_all_the_time_of_a_request(backend: str) -> None:
    subject = scripted_client(backend, status("RUNNING"), timeout=20)
    with pytest.raises(WaitTimeoutError):
        subject.call(subject.client.attach("night-1"), "wait", timeout=0)
    with pytest.raises(WaitTimeoutError):
        subject.collect(subject.client, "as_completed", [subject.client.attach("night-1")], timeout=0)
    assert [request.extensions["timeout"]["read"] for request in subject.script.seen] == [20.0, 20.0]


def test_many_queries_at_one_deadline_are_each_polled_in_time(backend: str) -> None:
    def fleet(client: Any, timeout: float) -> Scenario:
        yield client.as_completed([client.attach(f"query-{number}") for number in range(12)], timeout=timeout)

    ends_in_time(backend, fleet, 2.0, lambda: answers("RUNNING", "SUCCESS"), NoneType, poll=ONCE)


@pytest.mark.parametrize("backend", ["sync", "trio"])
def test_queries_in_the_queue_of_a_licence_have_their_last_poll_in_time_as_well(backend: str) -> None:
    def fleet(client: Any, timeout: float) -> Scenario:
        yield client.as_completed([client.attach(f"query-{number}") for number in range(8)], timeout=timeout)

    ends_in_time(backend, fleet, 2.5, lambda: answers("QUEUED", "SUCCESS", after=0.3), NoneType, poll=ONCE)


@pytest.mark.parametrize("timeout", [0.001, 0.05])
def test_a_timeout_that_is_hardly_one_ends_in_time_as_well(timeout: float) -> None:
    assert ends_in_time("sync", wait, timeout, SILENCE["silent"])
