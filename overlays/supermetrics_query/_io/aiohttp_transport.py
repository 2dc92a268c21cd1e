"""Send requests with aiohttp, for async code with much to wait for. The only module that imports aiohttp.

It promises what `transport` promises. aiohttp looks for proxies and netrc at every request, in a thread, so the proxy
of the environment is looked up here, once. Its errors hold the request with the key in it: ours is raised outside the
`except`, and does not keep it as its context.
"""

import asyncio
import selectors
import socket
import ssl
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from json import dumps
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import anyio
import sniffio
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from .._contract.messages import Answer, nothing
from .._core.effects import Send
from ..errors import ConfigurationError
from .credentials import Credentials
from .httpx_transport import tls_context
from .tasks import from_thread
from .transport import (
    KEEPALIVE,
    MOST_BODY,
    Head,
    Parameters,
    PerLoop,
    Receiver,
    described,
    headers_of,
    is_loopback,
    note,
    parts,
    refuse_ours,
    waiting_for,
)

ALLOWED = {"headers", "proxy", "trust_env", "verify"}
LONGEST_HEADER = 100 * 1024  # bytes, as with httpx; by itself aiohttp stops at 8 KB
Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)  # Windows has no poll
CHUNK = 64 * 1024  # bytes; how much a download reports at once
FAILURES = (aiohttp.ClientError, TimeoutError, ValueError)


class ProxyRefusedError(aiohttp.ClientError):
    """A proxy would not connect. The error of aiohttp repeats the address of the proxy, with the password."""


# The connection was never made, so the server cannot have acted.
NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
    ProxyRefusedError,
)


class NoAnswerError(aiohttp.ClientError):
    """The connection ended before an answer came, or what came is not HTTP."""


class AiohttpTransport:
    """Send in the task of the caller, under asyncio."""

    def __init__(self, base_url: str, options: Mapping[str, Any], most_body: int = MOST_BODY) -> None:
        """Check the options; connections are made in the event loop of each request."""
        self._base_url = base_url
        self._most_body = most_body
        make = partial(session_of, checked(options), proxy_of(base_url, options))
        self._loops = PerLoop(make, aiohttp.ClientSession.close)

    async def send(self, effect: Send, credentials: Credentials) -> Answer:
        """Send a request; raise TransportError where there is no answer."""
        opened = await self._loops.get()
        receiver = Receiver.of(effect, self._base_url, credentials, self._most_body)
        try:
            with waiting_for(receiver), opened.bounded(receiver) as scope:
                note(is_connecting=True)
                given = keywords(self._base_url, effect)
                response = await opened.client.request(**given, middlewares=(partial(once, credentials),))
                await self._read(response, receiver, scope)
        except FAILURES as error:
            receiver.fail(error, NEVER_SENT)
        self._loops.check()
        return receiver.answer()

    async def _read(self, response: aiohttp.ClientResponse, receiver: Receiver, scope: anyio.CancelScope) -> None:
        try:
            if receiver.begin(head_of(response)):
                scope.deadline = anyio.current_time() + receiver.remaining
                async for chunk in response.content.iter_chunked(CHUNK):
                    if not receiver.feed(chunk):
                        break
        finally:
            response.close()  # after its end, the connection is kept all the same

    async def close(self) -> None:
        """Close the connections; a task that waits for an answer goes on at once."""
        await self._loops.close()


class Watched(ResponseHandler):
    """A connection that is dropped where bytes follow an answer, which aiohttp would take for the next one.

    The last byte that has arrived is passed on by itself: where the answer has ended before it, it is not part of that.
    """

    _answer: aiohttp.StreamReader | None = None  # the body of the answer, once its head is there

    def set_response_params(self, **params: Any) -> None:
        """Expect the answer to the next request."""
        note(is_connecting=False)
        self._answer = None
        super().set_response_params(**params)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take the head of an answer; only the first that is no interim one counts."""
        message, body = data
        if self._answer is None:
            if message.code >= 200:
                self._answer = body
            super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        for part in (data[:-1], data[-1:]) if len(data) > 1 else (data,):
            if part and self._answer is not None and self._answer.is_eof():
                self.drop()
                return
            super().data_received(part)

    def set_exception(self, exc: BaseException, *cause: Any, **named: Any) -> None:
        """Fail, and let the body fail as well: by itself aiohttp leaves whoever reads that waiting."""
        super().set_exception(exc, *cause, **named)
        if self._answer is not None and not self._answer.is_eof():
            self._answer.set_exception(aiohttp.ClientPayloadError(described(exc)))

    def is_connected(self) -> bool:
        """Return whether a request can be sent; what the event loop has not read yet follows an answer, too."""
        return super().is_connected() and not is_readable(self.transport)

    def drop(self) -> None:
        """Let no other request use this connection."""
        self.force_close()
        if self.transport is not None:
            self.transport.abort()  # without the farewell of TLS, which would outlive its loop


class Resolver(AbstractResolver):
    """Asks for addresses in a thread that can be given up."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host."""
        lookup = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        return [
            ResolveResult(
                hostname=host,
                host=str(where[0]),
                port=int(where[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, where in await from_thread(lookup)
        ]

    async def close(self) -> None:
        """Keep nothing."""


def is_readable(transport: asyncio.BaseTransport | None) -> bool:
    """Return whether something has arrived, or the connection has ended."""
    connection = None if transport is None else transport.get_extra_info("socket")
    if connection is None:
        return False
    with Selector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))


def head_of(response: aiohttp.ClientResponse) -> Head:
    """Return the head of a response as plain data."""
    connection = response._protocol
    discard = connection.drop if isinstance(connection, Watched) else nothing
    return Head(response.status, joined(response.raw_headers), response.method, str(response.url), discard)


def session_of(options: Mapping[str, Any], proxy: URL | None) -> aiohttp.ClientSession:
    """Open a session that keeps its connections and no cookies."""
    library = sniffio.current_async_library()
    if library != "asyncio":
        raise ConfigurationError(f"transport='aiohttp' works under asyncio, not under {library}: leave it out")
    verify = options.get("verify", True)
    context = verify if isinstance(verify, ssl.SSLContext) else tls_context(verify=verify)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE, ssl=context, resolver=Resolver())
    make: Any = partial(Watched, loop=asyncio.get_running_loop())
    connector._factory = make  # aiohttp has no option for it
    return aiohttp.ClientSession(
        auto_decompress=False,
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers_of(options),
        json_serialize=partial(dumps, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
        max_field_size=LONGEST_HEADER,
        max_line_size=LONGEST_HEADER,
        proxy=proxy,
    )


async def once(
    credentials: Credentials, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request once. aiohttp repeats one whose kept connection is lost, and no limit would count that.

    The key is added here, because the local variables of aiohttp hold the headers that a request is made with.
    """
    request.headers.update(credentials.header())
    try:
        return await handler(request)
    except NEVER_SENT:
        raise
    except aiohttp.ClientHttpProxyError as error:
        raise ProxyRefusedError(f"{error.status} {error.message}") from None
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError, aiohttp.ClientResponseError) as error:
        message = error.message if isinstance(error, aiohttp.ClientResponseError) else error
        raise NoAnswerError(str(message).partition("\n")[0]) from None  # the other lines repeat what was received


def checked(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the options; raise ConfigurationError for what aiohttp cannot do as httpx does."""
    refuse_ours(options)
    if unknown := sorted(options.keys() - ALLOWED):
        raise ConfigurationError(
            f"http_options with transport='aiohttp' holds {', '.join(sorted(ALLOWED))}, not {', '.join(unknown)}"
        )
    verify = options.get("verify", True)
    if not isinstance(verify, bool | ssl.SSLContext):
        raise ConfigurationError(f"http_options['verify'] must be True, False or an ssl.SSLContext, not {verify!r}")
    return options


def proxy_of(base_url: str, options: Mapping[str, Any]) -> URL | None:
    """Return the proxy of the options, else that of the environment. Its password must not get into an error."""
    given = options.get("proxy") or (proxy_of_environment(base_url) if options.get("trust_env", True) else None)
    if given is None:
        return None
    try:
        proxy = URL(given)
    except (TypeError, ValueError):
        proxy = URL()
    if proxy.scheme not in {"http", "https"} or not proxy.host:
        raise ConfigurationError("the proxy of transport='aiohttp' must be an address such as 'http://proxy.test:3128'")
    return proxy


def proxy_of_environment(base_url: str) -> str | None:
    """Return the proxy that HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name, unless NO_PROXY exempts the API."""
    address, proxies = urlsplit(base_url), getproxies()
    if is_loopback(base_url) or proxy_bypass(address.netloc):
        return None
    proxy = proxies.get(address.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def keywords(base_url: str, effect: Send) -> dict[str, Any]:
    """Return what aiohttp builds the request from."""
    url, parameters, rest = parts(base_url, effect)
    return {
        **rest,
        "url": address(url, parameters),
        "allow_redirects": False,
        "timeout": phases(effect.timeout),
    }


@lru_cache(maxsize=1024)
def address(url: str, parameters: Parameters) -> URL:
    """Return where a request goes. Status requests for one query go to one place."""
    return URL(url).update_query(parameters)


@lru_cache(maxsize=64)
def phases(seconds: float) -> aiohttp.ClientTimeout:
    """Bound connecting, and each read."""
    return aiohttp.ClientTimeout(total=None, connect=seconds, sock_read=seconds)


def joined(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by their names in lower case; values of one name stand behind each other, as httpx has them."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), text(raw_value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def text(value: bytes) -> str:
    """Decode a header, which is UTF-8 or the older rule."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
