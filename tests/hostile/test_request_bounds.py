"""One request ends with its time, and its answer keeps to its size, whatever the server does."""

import gzip
import itertools
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress

import anyio
import pytest
from attrs import evolve
from supermetrics_query import TransportError
from supermetrics_query._contract.messages import Answer
from supermetrics_query._contract.requests import get_query_status
from supermetrics_query._core.effects import Send
from supermetrics_query._io.aiohttp_transport import AiohttpTransport
from supermetrics_query._io.credentials import Credentials
from supermetrics_query._io.httpx_transport import AsyncTransport, Transport

from tests.hostile.test_connections import full
from tests.support.calling import backend_of
from tests.support.scripted import KEY
from tests.support.servers import Exchange, a_server
from tests.support.sockets import sends, serving

TOTAL = 0.3  # seconds
GRACE = 0.25  # seconds that a request may take beyond its time
PAUSE = 0.02  # seconds between two bytes that drip
MOST = 1_000_000  # bytes of a body
EFFECT = Send(get_query_status("night-1", 0, 9), timeout=5.0, total=TOTAL)


def send(stack: str, base_url: str, effect: Send = EFFECT, most: int = MOST) -> Answer:
    """Return the answer to one request."""
    credentials = Credentials(KEY, None)

    async def send_async() -> Answer:
        transport = (AiohttpTransport if stack == "aiohttp" else AsyncTransport)(base_url, {}, most)
        try:
            return await transport.send(effect, credentials)
        finally:
            await transport.close()

    if stack != "sync":
        return anyio.run(send_async, backend=backend_of(stack))
    transport = Transport(base_url, {}, most)
    try:
        return transport.send(effect, credentials)
    finally:
        transport.close()


def drips(parts: Callable[[], "itertools.chain[bytes]"]) -> Callable[[Exchange], bool]:
    """Return a server that sends parts until the client hangs up."""

    def behave(exchange: Exchange) -> bool:
        with suppress(OSError):
            for part in parts():
                exchange.socket.sendall(part)
                time.sleep(PAUSE)
        return False

    return behave


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "interim answers": drips(lambda: itertools.chain([b"HTTP/1.1 103 Early Hints\r\n\r\n"] * 500)),
    "a header": drips(lambda: itertools.chain([OK, b"X-Long: "], itertools.repeat(b"x"))),
    "headers": drips(lambda: itertools.chain([OK], (b"X-%d: x\r\n" % number for number in itertools.count()))),
    "a chunk extension": drips(lambda: itertools.chain([CHUNKED, b"1;x="], itertools.repeat(b"x"))),
    "a trailer": drips(lambda: itertools.chain([CHUNKED, b"0\r\nX: "], itertools.repeat(b"x"))),
    "a body": drips(lambda: itertools.chain([OK, b"Content-Length: 9999\r\n\r\n"], itertools.repeat(b"x"))),
    "empty gzip": drips(
        lambda: itertools.chain([OK, b"Content-Encoding: gzip\r\n\r\n"], itertools.repeat(gzip.compress(b"")))
    ),
}


@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
@pytest.mark.parametrize("name", ENDLESS)
def test_what_drips_without_end_does_not_outlast_the_time_of_its_request(stack: str, name: str) -> None:
    with a_server(ENDLESS[name]) as server:
        assert_ends_in_time(stack, server.base_url)


@pytest.mark.parametrize("name", ["interim answers", "a header", "headers"])
def test_without_a_time_for_everything_each_phase_before_the_body_has_its_own(stack: str, name: str) -> None:
    began = time.monotonic()
    with a_server(ENDLESS[name]) as server, pytest.raises(TransportError):
        send(stack, server.base_url, timed(None, timeout=0.1))
    assert time.monotonic() - began < 0.4 + GRACE


def outcome_of(stack: str, base_url: str) -> Answer | TransportError:
    """Return what one request comes to."""
    try:
        return send(stack, base_url)
    except TransportError as error:
        return error


def assert_ends_in_time(stack: str, base_url: str, *, sent: bool = True) -> None:
    """Assert that a request has an answer with a flaw, or none, when its time is over."""
    began = time.monotonic()
    outcome = outcome_of(stack, base_url)
    assert outcome.sent == sent if isinstance(outcome, TransportError) else outcome.flaw
    assert TOTAL - 0.01 < time.monotonic() - began < TOTAL + GRACE


def test_several_slow_phases_share_the_time_of_the_request(stack: str) -> None:
    def behave(exchange: Exchange) -> bool:
        for part in (OK, b"Content-Length: 3\r\n\r\n", b"[", b"1", b"]"):
            time.sleep(TOTAL * 0.9)
            exchange.send(part)
        return False

    with a_server(behave) as server:
        assert_ends_in_time(stack, server.base_url)


def test_four_dead_addresses_share_the_time_of_the_request(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with full() as base_url:
        port = int(base_url.rpartition(":")[2])
        address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address] * 4)
        assert_ends_in_time(stack, f"http://api.test:{port}", sent=False)


def test_a_name_server_that_does_not_answer_does_not_hold_the_caller(stack: str) -> None:
    """In a process of its own, which must end although a thread hangs."""
    code = f"""
import socket, sys, time
from tests.hostile.test_request_bounds import assert_ends_in_time, outcome_of

def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    if flags & socket.AI_NUMERICHOST:
        raise socket.gaierror(socket.EAI_NONAME, "a name")
    time.sleep(30)

socket.getaddrinfo = getaddrinfo
stack = {stack!r}
outcome_of(stack, "http://127.0.0.1:9")  # imports take their time
try:
    assert_ends_in_time(stack, "http://api.test:9", sent=False)
except AssertionError:
    sys.exit("it took too long")
"""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 20


def test_an_address_that_is_dead_leaves_time_for_the_next(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts, resolve = ["127.0.0.1", "127.0.0.2"], socket.getaddrinfo
    with full() as base_url:
        port = int(base_url.rpartition(":")[2])
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in hosts]
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *_, **__: both if host == "api.test" else resolve(host, port, type=socket.SOCK_STREAM),
        )
        with socket.create_server((hosts[1], port)) as alive:
            thread = threading.Thread(target=answers_once, args=(alive,))
            thread.start()
            answer = send(stack, f"http://api.test:{port}", timed(2.0, timeout=0.8))
            thread.join()
    assert answer.body == b"{}"


def answers_once(listener: socket.socket) -> None:
    """Answer one request."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(OK + b"Content-Length: 2\r\n\r\n{}")


def timed(total: float | None, timeout: float = 5.0) -> Send:
    """Return the request with other times."""
    return Send(EFFECT.request, timeout, total)


def packed(body: bytes, coding: str) -> bytes:
    """Return an answer whose body has a coding."""
    return OK + f"Content-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


TEXT = b'{"meta": {}, "data": []}' * 50
BARE = zlib.compressobj(wbits=-15)
WHOLE = {
    "gzip": packed(gzip.compress(TEXT), "gzip"),
    "x-gzip, in capitals": packed(gzip.compress(TEXT), "X-GZIP"),
    "deflate": packed(zlib.compress(TEXT), "deflate"),
    "deflate without its wrapper": packed(BARE.compress(TEXT) + BARE.flush(), "deflate"),
    "identity": packed(TEXT, "identity"),
    "gzip of two members": packed(gzip.compress(TEXT[:50]) + gzip.compress(TEXT[50:]), "gzip"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_body_with_one_coding_is_read_whole(stack: str, name: str) -> None:
    with serving(sends(WHOLE[name])) as base_url:
        answer = send(stack, base_url)
    assert (answer.body, answer.flaw) == (TEXT, None)


ONCE = gzip.compress(TEXT)
FLAWED = {
    "gzip in gzip": (packed(gzip.compress(ONCE), "gzip, gzip"), "coding 'gzip, gzip'"),
    "a coding nobody asked for": (packed(TEXT, "br"), "coding 'br'"),
    "gzip that is cut": (packed(ONCE[:-12], "gzip"), "in the middle of its gzip"),
    "gzip whose checksum is cut": (packed(ONCE[:-4], "gzip"), "in the middle of its gzip"),
    "deflate that is cut": (packed(zlib.compress(TEXT)[:-9], "deflate"), "in the middle of its deflate"),
    "gzip and something else": (packed(ONCE + b"<html>", "gzip"), "cannot be decoded"),
    "gzip and a member that is cut": (packed(ONCE + ONCE[:-12], "gzip"), "in the middle of its gzip"),
    "deflate and something else": (packed(zlib.compress(TEXT) + b"x", "deflate"), "bytes follow its end"),
    "gzip with a wrong checksum": (packed(ONCE[:-8] + b"12345678", "gzip"), "cannot be decoded"),
}


@pytest.mark.filterwarnings("ignore:.*httpx.*:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
@pytest.mark.parametrize("name", FLAWED)
def test_a_body_that_cannot_be_decoded_whole_has_a_flaw(stack: str, name: str) -> None:
    content, flaw = FLAWED[name]
    with serving(sends(content)) as base_url:
        assert flaw in (send(stack, base_url, timed(None)).flaw or "")


@pytest.mark.filterwarnings("ignore:.*httpx.*:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning")
def test_what_comes_out_of_a_small_body_is_bounded_while_it_comes_out(stack: str) -> None:
    bomb = packed(gzip.compress(bytes(60_000_000), 1), "gzip")
    with serving(sends(bomb)) as base_url:
        tracemalloc.start()
        answer = send(stack, base_url, timed(None))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert answer.flaw == f"its body is longer than {MOST} bytes"
    assert peak < 10 * MOST


def test_a_body_that_is_passed_on_comes_in_small_parts_however_it_is_packed(stack: str) -> None:
    sizes: list[int] = []
    request = evolve(EFFECT.request, write=lambda part: sizes.append(len(part)))
    with serving(sends(packed(gzip.compress(bytes(20_000_000), 1), "gzip"))) as base_url:
        answer = send(stack, base_url, Send(request, timeout=5.0))
    assert answer.flaw is None
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= MOST
