"""What is specific to `transport="aiohttp"`; what both transports promise is tested elsewhere for both."""

import asyncio
import gzip
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from attrs import define, evolve, field
from supermetrics_query import AsyncQueryClient, ConfigurationError, QueryClient, RetryPolicy, TransportError
from supermetrics_query._contract.messages import Answer
from supermetrics_query._contract.requests import get_query_status
from supermetrics_query._core.effects import Send
from supermetrics_query._io.aiohttp_transport import AiohttpTransport, proxy_of
from supermetrics_query._io.credentials import Credentials
from supermetrics_query._io.httpx_transport import AsyncTransport
from supermetrics_query._io.transport import AsyncSender

from tests.support.scripted import BASE_URL, KEY
from tests.support.servers import LIMIT, Exchange, Server, a_server
from tests.support.sockets import drops, sends, serving

ONCE = RetryPolicy(attempts=1)
EFFECT = Send(get_query_status("night-1", 0, 9), timeout=5.0)
PROXY = "http://user:secret@127.0.0.1:3128"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"


@define
class Listener:
    """A server on loopback that keeps the requests it receives."""

    answers: list[bytes]
    requests: list[bytes] = field(factory=list)

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self.answers.pop(0))

    def serve(self, listener: socket.socket) -> None:
        """Serve one connection for each answer."""
        while self.answers:
            connection, _ = listener.accept()
            with connection:
                self.requests.append(connection.recv(65536))
                self(connection)


@pytest.fixture
def listening() -> Iterator[tuple[str, Listener]]:
    server = Listener([])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        thread = threading.Thread(target=lambda: server.serve(listener))
        server.answers = [ANSWER + b"Set-Cookie: a=1\r\nConnection: close\r\n\r\n{}"] * 2
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
        thread.join()


async def sent(transport: AsyncSender, times: int = 1) -> list[Answer]:
    """Send the same poll so many times and close."""
    try:
        return [await transport.send(EFFECT, Credentials(KEY, None)) for _ in range(times)]
    finally:
        await transport.close()


def answered(
    content: bytes, kind: type[AiohttpTransport | AsyncTransport] = AiohttpTransport, most: int = 99
) -> Answer:
    """Return what a transport makes of these bytes."""
    with serving(sends(content)) as base_url:
        (answer,) = asyncio.run(sent(kind(base_url, {}, most)))
    return answer


def client(**options: Any) -> AsyncQueryClient:
    return AsyncQueryClient(KEY, **{"base_url": BASE_URL, "retry": ONCE, "transport": "aiohttp", **options})


def test_no_cookie_is_kept_and_the_client_says_who_it_is_and_what_it_can_read(listening: tuple[str, Listener]) -> None:
    base_url, server = listening
    asyncio.run(sent(AiohttpTransport(base_url, {"headers": {"X-Team": "night"}}), 2))
    for request in server.requests:
        assert b"cookie" not in request.lower()
        assert b"User-Agent: supermetrics-query/" in request
        assert b"gzip" in request
        assert b"X-Team: night" in request
        assert request.count(b"Authorization: Bearer " + KEY.encode()) == 1


def test_both_transports_ask_for_the_same_thing_in_the_same_words(listening: tuple[str, Listener]) -> None:
    base_url, server = listening
    for kind in (AiohttpTransport, AsyncTransport):
        asyncio.run(sent(kind(base_url, {})))
    lines = [request.split(b"\r\n")[0].decode() for request in server.requests]
    assert [line.replace("%3A", ":").replace("%2C", ",") for line in lines] == [
        "GET /query/status?json=%7B%22schedule_id%22:%22night-1%22,%22offset_start%22:0,%22offset_end%22:9%7D HTTP/1.1"
    ] * 2


@pytest.mark.parametrize(
    "content",
    [
        ANSWER + b"Link: <a>\r\nlink: <b>\r\nConnection: close\r\n\r\n{}",
        ANSWER + b"X-Word: caf\xe9\r\nConnection: close\r\n\r\n{}",
        ANSWER + b"X-Town: K\xc3\xb6ln\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ANSWER + b"X-Long: " + b"x" * 50_000 + b"\r\nConnection: close\r\n\r\n{}",
    ],
    ids=["headers that come twice", "Latin-1", "UTF-8", "a redirect", "a long header"],
)
def test_both_transports_return_the_same_answer(content: bytes) -> None:
    ours, theirs = answered(content), answered(content, AsyncTransport)
    assert evolve(ours, received=0, url="") == evolve(theirs, received=0, url="")
    assert ours.url.endswith("/query/status")
    assert ours.flaw is None


def test_a_body_is_bounded_by_what_it_is_when_unpacked() -> None:
    packed = gzip.compress(b" " * 10_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(packed)}\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    answer = answered(head.encode() + packed, most=100_000)
    assert answer.flaw == "its body is longer than 100000 bytes"
    assert len(answer.body) < 1_000_000


def test_no_part_of_an_error_holds_the_key() -> None:
    async def poll_once() -> TransportError:
        async with client(base_url=base_url) as opened:
            with pytest.raises(TransportError) as caught:
                await opened.status("night-1")
        return caught.value

    with serving(drops) as base_url:
        error = asyncio.run(poll_once())
    assert (error.__cause__, error.__context__) == (None, None)
    assert KEY not in "".join(traceback.format_exception(error)) + repr(vars(error))


def test_a_poll_that_is_cancelled_leaves_no_connection_behind() -> None:
    async def poll_and_be_cancelled(server: Server) -> bool:
        async with client(base_url=server.base_url) as opened:
            with anyio.move_on_after(0.2) as scope:
                await opened.status("night-1")
            return scope.cancelled_caught and await anyio.to_thread.run_sync(server.closed.wait, LIMIT)

    with a_server(Exchange.is_silent) as server:
        assert asyncio.run(poll_and_be_cancelled(server))
    assert server.seen == [(1, 1)]


def test_a_closed_client_sends_nothing() -> None:
    async def poll_after_closing() -> None:
        opened = client()
        await opened.aclose()
        await opened.status("night-1")

    with pytest.raises(ConfigurationError, match="has been closed"):
        asyncio.run(poll_after_closing())


def test_under_trio_it_is_refused() -> None:
    async def poll_under_trio() -> None:
        async with client() as opened:
            await opened.status("night-1")

    with pytest.raises(ConfigurationError, match="works under asyncio, not under trio"):
        anyio.run(poll_under_trio, backend="trio")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"transport": "urllib3"}, "transport must be 'httpx' or 'aiohttp', not 'urllib3'"),
        ({"transport": None}, "transport must be 'httpx' or 'aiohttp', not None"),
        ({"http_options": {"limits": 5, "http2": True}}, "holds headers, proxy, trust_env, verify, not http2, limits"),
        ({"http_options": {"auth": "x"}}, "must not hold auth"),
        ({"http_options": {"headers": {"authorization": "x"}}}, r"headers\[Authorization\]"),
        ({"http_options": {"verify": "ca.pem"}}, "must be True, False or an ssl.SSLContext, not 'ca.pem'"),
        ({"http_options": {"proxy": "socks5://user:secret@127.0.0.1"}}, "must be an address such as"),
        ({"http_options": {"proxy": "http://user:secret@[::"}}, "must be an address such as"),
        ({"http_options": {"proxy": 5}}, "must be an address such as"),
    ],
    ids=repr,
)
def test_what_it_cannot_do_is_refused_before_anything_is_sent(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        client(**options)
    assert "secret" not in str(caught.value)


def test_sync_code_cannot_choose_it() -> None:
    with pytest.raises(ConfigurationError, match="is for async code: use AsyncQueryClient"):
        QueryClient(KEY, transport="aiohttp")


def test_without_its_extra_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['aiohttp'] = None\n"
        "from supermetrics_query import AsyncQueryClient\n"
        "try: AsyncQueryClient('k', transport='aiohttp')\n"
        "except ValueError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("pip install 'supermetrics-query[aiohttp]'\n")


@pytest.mark.parametrize(
    ("environment", "options", "proxy"),
    [
        ({}, {}, None),
        ({"https_proxy": PROXY}, {}, PROXY),
        ({"all_proxy": "127.0.0.1:3128"}, {}, "http://127.0.0.1:3128"),
        ({"https_proxy": PROXY, "no_proxy": "api.test"}, {}, None),
        ({"https_proxy": PROXY}, {"trust_env": False}, None),
        ({"https_proxy": PROXY}, {"proxy": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
    ],
    ids=["none", "https", "all, without http://", "exempt", "not trusted", "an option"],
)
def test_the_proxy_is_that_of_the_options_or_of_the_environment(
    environment: dict[str, str], options: dict[str, Any], proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = proxy_of(BASE_URL, options)
    assert (found and str(found)) == proxy


def poll_through(proxy: str, base_url: str = BASE_URL) -> TransportError:
    """Poll once through a proxy, and return what that raises."""

    async def poll_once() -> TransportError:
        async with client(base_url=base_url, http_options={"proxy": proxy}) as opened:
            with pytest.raises(TransportError) as caught:
                await opened.status("night-1")
        return caught.value

    return asyncio.run(poll_once())


def test_a_proxy_that_cannot_be_reached_or_refuses_means_that_nothing_was_sent() -> None:
    with serving(sends(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) as base_url:
        proxy = base_url.replace("://", "://user:secret@")
        refused = poll_through(proxy)
    gone = poll_through(proxy)
    assert not refused.sent
    assert not gone.sent
    assert "407" in str(refused)
    assert "secret" not in f"{refused} {gone}"


def test_a_proxy_learns_who_asks_from_its_own_header(listening: tuple[str, Listener]) -> None:
    base_url, server = listening
    options = {"proxy": base_url.replace("://", "://user:secret@")}
    asyncio.run(sent(AiohttpTransport("http://127.0.0.1:1", options)))
    asyncio.run(sent(AiohttpTransport(base_url, {})))
    through, direct = server.requests
    assert through.startswith(b"GET http://127.0.0.1:1/query/status?")
    assert b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in through
    assert b"Proxy-Authorization" not in direct
