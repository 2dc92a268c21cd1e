"""A uvicorn server in a thread, which starts and stops at once, and whose connections can be cut.

uvicorn checks ten times a second whether it should stop, and then waits for its clients. A service
that lives for one test can afford neither, so the two methods that wait are replaced.

No ASGI message can cut a connection. uvicorn copies the application state of a connection into each of
its requests, so the protocol puts the connection there.
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
KEEP_ALIVE = 600  # seconds; clients poll rarely and keep their connections


@attrs.frozen
class Connection:
    """A connection to a client."""

    transport: asyncio.Transport

    def drop(self) -> None:
        """Close the connection at once, without sending what is buffered."""
        self.transport.abort()

    def reset(self) -> None:
        """Close the connection with a reset (RST)."""
        bound: socket.socket = self.transport.get_extra_info("socket")
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
        self.transport.abort()

    def hang_up(self) -> None:
        """Close the connection after sending what is buffered."""
        self.transport.close()


class ConnectionProtocol(H11Protocol):
    """The protocol of uvicorn, which makes its connection available to requests."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the connection into the application state."""
        if isinstance(transport, asyncio.Transport):
            super().connection_made(transport)
            self.app_state = {**self.app_state, CONNECTION: Connection(transport)}


def connection_of(scope: Scope) -> Connection:
    """Return the connection of a request; raise RuntimeError on any other server."""
    connection: Connection | None = scope.get("state", {}).get(CONNECTION)
    if connection is None:
        raise RuntimeError("this fault needs the emulator's own server, because it cuts the connection")
    return connection


def config(app: ASGIApp) -> uvicorn.Config:
    """Return the configuration of every server of the emulator."""
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
        """Serve until `stop`, and wake `wait_until_ready` even if the server cannot start."""
        try:
            self.run([bound])
        finally:
            self._ready.set()

    def wait_until_ready(self) -> None:
        """Return when connections are accepted; raise RuntimeError if the server could not start."""
        self._ready.wait()
        if not self.started:
            raise RuntimeError("the emulator could not be started; its thread has printed why")

    def stop(self) -> None:
        """Ask the server to stop, from any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def main_loop(self) -> None:
        """Serve until `stop` is called."""
        await self.on_tick(0)
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Abort every connection, and return when every request has ended."""
        for server in self.servers:
            server.close()
        for bound in sockets or []:
            bound.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # The middleware cancels a request whose client has disconnected.
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
        for server in self.servers:
            await server.wait_closed()


def bind_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address; port 0 stands for any free port."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # asyncio sets TCP_NODELAY only on sockets that name their protocol.
    bound = socket.socket(family, kind, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def origin_of(bound: socket.socket) -> str:
    """Return the origin of the URLs of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def serving(app: ASGIApp, bound: socket.socket) -> Iterator[None]:
    """Serve an application in a thread of its own while the context is open."""
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
