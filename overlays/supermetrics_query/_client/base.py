"""What both clients share: one set of options, checked before anything is sent."""

import ipaddress
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import SplitResult, urlsplit

from supermetrics_query_api.provenance import SERVER_URL

from .._contract.validation import LAST_OFFSET, Seconds, checked_whole, seconds
from .._core.context import ClientContext
from .._core.limits import BaseLimiter, Limiter
from .._core.polling import PollPolicy
from .._core.retrying import RetryPolicy
from .._extras import check_installed
from .._io.clock import Clock, SystemClock
from .._io.credentials import Credentials, TokenProvider
from .._io.transport import TransportName
from ..errors import ConfigurationError
from ..events import OnEvent, guarded

if TYPE_CHECKING:
    from .._io.aiohttp_transport import AiohttpTransport  # aiohttp is optional

API_KEY = "SUPERMETRICS_API_KEY"
BASE_URL = "SUPERMETRICS_BASE_URL"
DEFAULT_POLL = PollPolicy()
DEFAULT_RETRY = RetryPolicy()

D = TypeVar("D")


class BaseClient(Generic[D]):
    """What both clients share: one set of options, checked before anything is sent."""

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
        """Take the key (default: SUPERMETRICS_API_KEY) or a function that returns one, and the policies.

        `limiter` counts the requests of the key: by default one of this client; a `Limiter` that several clients share,
        a `RedisLimiter` that several processes share, or `NoLimiter()`. `base_url` defaults to SUPERMETRICS_BASE_URL,
        then to the server of the contract. `timeout` bounds one request. `on_event` is called with a value of
        `supermetrics_query.events` for each thing that happens; `log_events` logs them. `http_options` is passed to
        httpx: `verify`, `proxy`, `headers` and so on. `transport="aiohttp"` sends with aiohttp, in async code. `clock`
        is for tests. Raises ConfigurationError for what cannot be used.
        """
        try:
            credentials = Credentials(api_key or os.environ.get(API_KEY), token_provider)
        finally:
            del api_key  # tracebacks may show local variables
        self._context = ClientContext(
            poll=poll,
            retry=retry,
            timeout=request_timeout(timeout),
            page_size=checked_whole("page_size", page_size, 1, LAST_OFFSET),
            renewable=token_provider is not None,
            limiter=limiter or Limiter(),
            on_event=guarded(on_event),
        )
        url = checked_base_url(base_url or os.environ.get(BASE_URL) or SERVER_URL)
        sends = checked_transport(transport)
        self._driver = self._make_driver(sends, url, http_options or {}, credentials, clock or SystemClock())

    def _make_driver(
        self, transport: TransportName, url: str, options: Mapping[str, Any], credentials: Credentials, clock: Clock
    ) -> D:
        raise NotImplementedError


def checked_transport(value: TransportName) -> TransportName:
    """Return the name of a transport."""
    if value not in {"httpx", "aiohttp"}:
        raise ConfigurationError(
            f"transport must be 'httpx' or 'aiohttp', not {value!r}; an httpx transport goes into http_options"
        )
    return value


def request_timeout(value: Seconds) -> float:
    """Return the timeout of one request in seconds."""
    timeout = seconds(value)
    if timeout == 0:
        raise ConfigurationError("timeout=0 leaves no time for a request; it bounds one request, not a wait")
    return timeout


def aiohttp_transport() -> "type[AiohttpTransport]":
    """Import the transport that needs an extra."""
    check_installed("aiohttp")
    from .._io.aiohttp_transport import AiohttpTransport

    return AiohttpTransport


def checked_base_url(value: str) -> str:
    """Return a base URL without its last slash: https, or http to this machine."""
    try:
        parts = urlsplit(value)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ConfigurationError(f"base_url is not a URL: {value!r}") from None
    if not usable or parts.scheme not in ("http", "https"):
        raise ConfigurationError(f"base_url must look like https://host/path, not {value!r}")
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError("base_url must not hold a user, a query or a fragment")
    if parts.scheme == "http" and not is_loopback(parts):
        raise ConfigurationError(f"plain http would show the API key to the network: use https in {value!r}")
    return value.rstrip("/")


def is_loopback(parts: SplitResult) -> bool:
    """Return whether a URL leads to this machine."""
    host = parts.hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
