"""A server of raw bytes on loopback that keeps connections, dies and comes back, and counts its requests."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
from attrs import define, field

from tests.support.sockets import drops

LIMIT = 20.0  # seconds after which a server thread that hangs is a failure
CLOSES, STAYS = False, True  # whether a connection is kept after an answer


@define
class Exchange:
    """One request, and the connection on which its answer goes."""

    connection: int  # counted from 1
    request: int  # counted from 1 on each connection
    socket: socket.socket

    def send(self, content: bytes) -> None:
        """Send, unless the client has gone."""
        with suppress(OSError):
            self.socket.sendall(content)

    def is_silent(self) -> bool:
        """Send nothing until the client hangs up."""
        with suppress(OSError):
            while self.socket.recv(65536):
                pass
        return CLOSES


Behaviour = Callable[[Exchange], bool]


@define
class Server:
    """Serve every connection in a thread of its own."""

    behaviour: Behaviour
    listener: socket.socket = field(init=False)
    port: int = 0
    connections: int = 0
    seen: list[tuple[int, int]] = field(factory=list)  # connection and request of each exchange
    open: dict[int, socket.socket] = field(factory=dict)
    closed: threading.Event = field(factory=threading.Event)  # set when a connection is closed by the server
    threads: list[threading.Thread] = field(factory=list)
    acceptor: threading.Thread = field(init=False)

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def listen(self) -> None:
        """Begin to listen, or begin again on the same port."""
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.acceptor = threading.Thread(target=self.accept)
        self.acceptor.start()

    def accept(self) -> None:
        """Accept until the listener is shut down."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open[self.connections] = connection
            self.threads.append(threading.Thread(target=self.serve, args=(self.connections, connection)))
            self.threads[-1].start()

    def serve(self, number: int, connection: socket.socket) -> None:
        """Answer the requests of one connection."""
        with connection, suppress(OSError):
            request, stays = 0, STAYS
            while stays and has_request(connection):
                request += 1
                self.seen.append((number, request))
                stays = self.behaviour(Exchange(number, request, connection))
        self.open.pop(number, None)
        self.closed.set()

    def stop_listening(self) -> None:
        """Refuse new connections."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join(LIMIT)
        self.listener.close()

    def die(self) -> None:
        """Close everything at once, as a process that is killed."""
        self.stop_listening()
        for connection in [*self.open.values()]:
            with suppress(OSError):
                drops(connection)
                connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Close everything and join every thread."""
        self.die()
        for thread in self.threads:
            thread.join(LIMIT)
        assert not any(thread.is_alive() for thread in self.threads)


def has_request(connection: socket.socket) -> bool:
    """Read a request without a body up to its end; return whether there was one."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return False
        received += part
    return True


@contextmanager
def a_server(behaviour: Behaviour) -> Iterator[Server]:
    """Run a server inside the block."""
    server = Server(behaviour)
    server.listen()
    try:
        yield server
    finally:
        server.end()


def raw(response: httpx.Response, off: int = 0) -> bytes:
    """Write a response as bytes whose Content-Length is off by so many."""
    length = len(response.content) + off
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + response.content
