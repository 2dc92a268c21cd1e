"""Send requests with aiohttp, for async code with much to wait for. The only module that imports aiohttp.

It promises what `transport` promises. aiohttp looks for proxies and netrc at every request, in a thread, so the proxy
of the environment is looked up here, once. Its errors hold the request with the key in it: ours is raised outside the
`except`, and does not keep it as its context.
"""

import asyncio
import ssl
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from json import dumps
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import sniffio
from yarl import URL

from .._contract.messages import Answer
from .._core.effects import Send
from ..errors import ConfigurationError
from .credentials import Credentials
from .httpx_transport import tls_context
from .transport import (
    KEEPALIVE,
    MOST_BODY,
    Body,
    Parameters,
    bounded,
    closed,
    described,
    headers_of,
    parts,
    refuse_ours,
    transport_error,
)

ALLOWED = {"headers", "proxy", "trust_env", "verify"}
LONGEST_HEADER = 100 * 1024  # bytes, as with httpx; by itself aiohttp stops at 8 KB
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
        """Check the options; connections belong to the event loop of the first request and are made then."""
        self._base_url = base_url
        self._options = checked(options)
        self._proxy = proxy_of(base_url, options)
        self._most_body = most_body
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False

    async def send(self, effect: Send, credentials: Credentials) -> Answer:
        """Send a request; raise TransportError where there is no answer."""
        session = self._opened()
        body, serial = Body(self._most_body, effect.total), credentials.serial
        try:
            with bounded(effect.total):
                response = await session.request(**keywords(self._base_url, effect, credentials))
        except FAILURES as error:
            failure = transport_error(effect.request, error, NEVER_SENT)
        else:
            await self._read(response, body.redirect_to(effect.request, response.status))
            headers = joined(response.raw_headers)
            return body.answer(response.status, headers, response.method, str(response.url), serial)
        raise failure

    async def _read(self, response: aiohttp.ClientResponse, body: Body) -> None:
        try:
            with bounded(body.remaining()):
                async for chunk in response.content.iter_chunked(CHUNK):
                    if not body.feed(chunk):
                        break
        except FAILURES as error:
            body.flaw = described(error)
        finally:
            response.close()  # after its end, the connection is kept all the same

    def _opened(self) -> aiohttp.ClientSession:
        if self._is_closed:
            raise closed()
        loop = running_loop()
        if self._session is None:
            self._session, self._loop = session_of(self._options, self._proxy), loop
        if self._loop is not loop:
            raise ConfigurationError("this client was first used in another event loop: make one client for each loop")
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of the caller."""
    library = sniffio.current_async_library()
    if library != "asyncio":
        raise ConfigurationError(f"transport='aiohttp' works under asyncio, not under {library}: leave it out")
    return asyncio.get_running_loop()


def session_of(options: Mapping[str, Any], proxy: URL | None) -> aiohttp.ClientSession:
    """Open a session that keeps its connections and no cookies."""
    verify = options.get("verify", True)
    context = verify if isinstance(verify, ssl.SSLContext) else tls_context(verify=verify)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE, ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers_of(options),
        json_serialize=partial(dumps, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
        max_field_size=LONGEST_HEADER,
        max_line_size=LONGEST_HEADER,
        middlewares=(once,),
        proxy=proxy,
    )


async def once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request once. aiohttp repeats one whose kept connection is lost, and no limit would count that."""
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
    if proxy_bypass(address.netloc):
        return None
    proxy = proxies.get(address.scheme) or proxies.get("all")
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"


def keywords(base_url: str, effect: Send, credentials: Credentials) -> dict[str, Any]:
    """Return what aiohttp builds the request from."""
    url, parameters, rest = parts(base_url, effect, credentials)
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
