"""What both clients share: one set of options, checked before anything is sent."""

import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import quote, unquote, urlsplit

from supermetrics_query_api.provenance import SERVER_URL

from .._contract.keys import apart
from .._contract.validation import (
    LAST_OFFSET,
    Seconds,
    checked_function,
    checked_kind,
    checked_whole,
    seconds,
    short_repr,
)
from .._core.context import ClientContext
from .._core.limits import BaseLimiter, Limiter
from .._core.polling import PollPolicy
from .._core.retrying import RetryPolicy
from .._extras import check_installed
from .._io.clock import Clock, SystemClock
from .._io.credentials import Credentials, TokenProvider
from .._io.httpx_transport import check_options
from .._io.transport import TransportName, is_loopback
from ..errors import ConfigurationError, SupermetricsQueryError
from ..events import OnEvent, guarded

if TYPE_CHECKING:
    from .._io.aiohttp_transport import AiohttpTransport  # aiohttp is optional

API_KEY = "SUPERMETRICS_API_KEY"
BASE_URL = "SUPERMETRICS_BASE_URL"
DEFAULT_POLL = PollPolicy()
DEFAULT_RETRY = RetryPolicy()
LONGEST_REQUEST = 1e6  # seconds; a socket does not take more than 24 days
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HOST = re.compile(r"[\w.-]+")
# Paths of the API that stand where its base belongs: what is put in their place, and what is wrong with them.
NO_BASES = (
    (
        re.compile(r"/query(/(accounts|data|fields|history|results|s|segments|status)(/.*)?)?/*$", re.IGNORECASE),
        "",
        "must end before /query",
    ),
    (
        re.compile(r"/enterprise/v1(/.*)?$|((/enterprise|/api)?/v1)?/getData/*$", re.IGNORECASE),
        "/enterprise/v2",
        "must be of version 2 of the API",
    ),
)

D = TypeVar("D")


class BaseClient(Generic[D]):
    """What both clients share: one set of options, checked before anything is sent."""

    _is_async: ClassVar[bool]

    def __init__(
        self,
        api_key: str | None = None,
        *,
        token_provider: TokenProvider | None = None,
        base_url: str | None = None,
        timeout: Seconds = 30.0,
        poll: PollPolicy = DEFAULT_POLL,
        retry: RetryPolicy = DEFAULT_RETRY,
        limiter: BaseLimiter | None = None,
        page_size: int = 10_000,
        on_event: OnEvent | None = None,
        http_options: Mapping[str, Any] | None = None,
        transport: TransportName = "httpx",
        clock: Clock | None = None,
    ) -> None:
        """Take the key and the options; nothing is sent yet.

        Args:
            api_key: The API key, by default that of SUPERMETRICS_API_KEY.
            token_provider: A function that returns the key, asked at the first request and again when the API refuses
                the key. In async code it may be a coroutine function.
            base_url: The address of the API, by default that of SUPERMETRICS_BASE_URL, then the server of the contract.
            timeout: How long one request may take, in seconds or as a timedelta; it does not bound a wait.
            poll: When to poll a query again.
            retry: How often to send a request again that failed, and when.
            limiter: What counts the requests of the key: by default a `Limiter` of this client; one that several
                clients share, a `RedisLimiter` that several processes share, or `NoLimiter()`.
            page_size: How many rows one request asks for.
            on_event: Called with an event for each thing that happens; `log_events` logs them.
            http_options: Options for httpx: `verify`, `proxy`, `headers` and so on. aiohttp takes some of them.
            transport: The HTTP library; `"aiohttp"` is for async code and needs the extra `[aiohttp]`.
            clock: What the client lives by in tests, such as a `FakeClock`.

        Raises:
            ConfigurationError: An option cannot be used.
        """
        try:
            provider = checked_function("token_provider", token_provider)
            credentials = Credentials(api_key or os.environ.get(API_KEY), provider)
            url = checked_base_url(os.environ.get(BASE_URL) or SERVER_URL if base_url in (None, "") else base_url)
        finally:
            del api_key, base_url  # tracebacks may show local variables
        self._context = ClientContext(
            poll=checked_kind("poll", poll, PollPolicy),
            retry=checked_kind("retry", retry, RetryPolicy),
            timeout=request_timeout(timeout),
            page_size=checked_whole("page_size", page_size, 1, LAST_OFFSET),
            renewable=token_provider is not None,
            limiter=Limiter() if limiter is None else checked_kind("limiter", limiter, BaseLimiter),
            on_event=guarded(checked_function("on_event", on_event)),
        )
        sends, ticks = checked_transport(transport), checked_clock(clock)
        with usable_options():
            options = checked_options(http_options)
            if sends == "httpx":  # the other one checks all that it takes itself
                check_options(options, is_async=self._is_async)
            self._driver = self._make_driver(sends, url, options, credentials, ticks)

    def _make_driver(
        self, transport: TransportName, url: str, options: Mapping[str, Any], credentials: Credentials, clock: Clock
    ) -> D:
        raise NotImplementedError


def checked_transport(value: TransportName) -> TransportName:
    """Return the name of a transport."""
    if value not in ("httpx", "aiohttp"):
        raise ConfigurationError(
            f"transport must be 'httpx' or 'aiohttp', not {short_repr(value)}; one of httpx goes into http_options"
        )
    return value


def request_timeout(value: Seconds) -> float:
    """Return the timeout of one request in seconds."""
    timeout = seconds(value, "timeout")
    if timeout == 0:
        raise ConfigurationError("timeout=0 leaves no time for a request; it bounds one request, not a wait")
    return min(timeout, LONGEST_REQUEST)


def checked_clock(clock: Clock | None) -> Clock:
    """Return a clock, by default that of this machine."""
    if clock is None:
        return SystemClock()
    if all(callable(getattr(clock, name, None)) for name in ("now", "sleep", "sleep_async")):
        return clock
    raise ConfigurationError(f"clock must have now, sleep and sleep_async, as a Clock has; {short_repr(clock)} has not")


@contextmanager
def usable_options() -> Iterator[None]:
    """Raise ConfigurationError for whatever the HTTP library raises when it is given options that it refuses."""
    try:
        yield
    except SupermetricsQueryError:
        raise
    except Exception as error:  # noqa: BLE001 - they raise nearly anything
        raise ConfigurationError(
            f"base_url, http_options or a proxy of the environment cannot be used: {type(error).__name__}: {error}"
        ) from None


def checked_options(options: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the options for the HTTP library: names and values, and headers that can be sent."""
    given = checked_kind("http_options", {} if options is None else options, Mapping)
    for name in given:
        checked_kind("a name in http_options", name, str)
    for name, value in dict(given.get("headers", {})).items():
        if not is_header(name, value):  # the value may be a secret
            raise ConfigurationError(f"http_options['headers'] must map names to text on one line: {short_repr(name)}")
    return given


def is_header(name: object, value: object) -> bool:
    """Return whether a header can be sent as it is."""
    return (
        isinstance(name, str)
        and isinstance(value, str)
        and HEADER_NAME.fullmatch(name) is not None
        and value.isprintable()
        and value == value.strip()
    )


def aiohttp_transport() -> "type[AiohttpTransport]":
    """Import the transport that needs an extra."""
    check_installed("aiohttp")
    from .._io.aiohttp_transport import AiohttpTransport

    return AiohttpTransport


@apart
def checked_base_url(value: str) -> str:
    """Return a base URL without its last slash: https, or http to this machine."""
    if not isinstance(value, str):  # of another type, it may hold a password as well
        raise ConfigurationError(f"base_url must be text such as 'https://host/path', not {type(value).__name__}")
    shown = short_repr(re.split("[?#]", value)[0].rpartition("@")[2])  # without a password, and without a key
    try:
        parts = urlsplit(value)  # it drops line ends
        usable = value.isprintable() and " " not in value and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        raise ConfigurationError(f"base_url is not a URL: {shown}") from None
    if not usable or parts.scheme not in ("http", "https"):
        raise ConfigurationError(f"base_url must look like https://host/path, not {shown}")
    check_path(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", unquote(parts.path))
    if parts.username is not None or "?" in value or "#" in value:
        raise ConfigurationError("base_url must not hold a user, a query or a fragment")
    if parts.scheme == "http" and not is_loopback(value):
        raise ConfigurationError(f"plain http would show the API key to the network: use https in {shown}")
    return value.rstrip("/")


def check_path(origin: str, path: str) -> None:
    """Raise ConfigurationError, which has the right URL, for a path of the API that is not its base."""
    problems = []
    for pattern, instead, problem in NO_BASES:
        if pattern.search(path):
            path = pattern.sub(instead, path)
            problems.append(problem)
    if problems:
        raise ConfigurationError(f"base_url {' and '.join(problems)}: {short_repr(origin + quote(path, safe='/:@'))}")


def is_host(name: str) -> bool:
    """Return whether a name can be looked up; raise ValueError for one that cannot be written for DNS."""
    if ":" in name:
        return bool(ipaddress.IPv6Address(name))
    return HOST.fullmatch(name) is not None and bool(name.encode("idna"))
