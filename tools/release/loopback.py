"""Servers on loopback, as context managers: a package index, and the service that clients talk to."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tools.release.steps import Words, clean

PATIENCE = 60.0  # seconds until a server must answer


@contextmanager
def process(command: Words, log: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a server and always stop it; its standard error goes to a file."""
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            command, cwd=log.parent, env=clean(), stdout=subprocess.PIPE, stderr=errors, text=True
        ) as server,
    ):
        try:
            yield server
        finally:
            server.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, server: subprocess.Popen[str], log: Path) -> None:
    deadline = monotonic() + PATIENCE
    while server.poll() is None and monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}; the server says\n{log.read_text(encoding='utf-8')}")


@contextmanager
def package_index(folder: Path) -> Iterator[str]:
    """Serve an empty package index that accepts any upload and has no fallback."""
    folder.mkdir()
    port, log = free_port(), folder.parent / "index.log"
    where: Words = ("--interface", "127.0.0.1", "--port", str(port))
    alone: Words = ("--disable-fallback", "--passwords", ".", "--authenticate", ".")
    program = Path(sys.executable).parent / "pypi-server"
    with process([program, "run", *where, *alone, folder], log) as server:
        await_port(port, server, log)
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def smoke_service(python: Path, script: Path, log: Path) -> Iterator[tuple[str, ...]]:
    """Serve the emulator from an environment that has it; yield the arguments of the smoke script."""
    with process([python, "-I", script], log) as server:
        printed = (server.stdout.readline() if server.stdout else "").split()
        if len(printed) != 2:
            raise SystemExit(f"the emulator does not start:\n{log.read_text(encoding='utf-8')}")
        yield (printed[0], printed[1])
