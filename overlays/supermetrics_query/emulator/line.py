"""The connection below HTTP: it can be cut, which no ASGI message can ask for.

uvicorn hands a mapping of application state to every connection and a copy of it to every request. The
protocol puts the connection into it.
"""

import asyncio
import socket
import struct
from collections.abc import Mapping

from starlette.types import Scope
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

LINE = "supermetrics_query.line"
NO_LINGERING = struct.pack("ii", 1, 0)


class Line:
    """A connection to a client."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None

    def drop(self) -> None:
        """Close the connection at once; what was not sent yet is lost."""
        if self.transport:
            self.transport.abort()

    def reset(self) -> None:
        """Close the connection so that the client is told of an error (RST)."""
        if self.transport:
            bound: socket.socket = self.transport.get_extra_info("socket")
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGERING)
            self.transport.abort()

    def hang_up(self) -> None:
        """Close the connection when everything has been sent."""
        if self.transport:
            self.transport.close()


class LineProtocol(H11Protocol):
    """The protocol of uvicorn, with a handle on its connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: Mapping[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._line = Line()
        super().__init__(config, server_state, {**app_state, LINE: self._line}, _loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection down."""
        if isinstance(transport, asyncio.Transport):
            super().connection_made(transport)
            self._line.transport = transport


def line_of(scope: Scope) -> Line:
    """Return the connection of a request."""
    line: Line | None = scope.get("state", {}).get(LINE)
    if line is None:
        raise RuntimeError("this fault needs the emulator's own server, because it cuts the connection")
    return line
