"""Send requests over HTTP. The only module that imports httpx; none of its types or errors leaves it.

Redirects are not followed, a body is bounded, and connections stay open between two polls. An httpx error holds the
request with the key in it, so ours is raised outside the `except` and does not keep it as its context.
"""

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache, partial
from typing import Any, TypeVar

import anyio
import httpx

from .._contract.messages import Answer, nothing
from .._core.effects import Send
from ..errors import ConfigurationError
from .connections import AsyncBackend, Backend, Watched
from .credentials import Credentials
from .transport import (
    KEEPALIVE,
    MOST_BODY,
    Head,
    Parameters,
    PerLoop,
    Receiver,
    closed,
    headers_of,
    host_of,
    is_loopback,
    parts,
    refuse_ours,
    waiting_for,
)

MOST_IDLE = 20  # connections; for each of them, httpcore goes through all connections at every request
FAILURES = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError, UnicodeError)
# The connection was never made, so the server cannot have acted.
NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    UnicodeError,
)


B = TypeVar("B")


class Transport:
    """Send in the thread of the caller."""

    def __init__(self, base_url: str, options: Mapping[str, Any], most_body: int = MOST_BODY) -> None:
        """Prepare connections; none is made before the first request."""
        self._base_url = base_url
        self._most_body = most_body
        self._make = partial(Opened, client_options(base_url, options))
        self._opened = {os.getpid(): self._make()}
        self._is_closed = False

    def send(self, effect: Send, credentials: Credentials) -> Answer:
        """Send a request; raise TransportError where there is no answer."""
        client = self._client()
        receiver = Receiver.of(effect, self._base_url, credentials, self._most_body)
        try:
            with waiting_for(receiver):
                response = client.send(request_of(client, self._base_url, effect, credentials), stream=True)
                self._read(response, receiver)
        except FAILURES as error:
            receiver.fail(error, NEVER_SENT)
        if self._is_closed:  # which may look like the end of a body
            raise closed()
        return receiver.answer()

    def _read(self, response: httpx.Response, receiver: Receiver) -> None:
        try:
            is_read = response.is_stream_consumed  # by a hook of the user, or a transport without a network
            if receiver.begin(head_of(response), is_decoded=is_read):
                for chunk in response.iter_bytes() if is_read else response.iter_raw():
                    if not receiver.feed(chunk):
                        break
        finally:
            response.close()

    def _client(self) -> "Client":
        """Return the connections of this process: those made before a fork are also those of the parent."""
        if self._is_closed:
            raise closed()
        process = os.getpid()
        if process not in self._opened:
            for other in self._opened.values():
                other.forget()
            self._opened = {process: self._make()}
        return self._opened[process].client

    def close(self) -> None:
        """Close the connections; a thread that waits for an answer goes on at once."""
        self._is_closed = True
        if opened := self._opened.get(os.getpid()):
            opened.close()


class AsyncTransport:
    """Send in the task of the caller."""

    def __init__(self, base_url: str, options: Mapping[str, Any], most_body: int = MOST_BODY) -> None:
        """Prepare connections; none is made before the first request."""
        self._base_url = base_url
        self._most_body = most_body
        given = client_options(base_url, options)
        async_client(given)  # checks the options, which no event loop is needed for
        self._loops = PerLoop(partial(async_client, given), AsyncClient.aclose)

    async def send(self, effect: Send, credentials: Credentials) -> Answer:
        """Send a request; raise TransportError where there is no answer."""
        opened = await self._loops.get()
        client, receiver = opened.client, Receiver.of(effect, self._base_url, credentials, self._most_body)
        try:
            with waiting_for(receiver), opened.bounded(receiver) as scope:
                response = await client.send(request_of(client, self._base_url, effect, credentials), stream=True)
                await self._read(response, receiver, scope)
        except FAILURES as error:
            receiver.fail(error, NEVER_SENT)
        self._loops.check()
        return receiver.answer()

    async def _read(self, response: httpx.Response, receiver: Receiver, scope: anyio.CancelScope) -> None:
        try:
            is_read = response.is_stream_consumed
            if receiver.begin(head_of(response), is_decoded=is_read):
                scope.deadline = anyio.current_time() + receiver.remaining
                async for chunk in response.aiter_bytes() if is_read else response.aiter_raw():
                    if not receiver.feed(chunk):
                        scope.cancel()  # under trio, the generators of httpx end cleanly from inside only
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Close the connections; a task that waits for an answer goes on at once."""
        await self._loops.close()


class NoCookies(httpx.Cookies):
    """Keeps no cookies: only the key says who asks, and reading them costs a tenth of a poll."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Ignore the cookies of an answer."""


NO_COOKIES = NoCookies()


class WithoutCookies:
    """Keeps an httpx client from having cookies. A jar that takes none would still cost 40 microseconds a poll."""

    @property
    def cookies(self) -> httpx.Cookies:
        """An empty jar that stays empty."""
        return NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise ConfigurationError(f"a client has no cookies: {cookies!r}")


class Client(WithoutCookies, httpx.Client):
    """A client that keeps no cookies."""


class AsyncClient(WithoutCookies, httpx.AsyncClient):
    """A client that keeps no cookies."""


class Opened:
    """The connections of one process."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Open a client whose connections are ours."""
        self.client = Client(**options)
        self._backends = [watched(pool, Backend) for pool in pools(self.client)]

    def close(self) -> None:
        """Wake the threads that wait, and close the connections that none waits on."""
        for backend in self._backends:
            backend.close()
        self.client.close()

    def forget(self) -> None:
        """Close what another process has opened, in this one."""
        for backend in self._backends:
            backend.forget()


def async_client(options: Mapping[str, Any]) -> AsyncClient:
    """Open a client whose connections are ours."""
    client = AsyncClient(**options)
    for pool in pools(client):
        watched(pool, AsyncBackend)
    return client


def pools(client: httpx.Client | httpx.AsyncClient) -> Iterator[Any]:
    """Yield the pools of a client: httpx has no option for what opens their sockets. A `MockTransport` has none."""
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport | httpx.AsyncHTTPTransport):
            yield transport._pool


def watched(pool: Any, kind: Callable[[Any], B]) -> B:
    """Let a pool open its connections through ours; a transport of the user may have been through this before."""
    inner = pool._network_backend
    pool._network_backend = backend = kind(getattr(inner, "inner", inner))
    return backend


def client_options(base_url: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of an httpx client: ours, then what the user passes through."""
    refuse_ours(options)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=MOST_IDLE, keepalive_expiry=KEEPALIVE)
    ours: dict[str, Any] = {"limits": limits, "base_url": base_url, "follow_redirects": False}
    if not options.keys() & {"verify", "cert", "transport"}:
        ours["verify"] = tls_context()
    if is_loopback(base_url) and not options.get("proxy"):
        ours["mounts"] = {f"all://{host_of(base_url)}": None}  # without the proxy of the environment
    return ours | {**options, "headers": headers_of(options)}


def check_options(options: Mapping[str, Any], *, is_async: bool) -> None:
    """Raise ConfigurationError for options that httpx checks only when it sends. No message repeats a secret."""
    kind = httpx.AsyncBaseTransport if is_async else httpx.BaseTransport
    for name in CHECKS.keys() & options.keys():
        fits, says = CHECKS[name]
        if options[name] is not None and not fits(options[name], kind):
            raise ConfigurationError(f"http_options[{name!r}] must be {says}, not this {type(options[name]).__name__}")


def are_limits(value: object) -> bool:
    """Return whether these are limits of httpx with numbers, which it does not check itself."""
    if not isinstance(value, httpx.Limits):
        return False
    numbers = (value.max_connections, value.max_keepalive_connections, value.keepalive_expiry)
    return all(isinstance(number, int | float | None) for number in numbers)


def is_proxy(value: Any) -> bool:
    """Return whether this is the address of a proxy, whose name can be looked up."""
    try:
        proxy = value if isinstance(value, httpx.Proxy) else httpx.Proxy(value)
        return bool(proxy.url.host.encode("idna"))
    except (httpx.InvalidURL, TypeError, ValueError):
        return False


# By option: whether a client can use a value, given the kind of its transports, and what it can use.
CHECKS: Mapping[str, tuple[Callable[[Any, type], bool], str]] = {
    "transport": (isinstance, "a transport of httpx, for sync code or for async code as the client is"),
    "mounts": (
        lambda value, kind: all(each is None or isinstance(each, kind) for each in value.values()),
        "a mapping of addresses to transports of httpx, for sync code or for async code as the client is",
    ),
    "event_hooks": (
        lambda value, _: all(callable(hook) for hooks in value.values() for hook in hooks),
        "a mapping to lists of functions",
    ),
    "limits": (lambda value, _: are_limits(value), "an httpx.Limits with numbers"),
    "params": (lambda value, _: str(httpx.QueryParams(value)).isascii(), "parameters that can be sent"),
    "proxy": (lambda value, _: is_proxy(value), "the address of a proxy"),
    "verify": (lambda value, _: isinstance(value, bool | str | ssl.SSLContext), "True, False or an ssl.SSLContext"),
}


@cache
def tls_context(*, verify: bool = True) -> ssl.SSLContext:
    """Return the one TLS context of this process; to make one costs as much as 20 requests."""
    return httpx.create_ssl_context(verify=verify)


def request_of(
    client: httpx.Client | httpx.AsyncClient, base_url: str, effect: Send, credentials: Credentials
) -> httpx.Request:
    """Build a request as the client would, without what its options for single requests cost."""
    url, parameters, rest = parts(base_url, effect)
    return httpx.Request(
        url=address(url, (*client.params.multi_items(), *parameters)),
        headers=with_headers(client.headers, {**rest.pop("headers", {}), **credentials.header()}),
        extensions={"timeout": phases(effect.timeout) | {"pool": effect.total}},
        **rest,
    )


def with_headers(common: httpx.Headers, own: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Add the headers of a request to those of all, which they replace."""
    added = [(name.encode(), value.encode()) for name, value in own.items()]
    names = {name.lower() for name, _ in added}
    return [*(each for each in common.raw if each[0].lower() not in names), *added]


@lru_cache(maxsize=64)
def phases(seconds: float) -> dict[str, float | None]:
    """Bound connecting, writing, and each read."""
    return httpx.Timeout(seconds, pool=None).as_dict()


@lru_cache(maxsize=1024)
def address(url: str, parameters: Parameters) -> httpx.URL:
    """Return where a request goes. To write the address costs a fifth of a poll, and all polls of a query share one."""
    return httpx.URL(url, params=parameters) if parameters else httpx.URL(url)


def head_of(response: httpx.Response) -> Head:
    """Return the head of a response as plain data."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    stream = response.extensions.get("network_stream")
    discard = stream.drop if isinstance(stream, Watched) else nothing
    return Head(response.status_code, headers, response.request.method, str(response.url), discard)
