"""The key and the passwords: sent where they belong, and kept nowhere else, whatever a server sends back."""

import asyncio
import pickle
import traceback
import urllib.parse
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from supermetrics_query import (
    AsyncQueryClient,
    ConfigurationError,
    NoLimiter,
    QueryClient,
    RetryPolicy,
    SupermetricsQueryError,
)
from supermetrics_query._contract.requests import get_query_status
from supermetrics_query._core.effects import Send
from supermetrics_query._io.aiohttp_transport import AiohttpTransport
from supermetrics_query._io.credentials import Credentials
from supermetrics_query._io.httpx_transport import AsyncTransport, Transport

from tests.support.calling import backend_of, transport_of
from tests.support.servers import STAYS, Exchange, a_server

SECRET = "api_key/of+the=hostile&tests"  # written in another way in a URL, in JSON and in HTML
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "after Bearer": lambda key: f"Bearer {key}",
    "in a URL": lambda key: urllib.parse.quote(key, safe=""),
    "in a form": lambda key: urllib.parse.urlencode({"Authorization": f"Bearer {key}"}),
    "in JSON of PHP": lambda key: key.replace("/", "\\/"),
}


def client_of(stack: str, base_url: str, **options: Any) -> QueryClient | AsyncQueryClient:
    """Return a client that sends each request once."""
    kind = QueryClient if stack == "sync" else AsyncQueryClient
    given = {"timeout": 0.3, "retry": RetryPolicy(attempts=1), "limiter": NoLimiter(), **transport_of(stack)}
    return kind(SECRET, base_url=base_url, **given, **options)


def failure(stack: str, base_url: str, **options: Any) -> BaseException:
    """Return what one poll raises."""
    with pytest.raises(SupermetricsQueryError) as caught:
        poll(stack, base_url, **options)
    return caught.value


def poll(stack: str, base_url: str, **options: Any) -> object:
    """Poll once."""
    client = client_of(stack, base_url, **options)
    if isinstance(client, QueryClient):
        with client:
            return client.status("night-1")

    async def poll_async() -> object:
        async with client as opened:
            return await opened.status("night-1")

    return anyio.run(poll_async, backend=backend_of(stack))


def kept(error: BaseException) -> str:
    """Return everything that is kept of an error: what it holds, its pickle, and its traceback with local variables."""
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return f"{error}{error!r}{vars(error)}{pickle.dumps(error)!r}" + without_tests(shown)


def without_tests(shown: str) -> str:
    """Return a traceback without the frames of this file, which hold the key on purpose."""
    frames = shown.split('  File "')
    return "".join(frame for frame in frames if not frame.startswith(__file__))


def echo(
    write: Callable[[str], str], status: str, kind: str, template: str, header: str = "X-Request-Id"
) -> Callable[[Exchange], bool]:
    """Return a server that answers with the key that it got."""

    def behave(exchange: Exchange) -> bool:
        (line,) = [line for line in exchange.head.split("\r\n") if line.lower().startswith("authorization:")]
        text = write(line.removeprefix("Authorization: Bearer ").removeprefix("authorization: Bearer "))
        body = template.replace("KEY", text).encode()
        exchange.send(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{header}: {text}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return STAYS

    return behave


ERROR = '{"meta": {"request_id": "KEY"}, "error": {"code": "KEY", "message": "no access with KEY"}}'
ANSWERS = {
    "401": ("401 No", "application/json", ERROR),
    "403 of a gateway": ("403 No", "text/html", "<pre>Authorization: Bearer KEY</pre>"),
    "500 as a problem": (
        "500 No",
        "application/problem+json",
        '{"type": "about:KEY", "title": "KEY", "detail": "KEY"}',
    ),
    "200 with HTML": ("200 OK", "text/html", "<pre>Authorization: Bearer KEY</pre>"),
    "200 with an error": ("200 OK", "application/json", ERROR),
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_error_does_not_keep_the_key_that_a_server_sends_back(stack: str, answer: str, written: str) -> None:
    write = WRITTEN[written]
    with a_server(echo(write, *ANSWERS[answer])) as server:
        error = failure(stack, server.base_url)
    for form in (SECRET, write(SECRET)):
        assert form not in kept(error)
    assert "[api key]" in kept(error)


def test_an_answer_that_is_no_http_does_not_bring_the_key_into_the_message(stack: str) -> None:
    def behave(exchange: Exchange) -> bool:
        exchange.send(exchange.head.split("\r\n")[-1].encode() + f"Bearer {SECRET}\r\n\r\n".encode())
        return False

    with a_server(behave) as server:
        assert SECRET not in kept(failure(stack, server.base_url))


FAILING = {
    "silent": Exchange.is_silent,
    "cut": lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n") or False,
    "refusing": echo(lambda _: "x", "403 No", "application/json", ERROR),
}


@pytest.mark.parametrize("name", FAILING)
def test_no_frame_of_a_traceback_shows_the_key_in_a_local_variable(stack: str, name: str) -> None:
    with a_server(FAILING[name]) as server:
        error = failure(stack, server.base_url)
    assert error.__traceback__ is not None
    assert SECRET not in kept(error)


@pytest.mark.parametrize("stack", ["asyncio", "aiohttp"])
def test_a_timeout_of_the_caller_does_not_show_the_key_either(stack: str) -> None:
    async def poll_in_time(base_url: str) -> BaseException:
        client = client_of(stack, base_url)
        assert isinstance(client, AsyncQueryClient)
        async with client:
            try:
                async with asyncio.timeout(0.1):
                    await client.status("night-1")
            except TimeoutError as error:
                return error
        raise AssertionError("it was answered")

    with a_server(Exchange.is_silent) as server:
        error = asyncio.run(poll_in_time(server.base_url))
    assert SECRET not in kept(error)


@pytest.mark.parametrize("option", [{"page_size": 0}, {"base_url": "http://api.test"}, {"http_options": {"auth": 1}}])
def test_an_option_that_cannot_be_used_does_not_show_the_key(option: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        QueryClient(SECRET, **option)
    assert SECRET not in kept(caught.value)


def test_a_key_with_a_line_end_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as given:
        QueryClient(f"{SECRET}\n")
    with QueryClient(token_provider=lambda: f"{SECRET}\n") as client, pytest.raises(ConfigurationError) as provided:
        client.status("night-1")
    assert SECRET not in kept(given.value) + kept(provided.value)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy"])
def test_a_request_to_this_machine_passes_by_the_proxy_of_the_environment(
    stack: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in PROXIES:
        monkeypatch.delenv(each, raising=False)
        monkeypatch.delenv(each.lower(), raising=False)
    answers = echo(lambda _: "x", "403 No", "application/json", ERROR)
    with a_server(answers) as proxy, a_server(answers) as server:
        monkeypatch.setenv(name, proxy.base_url)
        failure(stack, server.base_url)
        failure(stack, server.base_url.replace("127.0.0.1", "localhost"))
    assert (proxy.connections, server.connections) == (0, 2)


def test_a_proxy_that_the_user_names_is_used_for_this_machine_too(stack: str) -> None:
    answers = echo(lambda _: "x", "403 No", "application/json", ERROR)
    with a_server(answers) as proxy, a_server(answers) as server:
        failure(stack, server.base_url, http_options={"proxy": proxy.base_url})
    assert (proxy.connections, server.connections) == (1, 0)


def test_an_answer_does_not_keep_the_user_of_a_url(stack: str) -> None:
    effect = Send(get_query_status("night-1", 0, 9), timeout=5.0)
    answers = echo(lambda _: "x", "200 OK", "application/json", ERROR)

    async def send_async(base_url: str) -> str:
        transport = (AiohttpTransport if stack == "aiohttp" else AsyncTransport)(base_url, {})
        answer = await transport.send(effect, Credentials(SECRET, None))
        await transport.close()
        return answer.url

    with a_server(answers) as server:
        base_url = server.base_url.replace("://", "://user:pass@")
        if stack == "sync":
            transport = Transport(base_url, {})
            url = transport.send(effect, Credentials(SECRET, None)).url
            transport.close()
        else:
            url = anyio.run(send_async, base_url, backend=backend_of(stack))
    assert url == f"{server.base_url}/query/status"
