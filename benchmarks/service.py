"""One loopback service for every subject, in a process of its own: HTTP/1.1, keep-alive, no compression.

The name of a query says what it does: `running` never ends, `rows-1000` has that many rows, `ends-5-a` succeeds five
seconds after the first poll of it. The first part of a path is how many milliseconds an answer takes. Both ways to ask
are supported: `/query/status?json={...}` and `/query/data/json?schedule_id=...`. `/counters` reports what was seen.
"""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks import rendering
from benchmarks.environment import clean

ROOT = Path(__file__).resolve().parent.parent
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-RateLimit-Limit: 5000\r\nX-RateLimit-Remaining: 4990\r\n"
    b"Content-Length: %d\r\n\r\n"
)
END = b"\r\n\r\n"

COUNTERS = {"connections": 0, "requests": 0}
SINCE: dict[str, float] = {}  # when each query that ends was first polled


class Connection(asyncio.Protocol):
    """Answer one request after the other."""

    def __init__(self) -> None:
        """Begin with an empty buffer."""
        self.transport: asyncio.Transport | None = None
        self.received = b""
        self.is_counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport that answers are written to."""
        self.transport = transport if isinstance(transport, asyncio.Transport) else None

    def data_received(self, data: bytes) -> None:
        """Answer every request that has arrived whole; none of them has a body."""
        self.received += data
        while END in self.received:
            head, _, self.received = self.received.partition(END)
            self.answer(urlsplit(head.split(b" ", 2)[1].decode()))

    def answer(self, target: Any) -> None:
        """Send what the path asks for, when it is due."""
        if target.path == "/counters":
            self.send(rendering.compact(COUNTERS))
            return
        COUNTERS["requests"] += 1
        COUNTERS["connections"] += not self.is_counted
        self.is_counted = True
        body = body_of(asked(target.query))
        delay = int(target.path.split("/", 2)[1]) / 1000
        if delay:
            asyncio.get_running_loop().call_later(delay, self.send, body)
        else:
            self.send(body)

    def send(self, body: bytes) -> None:
        """Send an answer, unless the client has gone."""
        if self.transport and not self.transport.is_closing():
            self.transport.writelines([HEAD % len(body), body])


def asked(query: str) -> Mapping[str, Any]:
    """Read the parameters, plain or as one JSON text."""
    plain = dict(parse_qsl(query))
    return json.loads(plain["json"]) if "json" in plain else plain


def body_of(members: Mapping[str, Any]) -> bytes:
    """Return the answer for a query by its name."""
    name = members["schedule_id"]
    kind, _, rest = name.partition("-")
    if kind == "rows":
        return rendering.result(name, int(rest), int(members.get("offset_start", 0)), offset(members.get("offset_end")))
    if kind == "ends" and has_ended(rest):
        return rendering.result(name, 0, 0, 0)
    return rendering.running(name)


def offset(value: str | int | None) -> int | None:
    """Read an offset that may be missing."""
    return None if value is None else int(value)


def has_ended(name: str) -> bool:
    """Return whether as many seconds have passed since the first poll as the name says."""
    moment = time.monotonic()
    return moment - SINCE.setdefault(name, moment) >= float(name.partition("-")[0])


async def serve() -> None:
    """Serve until standard input closes, so that the process never outlives the one that started it."""
    rendering.rows()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextmanager
def serving() -> Iterator[str]:
    """Run the service in a separate process and yield its address."""
    command = [sys.executable, "-m", "benchmarks.service"]
    with subprocess.Popen(
        command, cwd=ROOT, env=clean(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def counters(url: str) -> dict[str, float]:
    """Ask the service how many connections and requests it has seen."""
    with urllib.request.urlopen(f"{url}/counters", timeout=30) as answer:
        return dict(json.load(answer))


if __name__ == "__main__":
    asyncio.run(serve())
