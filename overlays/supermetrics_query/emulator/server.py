"""A uvicorn server in a thread: ready when it says so, and gone at once when it is told to stop.

uvicorn looks ten times a second whether it should stop and then waits for its clients. A service
that lives for one test can do neither, so the two methods that wait are replaced.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import attrs
import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTION = "supermetrics_query.connection"
NO_LINGERING = struct.pack("ii", 1, 0)


@attrs.frozen
class Connection:
    """A connection to a client."""

    transport: asyncio.Transport

    def drop(self) -> None:
        """Close the connection at once; what was not sent yet is lost."""
        self.transport.abort()

    def reset(self) -> None:
        """Close the connection so that the client is told of an error (RST)."""
        bound: socket.socket = self.transport.get_extra_info("socket")
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
        self.transport.abort()

    def hang_up(self) -> None:
        """Close the connection when everything has been sent."""
        self.transport.close()


class ConnectionProtocol(H11Protocol):
    """The protocol of uvicorn, with a handle on its connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection down."""
        if isinstance(transport, asyncio.Transport):
            super().connection_made(transport)
            self.app_state = {**self.app_state, CONNECTION: Connection(transport)}


def connection_of(scope: Scope) -> Connection:
    """Return the connection of a request."""
    connection: Connection | None = scope.get("state", {}).get(CONNECTION)
    if connection is None:
        raise RuntimeError("this fault needs the emulator's own server, because it cuts the connection")
    return connection


KEEP_ALIVE = 600  # seconds; clients look rarely and keep their connections


def config(app: ASGIApp) -> uvicorn.Config:
    """Return the settings of every server of the service."""
    return uvicorn.Config(
        app,
        http=ConnectionProtocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
    )


class ThreadServer(uvicorn.Server):
    """A server that another thread can wait for and stop."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(config(app))
        self._ready = threading.Event()
        self._stopped = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run_and_signal(self, bound: socket.socket) -> None:
        """Serve; whoever waits learns of the start, or that there will be none."""
        try:
            self.run([bound])
        finally:
            self._ready.set()

    def wait_until_ready(self) -> None:
        """Return when connections are accepted."""
        self._ready.wait()
        if not self.started:
            raise RuntimeError("the emulator could not be started; its thread has printed why")

    def stop(self) -> None:
        """Ask the server to end; may be called from any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        """Serve until somebody asks to stop."""
        await self.on_tick(0)
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drop everybody."""
        for server in self.servers:
            server.close()
        for bound in sockets or []:
            bound.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # Requests end by themselves when their client is gone.
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        for server in self.servers:
            await server.wait_closed()


def bind_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address; port 0 stands for any free one."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # asyncio sends without delay only where the socket names its protocol.
    bound = socket.socket(family, kind, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def origin_of(bound: socket.socket) -> str:
    """Return the origin of URLs that lead to a socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def serving(app: ASGIApp, bound: socket.socket) -> Iterator[None]:
    """Serve an application in a thread of its own."""
    server = ThreadServer(app)
    name = "supermetrics-emulator"
    thread = threading.Thread(target=server.run_and_signal, args=(bound,), name=name, daemon=True)
    thread.start()
    try:
        server.wait_until_ready()
        yield
    finally:
        server.stop()
        thread.join()
        bound.close()
