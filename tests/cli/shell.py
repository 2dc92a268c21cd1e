"""The command as a shell runs it: in pipes, and in a terminal."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from attrs import define
from supermetrics_query.emulator import Emulator

COMMAND = str(Path(sys.executable).with_name("supermetrics-query"))
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WEATHER = ("--ds-id", "WEATHER", "--accounts", "JFK", "--fields", "date,temp")


def environment(service: Emulator, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what a user of a service has in the environment."""
    # Commands run in other folders, where relative paths would lead to nothing.
    paths = os.pathsep.join(
        str(Path(part).resolve()) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part
    )
    own = {"PYTHONPATH": paths, "SUPERMETRICS_API_KEY": service.key, "SUPERMETRICS_BASE_URL": service.url}
    return os.environ | {"TERM": "xterm", "COLUMNS": "120"} | own | dict(extra or {})


def command(
    service: Emulator, *words: str, stdin: str | bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in pipes."""
    sent = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [COMMAND, *words], input=sent, env=environment(service, env), check=False, capture_output=True, timeout=60
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def shell(service: Emulator, script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `supermetrics-query` is the command."""
    path = f"{Path(COMMAND).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["/bin/bash", "-c", script],
        env=environment(service, {"PATH": path}),
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@define
class Terminal:
    """A command that runs in a terminal of its own."""

    process: subprocess.Popen[bytes]
    leader: int
    seen: str = ""

    def until(self, pattern: str) -> re.Match[str]:
        """Read until something is shown, which a bound of the test guards."""
        while not (found := re.search(pattern, self.text)):
            part = read(self.leader)
            assert part, f"{pattern!r} never came:\n{self.text}"
            self.seen += part
        return found

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.leader, keys.encode())

    def end(self) -> Self:
        """Read to the end."""
        while part := read(self.leader):
            self.seen += part
        self.process.wait(timeout=30)
        return self

    @property
    def text(self) -> str:
        """What was shown, without colours and moves of the cursor."""
        return ESCAPES.sub("", self.seen).replace("\r\n", "\n")


def read(leader: int) -> str:
    """Read what has been written; Linux reports the end as an error."""
    assert select.select([leader], [], [], 30)[0], "the terminal has been silent for 30 s"
    try:
        return os.read(leader, 65536).decode(errors="replace")
    except OSError:
        return ""


@contextmanager
def terminal(service: Emulator, *words: str, env: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """Run a command whose controlling terminal is new, so that Ctrl-C is one."""
    leader, follower = pty.openpty()
    # A session that opens a terminal while it has none gets it as its own.
    script = f'exec "$0" "$@" <>{os.ttyname(follower)} >&0 2>&0'
    with subprocess.Popen(
        ["/bin/sh", "-c", script, COMMAND, *words], env=environment(service, env), start_new_session=True
    ) as process:
        running = Terminal(process, leader)
        try:
            # The follower stays open until the command has begun, or its end would come too soon.
            running.until(r"\S")
            os.close(follower)
            yield running
        finally:
            process.kill()
            os.close(leader)
