"""A server of raw bytes on loopback that keeps connections, dies and comes back, and counts its requests.

It shares nothing with the emulator: what a client has sent is parsed here, and what it gets is what a test writes.
"""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
    head: str  # the request line and the headers
    body: bytes

    @property
    def method(self) -> str:
        """GET or POST."""
        return self.head.split(" ", 1)[0]

    @property
    def path(self) -> str:
        """Where the request goes, without its parameters."""
        return urlsplit(self.head.split(" ", 2)[1]).path

    @property
    def asked(self) -> dict[str, Any]:
        """The object in the body of a start, or in the parameter `json` of a status request."""
        if self.method == "POST":
            return dict(json.loads(self.body))
        return dict(json.loads(parse_qs(urlsplit(self.head.split(" ", 2)[1]).query)["json"][0]))

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
            while stays and (received := read_request(connection)):
                request += 1
                self.seen.append((number, request))
                stays = self.behaviour(Exchange(number, request, connection, *received))
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


def read_request(connection: socket.socket) -> tuple[str, bytes] | None:
    """Read a request up to its end; return its head and its body, or None where the client has hung up."""
    received = b""
    while not is_whole(received):
        part = connection.recv(65536)
        if not part:
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return head.decode("latin-1"), body


def is_whole(received: bytes) -> bool:
    """Return whether the body has the length that the head says."""
    head, end, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


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
