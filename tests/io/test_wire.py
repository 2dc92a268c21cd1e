"""Real sockets: whatever arrives over the wire becomes one of our exceptions, with the status and the body."""

import itertools
import socket
import threading
import time
from contextlib import suppress

import pytest
from supermetrics_query import (
    ApiError,
    RetryPolicy,
    ServerError,
    SupermetricsQueryError,
    TransportError,
    UnreadableResponseError,
    WaitTimeoutError,
)
from supermetrics_query._contract.requests import get_query_status as poll_query
from supermetrics_query._core.effects import Send
from supermetrics_query._io.credentials import Credentials
from supermetrics_query._io.httpx_transport import Transport

from tests.support.calling import calling
from tests.support.scripted import KEY
from tests.support.sockets import Behaviour, drops, sends, serving

ONCE = RetryPolicy(attempts=1)


def response(status: str, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """Write a response."""
    length = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {length}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get_query_status(stack: str, base_url: str, timeout: float = 5.0) -> SupermetricsQueryError:
    """Return what one poll raises."""
    with calling(stack, KEY, base_url=base_url, retry=ONCE, timeout=timeout) as caller:
        with pytest.raises(SupermetricsQueryError) as caught:
            caller.call(caller.client, "status", "night-1")
        return caught.value


# Under trio, httpx leaves its own inner generators to the garbage collector when a body cannot be decoded.
@pytest.mark.filterwarnings("ignore:.*(httpx|ByteStream).*:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:Async generator .http(x|core):ResourceWarning")
@pytest.mark.parametrize(
    ("sent", "kind", "status", "body"),
    [
        (response("520 Unknown", b"<html>"), ServerError, 520, b"<html>"),
        (response("599 Odd", b""), ServerError, 599, b""),
        (response("200 OK", b"<html>hello"), UnreadableResponseError, 200, b"<html>hello"),
        (response("200 OK", b""), UnreadableResponseError, 200, b""),
        (response("200 OK", b'{"meta": {', length=900), UnreadableResponseError, 200, b'{"meta": {'),
        (response("500 Oops", b'{"error"', length=900), ServerError, 500, b'{"error"'),
        (response("200 OK", b"no gzip", "Content-Encoding: gzip"), UnreadableResponseError, 200, b""),
        (response("200 OK", b"[1, 2]"), UnreadableResponseError, 200, b"[1, 2]"),
    ],
    ids=["520", "599", "HTML", "empty", "cut short", "error cut short", "not gzip", "a list"],
)
def test_a_bad_answer_keeps_its_status_and_body(
    stack: str, sent: bytes, kind: type[ApiError], status: int, body: bytes
) -> None:
    with serving(sends(sent)) as base_url:
        error = get_query_status(stack, base_url)
    assert type(error) is kind
    assert isinstance(error, ApiError)
    assert (error.status, error.body) == (status, body)


@pytest.mark.parametrize(
    "behaviour", [drops, sends(b""), sends(b"SSH-2.0-OpenSSH\r\n")], ids=["reset", "closed", "SSH"]
)
def test_no_answer_is_a_transport_error_after_which_the_server_may_have_acted(stack: str, behaviour: Behaviour) -> None:
    with serving(behaviour) as base_url:
        error = get_query_status(stack, base_url)
    assert isinstance(error, TransportError)
    assert error.sent


def test_a_refused_connection_is_a_transport_error_of_a_request_that_was_never_sent(stack: str) -> None:
    with serving(drops) as base_url:
        pass
    error = get_query_status(stack, base_url)
    assert isinstance(error, TransportError)
    assert not error.sent


def test_a_server_that_accepts_and_stays_silent_is_abandoned_after_the_timeout(stack: str) -> None:
    done = threading.Event()
    with serving(lambda _: waits(done)) as base_url:
        began = time.monotonic()
        error = get_query_status(stack, base_url, timeout=0.3)
        took = time.monotonic() - began
        done.set()
    assert isinstance(error, TransportError)
    assert 0.3 <= took < 3


def waits(done: threading.Event) -> None:
    """Send nothing until the test is done."""
    done.wait(10)


def drips(connection: socket.socket) -> None:
    """Send a body a byte at a time and never end it."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    with suppress(OSError):
        for _ in itertools.count():
            connection.sendall(b"1\r\n \r\n")


def test_an_endless_body_is_cut_off_at_a_bounded_size() -> None:
    effect = Send(poll_query("night-1", 0, 9), timeout=5.0)
    with serving(drips) as base_url:
        transport = Transport(base_url, {}, most_body=10_000)
        answer = transport.send(effect, Credentials(KEY, None))
        transport.close()
    assert answer.flaw == "its body is longer than 10000 bytes"
    assert len(answer.body) < 200_000


@pytest.mark.filterwarnings("ignore:Async generator .http(x|core):ResourceWarning")
def test_an_endless_body_does_not_outlast_the_deadline_of_a_wait(stack: str) -> None:
    with (
        serving(drips) as base_url,
        calling(stack, KEY, base_url=base_url, timeout=0.2) as caller,
        pytest.raises(WaitTimeoutError) as caught,
    ):
        caller.call(caller.client.attach("night-1"), "wait", timeout=0)
    assert isinstance(caught.value.__cause__, UnreadableResponseError)
