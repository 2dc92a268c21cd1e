"""Real sockets: when a server dies, falls silent, hangs up or miscounts, the poll has failed and the wait goes on."""

import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from supermetrics_query import (
    PollPolicy,
    RetryPolicy,
    TransportError,
    UnreadableResponseError,
)
from supermetrics_query._io.clock import SystemClock

from tests.support.answers import status, success
from tests.support.calling import calling
from tests.support.scripted import KEY
from tests.support.servers import CLOSES, LIMIT, STAYS, Behaviour, Exchange, Server, a_server, raw

RETRY = RetryPolicy(base=0.01, cap=0.02)
TIMEOUT = 0.3
PATIENT = 5.0
RUNNING, SUCCESS = raw(status("RUNNING")), raw(success())
SOCKETS = Path("/proc/self/fd")
NEVER_SET = threading.Event()  # what a server that is slow waits for


@define
class SteppingClock(SystemClock):
    """The clock of this machine; before each sleep it calls a function with the number of sleeps so far."""

    before: Callable[[int], None] = lambda _: None
    sleeps: int = 0

    def sleep(self, seconds: float) -> None:
        self.step()
        super().sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.step()
        await super().sleep_async(seconds)

    def step(self) -> None:
        self.sleeps += 1
        self.before(self.sleeps)


@define
class Waiter:
    """Waits for a query through one of the clients."""

    stack: str
    clock: SteppingClock = field(factory=SteppingClock)
    max_errors: int = 8
    timeout: float = PATIENT

    def wait(self, server: Server) -> str:
        """Wait until the end and return the code of the status; raise the last error where there is one."""
        options: dict[str, Any] = {"base_url": server.base_url, "clock": self.clock, "timeout": self.timeout}
        options["poll"] = PollPolicy(first=0.01, floor=0.01, ceiling=0.05, jitter=0, max_errors=self.max_errors)
        with calling(self.stack, KEY, retry=RETRY, **options) as caller:
            return str(caller.call(caller.client.attach("night-1"), "wait", timeout=LIMIT).status.code)


@pytest.fixture
def waiter(stack: str) -> Waiter:
    return Waiter(stack)


def open_sockets() -> set[str]:
    """Return the sockets of this process, where the system lists them."""
    links = [*SOCKETS.iterdir()] if SOCKETS.is_dir() else []
    return {str(link.readlink()) for link in links if link.is_symlink() and "socket:" in str(link.readlink())}


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    threads, sockets = {*threading.enumerate()}, open_sockets()
    yield
    gc.collect()
    assert {*threading.enumerate()} <= threads
    assert open_sockets() <= sockets


def by_poll(*behaviours: Behaviour) -> Behaviour:
    """Behave in this way at each poll in turn, on whichever connection, and as the last one from then on."""
    remaining = [*behaviours]

    def behave(exchange: Exchange) -> bool:
        behaviour = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        return behaviour(exchange)

    return behave


def sends(content: bytes, stays: bool = STAYS) -> Behaviour:
    def behave(exchange: Exchange) -> bool:
        exchange.send(content)
        return stays

    return behave


def hangs_up(_: Exchange) -> bool:
    return CLOSES


def is_refused(server: Server) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", server.port)) != 0


@pytest.mark.parametrize("said", [b"", RUNNING[:20], RUNNING[:-5]], ids=["silent", "in the headers", "in the body"])
def test_a_wait_outlasts_a_server_that_dies_and_comes_back_on_its_port(waiter: Waiter, said: bytes) -> None:
    def dies(exchange: Exchange) -> bool:
        exchange.send(said)
        server.die()
        return CLOSES

    def comes_back(sleeps: int) -> None:
        if sleeps == 4:
            assert is_refused(server)
            server.listen()

    waiter.clock.before = comes_back
    with a_server(by_poll(sends(RUNNING), dies, sends(SUCCESS))) as server:
        assert waiter.wait(server) == "SUCCESS"
    assert server.seen == [(1, 1), (1, 2), (2, 1)]
    assert waiter.clock.sleeps == 4  # after the first answer, the death, and two refused connections


def test_an_outage_of_too_many_polls_ends_the_wait_and_another_wait_goes_on(waiter: Waiter) -> None:
    waiter.max_errors = 3
    with a_server(sends(SUCCESS)) as server:
        server.die()
        with pytest.raises(TransportError) as caught:
            waiter.wait(server)
        server.listen()
        assert waiter.wait(server) == "SUCCESS"
    assert not caught.value.sent
    assert len(caught.value.attempts) == 2
    assert len(server.seen) == 1


def test_a_connection_that_falls_silent_is_a_failed_poll_and_not_used_again(waiter: Waiter) -> None:
    waiter.timeout = TIMEOUT
    with a_server(by_poll(sends(RUNNING), Exchange.is_silent, sends(SUCCESS))) as server:
        began = time.monotonic()
        assert waiter.wait(server) == "SUCCESS"
        took = time.monotonic() - began
    assert server.seen == [(1, 1), (1, 2), (2, 1)]
    assert TIMEOUT <= took < LIMIT


def test_a_connection_that_falls_silent_in_a_body_is_a_failed_poll_and_not_used_again(waiter: Waiter) -> None:
    def falls_silent(exchange: Exchange) -> bool:
        exchange.send(SUCCESS[:-5])
        return exchange.is_silent()

    waiter.timeout = TIMEOUT
    with a_server(by_poll(sends(RUNNING), falls_silent, sends(SUCCESS))) as server:
        assert waiter.wait(server) == "SUCCESS"
    assert server.seen == [(1, 1), (1, 2), (2, 1)]


def test_a_connection_closed_between_two_polls_is_no_failed_poll(waiter: Waiter) -> None:
    def awaits_closing(_: int) -> None:
        assert server.closed.wait(LIMIT)
        server.closed.clear()

    waiter.max_errors, waiter.clock.before = 1, awaits_closing
    with a_server(by_poll(*[sends(RUNNING, CLOSES)] * 3, sends(SUCCESS))) as server:
        assert waiter.wait(server) == "SUCCESS"
    assert server.seen == [(1, 1), (2, 1), (3, 1), (4, 1)]


def test_a_connection_closed_as_the_next_poll_arrives_is_a_failed_poll(waiter: Waiter) -> None:
    with a_server(by_poll(sends(RUNNING), hangs_up, sends(SUCCESS))) as server:
        assert waiter.wait(server) == "SUCCESS"
    assert server.seen == [(1, 1), (1, 2), (2, 1)]
    assert waiter.clock.sleeps == 2


def test_a_connection_is_kept_between_two_polls(waiter: Waiter) -> None:
    with a_server(by_poll(sends(RUNNING), sends(RUNNING), sends(SUCCESS))) as server:
        assert waiter.wait(server) == "SUCCESS"
    assert server.seen == [(1, 1), (1, 2), (1, 3)]


MISCOUNTS = {
    "longer, and closed": sends(raw(success(), 10), CLOSES),
    "longer, and left open": sends(raw(success(), 10), STAYS),
    "shorter, and closed": sends(raw(success(), -10), CLOSES),
    "shorter, and left open": sends(raw(success(), -10), STAYS),
    "zero": sends(raw(success(), -len(success().content)), CLOSES),
}


@pytest.mark.parametrize("miscounting", MISCOUNTS.values(), ids=MISCOUNTS)
def test_a_content_length_that_is_wrong_is_a_failed_poll(waiter: Waiter, miscounting: Behaviour) -> None:
    waiter.timeout = TIMEOUT
    with a_server(by_poll(miscounting, sends(SUCCESS))) as server:
        assert waiter.wait(server) == "SUCCESS"
    assert server.seen[0] == (1, 1)
    assert server.seen[-1] == (2, 1)
    assert len(server.seen) <= 3  # the rest of a body that is too long spoils at most one more poll


@pytest.mark.parametrize("miscounting", MISCOUNTS.values(), ids=MISCOUNTS)
def test_a_content_length_that_is_wrong_makes_an_answer_unreadable(waiter: Waiter, miscounting: Behaviour) -> None:
    waiter.timeout, waiter.max_errors = TIMEOUT, 1
    with a_server(miscounting) as server, pytest.raises((UnreadableResponseError, TransportError)) as raised:
        waiter.wait(server)
    assert isinstance(raised.value, UnreadableResponseError | TransportError)
    said = raised.value.sent if isinstance(raised.value, TransportError) else raised.value.status
    # aiohttp rejects an answer that is followed by more bytes.
    assert said == 200 or (waiter.stack, said) == ("aiohttp", True)
    assert server.seen == [(1, 1)]


def test_an_answer_that_comes_slowly_but_steadily_may_take_longer_than_the_timeout(waiter: Waiter) -> None:
    took: list[float] = []

    def drips(exchange: Exchange) -> bool:
        began = time.monotonic()
        for start in range(0, len(slow), 16):
            exchange.send(slow[start : start + 16])
            NEVER_SET.wait(0.002)
        took.append(time.monotonic() - began)
        return STAYS

    slow = raw(success([["Date", "Temp"], *[["2013-01-01", 39.0]] * 150]))
    waiter.timeout, waiter.max_errors = TIMEOUT, 1
    with a_server(drips) as server:
        assert waiter.wait(server) == "SUCCESS"
    assert took[0] > TIMEOUT
    assert server.seen == [(1, 1)]
