"""A server of raw bytes on loopback: it accepts, reads one request, and behaves as the test says."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Behaviour = Callable[[socket.socket], None]


def sends(content: bytes) -> Behaviour:
    """Send these bytes and close."""
    return lambda connection: connection.sendall(content)


def drops(connection: socket.socket) -> None:
    """Close with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def read_request(connection: socket.socket) -> None:
    """Read up to the end of the headers; the requests of these tests fit into one packet."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return
        received += part


@contextmanager
def serving(behaviour: Behaviour) -> Iterator[str]:
    """Serve every connection in this way and yield the base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    read_request(connection)
                    behaviour(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
