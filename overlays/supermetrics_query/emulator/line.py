"""The connection below HTTP: it can be cut, which no ASGI message can ask for.

uvicorn hands every request a copy of the application state that its connection holds. The protocol puts the
connection into it.
"""

import asyncio
import socket
import struct

import attrs
from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

LINE = "supermetrics_query.line"
NO_LINGERING = struct.pack("ii", 1, 0)


@attrs.frozen
class Line:
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


class LineProtocol(H11Protocol):
    """The protocol of uvicorn, with a handle on its connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection down."""
        if isinstance(transport, asyncio.Transport):
            super().connection_made(transport)
            self.app_state = {**self.app_state, LINE: Line(transport)}


def line_of(scope: Scope) -> Line:
    """Return the connection of a request."""
    line: Line | None = scope.get("state", {}).get(LINE)
    if line is None:
        raise RuntimeError("this fault needs the emulator's own server, because it cuts the connection")
    return line
