"""What every transport promises, whichever library sends: bounded bodies, time limits, and no key in what is kept."""

import ipaddress
import math
import os
import re
import time
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar
from urllib.parse import urlsplit

import anyio
from anyio.lowlevel import checkpoint
from attrs import define, field, frozen

from .._contract.messages import Answer
from .._core.effects import Send
from .._version import USER_AGENT
from ..errors import ConfigurationError, TransportError
from .credentials import Credentials, Mask
from .decoding import ACCEPTED, Decoder
from .tasks import event_loop, is_closed

KEEPALIVE = 90.0  # seconds; longer than the usual gap between two polls
MOST_BODY = 256 * 1024 * 1024  # bytes
PHASES = 4  # connecting, a handshake, sending, and the first read: each has the timeout of the request
SEARCHED = 128 * 1024  # bytes of a success: an error keeps no more of one, and to search rows takes time
FRAMING = {"content-length", "expect", "transfer-encoding"}  # headers that say how a request is sent
OURS = ("auth", "base_url", "cookies", "follow_redirects", "timeout")
TransportName: TypeAlias = Literal["httpx", "aiohttp"]
"""Which HTTP library sends."""
Parameters: TypeAlias = tuple[tuple[str, str], ...]
C = TypeVar("C")


class AsyncSender(Protocol):
    """What sends in the task of the caller."""

    async def send(self, effect: Send, credentials: Credentials) -> Answer:
        """Send a request; raise TransportError where there is no answer."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


def parts(base_url: str, effect: Send) -> tuple[str, Parameters, dict[str, Any]]:
    """Return where a request goes, with which parameters, and what else belongs to it but the key."""
    given = dict(effect.request.keywords)
    return base_url + given.pop("url"), tuple(given.pop("params", {}).items()), given


def headers_of(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of every request: those of the user, who we are, and what we can decode."""
    given = dict(options.get("headers", {})).items()
    kept = {name: value for name, value in given if name.lower() not in {"user-agent", "accept-encoding"}}
    return kept | {"User-Agent": USER_AGENT, "Accept-Encoding": ACCEPTED}


def refuse_ours(options: Mapping[str, Any]) -> None:
    """Raise ConfigurationError for options that this package sets itself."""
    headers = {str(name).lower() for name in options.get("headers", {})}
    taken = sorted(options.keys() & set(OURS)) + [
        f"headers[{name.title()}]" for name in sorted(headers & (FRAMING | {"authorization"}))
    ]
    if taken:
        raise ConfigurationError(f"http_options must not hold {', '.join(taken)}: the client itself sets them")


def closed() -> ConfigurationError:
    """Return the error for a client that has been closed."""
    return ConfigurationError("this client has been closed: make a new one, or do this inside its `with` block")


def host_of(base_url: str) -> str:
    """Return the host of a URL, as a URL writes it."""
    host = urlsplit(base_url).hostname or ""
    return f"[{host}]" if ":" in host else host


def is_loopback(base_url: str) -> bool:
    """Return whether the API is on this machine: no proxy of the environment stands before that."""
    host = urlsplit(base_url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def described(error: BaseException) -> str:
    """Return the name of an error, and its text on one line where it has one."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@frozen
class Head:
    """The beginning of an answer; `headers` have names in lower case. `discard` drops its connection."""

    status: int
    headers: Mapping[str, str]
    method: str
    url: str
    discard: Callable[[], object]


@define
class Receiver:
    """What has arrived of an answer, and what is wrong with it. An error of a library must not stay: it has the key."""

    effect: Send
    host: str
    most: int
    serial: int
    mask: Mask
    head: Head | None = None
    decoder: Decoder = field(factory=Decoder)
    flaw: str | None = None
    failure: TransportError | None = None
    is_connecting: bool = False  # nothing has been sent, because there is no connection yet
    content: bytes | bytearray = field(default=b"", repr=False)
    began: float = field(factory=time.monotonic)

    @classmethod
    def of(cls, effect: Send, base_url: str, credentials: Credentials, most: int) -> "Receiver":
        """Return one for an answer to a request with the current key."""
        return cls(effect, host_of(base_url), most, credentials.serial, credentials.mask)

    @property
    def age(self) -> float:
        """How many seconds ago it was asked for."""
        return time.monotonic() - self.began

    @property
    def remaining(self) -> float:
        """How many seconds are left for it, or for its head where the body may take as long as it comes."""
        if self.effect.total is not None:
            return self.effect.total - self.age
        return PHASES * self.effect.timeout - self.age if self.head is None else math.inf

    @property
    def write(self) -> Callable[[bytes], object] | None:
        """What takes a success as it arrives, where the request says so; an error is always kept."""
        return self.effect.request.write if self.head and 200 <= self.head.status < 300 else None

    def begin(self, head: Head, *, is_decoded: bool = False) -> bool:
        """Take the head, and return whether the body can be read."""
        self.head = head
        if head.headers.get("transfer-encoding", "chunked").strip().lower() != "chunked":
            self.flaw = f"its transfer coding is {head.headers['transfer-encoding']!r}"
            return False
        self.decoder = Decoder("" if is_decoded else head.headers.get("content-encoding", "").strip().lower())
        if not self.decoder.is_known:
            self.flaw = f"its body has the coding {self.decoder.coding!r}, and {ACCEPTED} were asked for"
        return self.flaw is None

    def feed(self, chunk: bytes) -> bool:
        """Add a part, and return whether more may come."""
        if self.flaw is not None:
            return False
        try:
            return all(self._keep(part) for part in self.decoder.parts(chunk))
        except zlib.error as error:
            self.flaw = f"its body cannot be decoded: {error}"
            return False

    def _keep(self, part: bytes) -> bool:
        if self.write is not None:
            return self.write(part) is not False
        self.content = joined(self.content, part) if self.content else part
        if len(self.content) > self.most:
            self.flaw = f"its body is longer than {self.most} bytes"
        elif self.remaining <= 0:
            self.flaw = f"its body did not end within {self.effect.total:g} s"
        return self.flaw is None

    def fail(self, error: Exception, never_sent: tuple[type[Exception], ...]) -> None:
        """Keep what an error says: before the head there is no answer, after it one that is not whole."""
        text = self.mask.text(described(error))
        if self.head is None:
            message = f"no answer from {self.host} while {self.effect.request.purpose}: {text}"
            self.failure = TransportError(message, sent=not (self.is_connecting or isinstance(error, never_sent)))
        self.flaw = self.flaw or text

    def answer(self) -> Answer:
        """Return what has arrived as plain data; raise TransportError where that is nothing."""
        if self.head is None or self.failure is not None:
            raise self.failure or TransportError(f"no answer from {self.host}", sent=True)
        if not self.decoder.is_whole:
            self.flaw = self.flaw or f"its body ends in the middle of its {self.decoder.coding}"
        return Answer(
            status=self.head.status,
            headers={name: self.mask.text(value) for name, value in self.head.headers.items()},
            body=self.mask.body(self.content, SEARCHED if 200 <= self.head.status < 300 else None),
            method=self.head.method,
            url=public(self.head.url),
            purpose=self.effect.request.purpose,
            received=time.time(),
            seconds=self.age,
            credential=self.serial,
            flaw=self.flaw,
            discard=self.head.discard,
            mask=self.mask.body,
        )


# The answer that a thread or task waits for. Its connection learns here how long it may take, and says here how far it
# is: the libraries between them pass on neither.
CURRENT: ContextVar[Receiver | None] = ContextVar("CURRENT", default=None)


@contextmanager
def waiting_for(receiver: Receiver) -> Iterator[None]:
    """Let connections know inside the block what they are for."""
    token = CURRENT.set(receiver)
    try:
        yield
    finally:
        CURRENT.reset(token)


def note(*, is_connecting: bool) -> None:
    """Keep whether the request of this thread or task still waits for its connection."""
    if (receiver := CURRENT.get()) is not None:
        receiver.is_connecting = is_connecting


def joined(content: bytes | bytearray, chunk: bytes) -> bytearray:
    """Add a part in place. Most bodies have one, which is not copied."""
    whole = content if isinstance(content, bytearray) else bytearray(content)
    whole += chunk
    return whole


def public(url: str) -> str:
    """Return a URL without its query, and without a user."""
    return re.sub("//[^/]*@", "//", url.partition("?")[0], count=1)


@define(eq=False)
class Opened(Generic[C]):
    """The connections of one event loop, and the requests that wait on them."""

    client: C
    waiting: set[anyio.CancelScope] = field(factory=set)

    @contextmanager
    def bounded(self, receiver: Receiver) -> Iterator[anyio.CancelScope]:
        """Raise TimeoutError from the block when the time of its request is over, or the connections are closed."""
        with anyio.move_on_after(receiver.remaining) as scope:
            self.waiting.add(scope)
            try:
                yield scope
            finally:
                self.waiting.discard(scope)
        if scope.cancelled_caught:
            raise TimeoutError(f"it did not end within {receiver.age:.1f} s")

    async def cancel(self) -> None:
        """Cancel every request, and wait until each has closed its connection."""
        for scope in self.waiting:
            scope.cancel()
        while self.waiting:
            await checkpoint()


class PerLoop(Generic[C]):
    """Gives each event loop of each process connections of its own, which are closed with their loop at the latest."""

    def __init__(self, make: Callable[[], C], close: Callable[[C], Awaitable[None]]) -> None:
        """Take how connections are made and closed."""
        self._make = make
        self._close = close
        self._opened: dict[tuple[int, object], Opened[C]] = {}
        self._endings: dict[tuple[int, object], AsyncGenerator[None, None]] = {}
        self._is_closed = False

    async def get(self) -> Opened[C]:
        """Return the connections of the running loop."""
        self.check()
        key = os.getpid(), event_loop()
        return self._opened.get(key) or await self._open(key)

    def check(self) -> None:
        """Raise ConfigurationError where the client was closed."""
        if self._is_closed:
            raise closed()

    async def _open(self, key: tuple[int, object]) -> Opened[C]:
        for other in [each for each in self._opened if is_closed(each[1])]:
            self._forget(other)
        opened = self._opened[key] = Opened(self._make())
        self._endings[key] = self._until_the_end(key, opened)
        await anext(self._endings[key])
        return opened

    async def _until_the_end(self, key: tuple[int, object], opened: Opened[C]) -> AsyncGenerator[None, None]:
        """Close the connections when the loop ends, which is when it closes its generators."""
        try:
            yield
        finally:
            self._forget(key)
            await self._close(opened.client)

    def _forget(self, key: tuple[int, object]) -> None:
        self._opened.pop(key, None)
        self._endings.pop(key, None)

    async def close(self) -> None:
        """Close the connections of the running loop; those of another end with it."""
        self._is_closed = True
        key = os.getpid(), event_loop()
        opened, ending = self._opened.pop(key, None), self._endings.pop(key, None)
        if opened is not None and ending is not None:
            await opened.cancel()
            await ending.aclose()
