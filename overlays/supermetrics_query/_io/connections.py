"""Connections that end with the time of their request, and that are dropped where bytes follow an answer.

httpcore makes connections through a backend and reads through its streams, so the rules of a connection belong there.
A socket can be waited for with a bound; a name server and a handshake cannot, so they are left to a thread that is
given up.
"""

import ipaddress
import math
import os
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any, TypeAlias

import anyio
import httpcore
import sniffio

from .tasks import from_thread, in_thread
from .transport import CURRENT, note

Options: TypeAlias = Iterable[httpcore.SOCKET_OPTION] | None

HEAD_START = 0.25  # seconds, as RFC 8305 has it
PIECE = 16 * 1024  # bytes that a socket which is ready takes at once


def left(timeout: float | None, error: type[Exception]) -> float | None:
    """Return how long a phase may take; raise the error where the time of the request is over."""
    receiver = CURRENT.get()
    remaining = math.inf if receiver is None else receiver.remaining
    if remaining <= 0:
        raise error("the time for this request is over")
    shorter = min(remaining, math.inf if timeout is None else timeout)
    return None if math.isinf(shorter) else shorter


class Watched:
    """Knows whether bytes follow an answer.

    The parser of httpcore keeps what it has received beyond the end of an answer, and would take it for the next one.
    So it gets the last byte that has arrived only when it asks for more, which it does until the answer has ended.
    """

    def __init__(self) -> None:
        """Begin with a connection on which nothing has arrived."""
        self._held = b""
        self._is_dropped = False
        self._process = os.getpid()

    @property
    def is_foreign(self) -> bool:
        """Whether another process has made it, which may still be using it."""
        return self._process != os.getpid()

    def drop(self) -> None:
        """Let no other request use this connection."""
        self._is_dropped = True

    def release(self) -> bytes:
        """Return the byte that was withheld, if there is one."""
        held, self._held = self._held, b""
        return held

    def withhold(self, received: bytes) -> bytes:
        """Return what was received, and keep its last byte where there are several."""
        if len(received) < 2:
            return received
        self._held = received[-1:]
        return received[:-1]

    def info(self, name: str, inner: Callable[[str], Any]) -> Any:
        """Return what httpcore asks for; it drops a connection that waits for its next request and is readable."""
        if name != "is_readable":
            return inner(name)
        is_spoilt = self._is_dropped or self.is_foreign or bool(self._held)
        return is_spoilt or inner(name) or holds_more(inner("ssl_object"))


def holds_more(tls: object) -> bool:
    """Return whether TLS has received something in memory that nobody has read, or the end."""
    if not isinstance(tls, ssl.SSLObject):
        return False
    try:
        tls.read(1)
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:
        return True
    return True


class Stream(Watched, httpcore.NetworkStream):
    """A connection of sync code."""

    def __init__(self, inner: httpcore.NetworkStream, backend: "Backend") -> None:
        """Take a connection that was made."""
        super().__init__()
        self._inner = inner
        self._backend = backend
        self._reading, self._writing = Lock(), Lock()  # to close a socket that is in use would free its number
        backend.streams.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has arrived."""
        timeout = left(timeout, httpcore.ReadTimeout)
        with self._reading:
            return self.release() or self.withhold(self._inner.read(max_bytes, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything."""
        note(is_connecting=False)
        with self._writing:
            for begin in range(0, len(buffer), PIECE):
                self._inner.write(buffer[begin : begin + PIECE], left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Return the same connection with TLS."""
        timeout = left(timeout, httpcore.ConnectTimeout)
        return self._backend.made(partial(self._inner.start_tls, ssl_context, server_hostname, timeout), timeout)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for."""
        return self.info(info, self._inner.get_extra_info)

    def wake(self) -> None:
        """End the connection, so that a thread that waits for it goes on."""
        with suppress(OSError):
            socket.socket.shutdown(self._inner.get_extra_info("socket"), socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; a thread that waits for it goes on first."""
        self._backend.streams.discard(self)
        if self.is_foreign:
            self._inner.close()
            return
        if self._reading.locked() or self._writing.locked():
            self.wake()
        with self._reading, self._writing:
            self._inner.close()


class Backend(httpcore.NetworkBackend):
    """Makes the connections of sync code, and can end them all."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        """Take what opens sockets."""
        self.inner = inner
        self._closed: Future[None] = Future()
        self.streams: set[Stream] = set()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Options = None,
    ) -> httpcore.NetworkStream:
        """Return a connection to a host; raise ConnectTimeout when the time is over, whatever it is waiting for."""
        timeout = left(timeout, httpcore.ConnectTimeout)
        connect = partial(self.inner.connect_tcp, local_address=local_address, socket_options=socket_options)
        return self.made(partial(first_connection, connect, host, port, timeout), timeout)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Options = None
    ) -> httpcore.NetworkStream:
        """Return a connection to a socket of this machine."""
        timeout = left(timeout, httpcore.ConnectTimeout)
        return self.made(partial(self.inner.connect_unix_socket, path, timeout, socket_options), timeout)

    def made(self, make: Callable[[], httpcore.NetworkStream], timeout: float | None) -> Stream:
        """Return a connection that a thread makes; one that comes too late is closed."""
        note(is_connecting=True)
        making = in_thread(make)
        is_made = False
        try:
            wait(either(making, self._closed), timeout, FIRST_COMPLETED)
            is_made = making.done() and not self._closed.done()
        finally:
            if not is_made:
                making.add_done_callback(hang_up)
        if not is_made:
            raise httpcore.ConnectTimeout("the connection was not made in time")
        stream = Stream(making.result(), self)
        if self._closed.done():  # in the meantime
            stream.wake()
        return stream

    def close(self) -> None:
        """Wake every thread that waits for a connection or on one."""
        if not self._closed.done():
            self._closed.set_result(None)
        for stream in tuple(self.streams):
            stream.wake()

    def forget(self) -> None:
        """Close what another process has opened, in this one."""
        for stream in tuple(self.streams):
            if stream.is_foreign:
                stream.close()


def either(*futures: Future[Any]) -> tuple[Future[Any], ...]:
    """Return futures of several kinds as what `wait` takes."""
    return futures


def hang_up(making: Future[httpcore.NetworkStream]) -> None:
    """Close a connection that nobody waits for."""
    if making.exception() is None:
        making.result().close()


def first_connection(
    connect: Callable[..., httpcore.NetworkStream], host: str, port: int, timeout: float | None
) -> httpcore.NetworkStream:
    """Return a connection to the first address of a host that answers; each has its share of the time."""
    end = math.inf if timeout is None else time.monotonic() + timeout
    addresses = addresses_of(host, port)
    failure: Exception = httpcore.ConnectError(f"{host!r} has no address")
    for count in range(len(addresses), 0, -1):
        share = (end - time.monotonic()) / count
        try:
            return connect(addresses[-count], port, None if math.isinf(share) else max(share, 0.001))
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            failure = error
    raise failure


def addresses_of(host: str, port: int) -> list[str]:
    """Return the addresses of a host, each once."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class AsyncStream(Watched, httpcore.AsyncNetworkStream):
    """A connection of async code, whose requests are cancelled when their time is over."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        """Take a connection that was made."""
        super().__init__()
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has arrived."""
        return self.release() or self.withhold(await self._inner.read(max_bytes, timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything."""
        note(is_connecting=False)
        await self._inner.write(buffer, timeout)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Return the same connection with TLS."""
        return AsyncStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for."""
        return self.info(info, self._inner.get_extra_info)

    async def aclose(self) -> None:
        """Close the connection; one of another process is watched by the event loop of that."""
        if not self.is_foreign:
            await self._inner.aclose()


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Makes the connections of async code."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        """Take what opens sockets."""
        self.inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Options = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to a host."""
        note(is_connecting=True)
        connect = partial(self.inner.connect_tcp, port=port, local_address=local_address, socket_options=socket_options)
        if sniffio.current_async_library() == "trio":
            return AsyncStream(await connect(host, timeout=timeout))
        try:
            with anyio.fail_after(timeout):
                return AsyncStream(await first_to_answer(connect, await async_addresses_of(host, port)))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Options = None
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to a socket of this machine."""
        note(is_connecting=True)
        return AsyncStream(await self.inner.connect_unix_socket(path, timeout, socket_options))

    async def sleep(self, seconds: float) -> None:
        """Pause."""
        await self.inner.sleep(seconds)


async def async_addresses_of(host: str, port: int) -> list[str]:
    """Return the addresses of a host, from a thread unless it is one itself."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return await from_thread(partial(addresses_of, host, port))


async def first_to_answer(
    connect: Callable[[str], Awaitable[httpcore.AsyncNetworkStream]], addresses: Sequence[str]
) -> httpcore.AsyncNetworkStream:
    """Return the first connection that is made; each address has a head start before the next."""
    made: list[httpcore.AsyncNetworkStream] = []
    failures: list[Exception] = [httpcore.ConnectError("the host has no address")]

    async def attempt(address: str, ended: anyio.Event) -> None:
        try:
            made.append(await connect(address))
            group.cancel_scope.cancel()
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            failures.append(error)
        finally:
            ended.set()

    taken: httpcore.AsyncNetworkStream | None = None
    try:
        async with anyio.create_task_group() as group:
            for address in addresses:
                ended = anyio.Event()
                group.start_soon(attempt, address, ended)
                with anyio.move_on_after(HEAD_START):
                    await ended.wait()
        taken = made[0] if made else None
    finally:
        with anyio.CancelScope(shield=True):
            for surplus in made:
                if surplus is not taken:
                    await surplus.aclose()
    if taken is None:
        raise failures[-1]
    return taken
