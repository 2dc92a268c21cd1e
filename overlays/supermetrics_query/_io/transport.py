"""What every transport promises, whichever library sends: bounded bodies, time limits, and no key in an error."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, Protocol, TypeAlias

import anyio
from attrs import define, field

from .._contract.messages import Answer, Request
from .._core.effects import Send
from .._version import USER_AGENT
from ..errors import ConfigurationError, TransportError
from .credentials import Credentials

KEEPALIVE = 90.0  # seconds; longer than the usual gap between two polls
MOST_BODY = 256 * 1024 * 1024  # bytes
OURS = ("auth", "base_url", "cookies", "follow_redirects", "timeout")
TransportName: TypeAlias = Literal["httpx", "aiohttp"]
Parameters: TypeAlias = tuple[tuple[str, str], ...]


class AsyncSender(Protocol):
    """What sends in the task of the caller."""

    async def send(self, effect: Send, credentials: Credentials) -> Answer:
        """Send a request; raise TransportError where there is no answer."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


def parts(base_url: str, effect: Send, credentials: Credentials) -> tuple[str, Parameters, dict[str, Any]]:
    """Return where a request goes, with which parameters, and what else belongs to it."""
    given = dict(effect.request.keywords)
    url, parameters = base_url + given.pop("url"), tuple(given.pop("params", {}).items())
    return url, parameters, {**given, "headers": {**given.get("headers", {}), **credentials.header()}}


def headers_of(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of every request: those of the user, and our User-Agent."""
    given = dict(options.get("headers", {})).items()
    return {name: value for name, value in given if name.lower() != "user-agent"} | {"User-Agent": USER_AGENT}


def refuse_ours(options: Mapping[str, Any]) -> None:
    """Raise ConfigurationError for options that this package sets itself."""
    headers = {str(name).lower() for name in options.get("headers", {})}
    taken = sorted(options.keys() & set(OURS)) + (["headers[Authorization]"] if "authorization" in headers else [])
    if taken:
        raise ConfigurationError(f"http_options must not hold {', '.join(taken)}: the client itself sets them")


def closed() -> ConfigurationError:
    """Return the error for a client that has been closed."""
    return ConfigurationError("this client has been closed: use it inside its `with` block")


def bounded(seconds: float | None) -> AbstractContextManager[object]:
    """Return a block that raises TimeoutError after so many seconds, if there is a bound."""
    return nullcontext() if seconds is None else anyio.fail_after(seconds)


def transport_error(request: Request, error: Exception, never_sent: tuple[type[Exception], ...]) -> TransportError:
    """Return the error for a request without an answer."""
    return TransportError(
        f"no answer to {request.operation}: {described(error)}", sent=not isinstance(error, never_sent)
    )


def described(error: Exception) -> str:
    """Return the name of an error, and its text where it has one."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@define
class Body:
    """What has arrived of a body, and what is wrong with it."""

    most: int
    total: float | None  # seconds for the whole answer
    flaw: str | None = None
    write: Callable[[bytes], object] | None = None
    content: bytes | bytearray = b""
    began: float = field(factory=time.monotonic)

    @property
    def age(self) -> float:
        """How many seconds ago it was asked for."""
        return time.monotonic() - self.began

    def remaining(self) -> float | None:
        """Return how many seconds are left for it."""
        return None if self.total is None else max(0.0, self.total - self.age)

    def redirect_to(self, request: Request, status: int) -> "Body":
        """Pass a success on as it arrives, where the request says so; an error is always kept."""
        self.write = request.write if 200 <= status < 300 else None
        return self

    def feed(self, chunk: bytes) -> bool:
        """Add a part, and return whether more may come."""
        if self.write is not None:
            return self.write(chunk) is not False
        self.content = joined(self.content, chunk) if self.content else chunk
        if len(self.content) > self.most:
            self.flaw = f"its body is longer than {self.most} bytes"
        elif self.remaining() == 0:
            self.flaw = f"its body did not end within {self.total:g} s"
        return self.flaw is None

    def answer(self, status: int, headers: Mapping[str, str], method: str, url: str, serial: int) -> Answer:
        """Return what has arrived as plain data; `headers` have names in lower case."""
        return Answer(
            status=status,
            headers=headers,
            body=self.content,
            method=method,
            url=url.partition("?")[0],
            received=time.time(),
            seconds=self.age,
            credential=serial,
            flaw=self.flaw,
        )


def joined(content: bytes | bytearray, chunk: bytes) -> bytearray:
    """Add a part in place. Most bodies have one, which is not copied."""
    whole = content if isinstance(content, bytearray) else bytearray(content)
    whole += chunk
    return whole
