"""What every command that calls the API needs: a key, a client, and the command that resumes an interrupted one."""

import logging
import os
import shlex
import stat
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer
from attrs import define, frozen

from ..errors import (
    ConfigurationError,
    RowLimitWarning,
    ServerError,
    TransportError,
    UnreadableResponseError,
    WaitTimeoutError,
)
from . import exits

if TYPE_CHECKING:
    from .. import Query, QueryClient
    from ..events import Event, OnEvent
    from .progress import Display

API_KEY = "SUPERMETRICS_API_KEY"
MAY_RUN = (TransportError, ServerError, UnreadableResponseError)
NEXT_STEPS: Mapping[str, str] = {
    "wait": "To keep waiting:",
    "rows": "To read its rows:",
    "download": "To download its result:",
}
LONGEST_KEY = 64 * 1024  # characters, because a device has no end
SHORT_START = 1.0  # seconds that the start may take, so that a person sees progress instead of one long request


@frozen(kw_only=True)
class Session:
    """How to reach the API, and how much to print."""

    key_file: Path | None = None
    base_url: str | None = None
    quiet: bool = False
    verbose: bool = False

    @property
    def is_watched(self) -> bool:
        """Whether progress and hints are printed: stderr is a terminal and `--quiet` was not given."""
        return sys.stderr.isatty() and not self.quiet

    def hint(self, text: str) -> None:
        """Print something that is only for a person."""
        if self.is_watched:
            exits.say(text)

    def command(self, name: str, token: str) -> str:
        """Return a command for a query, with the options of this session, ready to be pasted."""
        key = () if self.key_file is None else ("--key-file", str(self.key_file))
        url = () if self.base_url is None else ("--base-url", self.base_url)
        return shlex.join(("supermetrics-query", name, token, *key, *url))

    def client(self, *listeners: "OnEvent", page_size: int = 10_000) -> "QueryClient":
        """Return a client whose events go to the listeners, and with `--verbose` to the log."""
        from .. import PollPolicy, QueryClient, log_events

        warnings.simplefilter("ignore", RowLimitWarning)  # which `say_limit` says in a line of its own
        listeners = (say_limit, *listeners)
        if self.verbose:
            log_to_stderr()
            listeners = (log_events, *listeners)

        def on_event(event: "Event") -> None:
            for listener in listeners:
                listener(event)

        poll = PollPolicy(start_wait=SHORT_START) if self.is_watched else PollPolicy()
        key = key_from(self.key_file)
        return QueryClient(key, base_url=self.base_url, poll=poll, on_event=on_event, page_size=page_size)

    def display(self) -> "Display":
        """Return what shows progress. With `--verbose` it shows nothing, because the log has it."""
        from .progress import Display

        return Display(is_shown=self.is_watched and not self.verbose)

    def wait(self, query: "Query", timeout: float | None, display: "Display") -> None:
        """Wait until a query has succeeded."""
        with self.resumable("wait", query), display:
            query.wait(timeout=timeout, on_progress=display.show)

    @contextmanager
    def resumable(self, name: str, query: "Query | Start") -> Iterator[None]:
        """Print the command that resumes the block when it is interrupted, runs out of time or gets no answer."""
        try:
            yield
        except KeyboardInterrupt:
            if not query.token:  # nothing was sent
                raise
            exits.say(f"Interrupted; query {query.schedule_id!r} keeps running. {self.advice(name, query.token)}")
            raise typer.Exit(exits.INTERRUPTED) from None
        except WaitTimeoutError as error:
            raise exits.report(error, timeout_text(error), self.advice(name, query.token)) from None
        except OSError as error:
            raise exits.unwritten(error, self.advice(name, query.token) if query.token else "") from None
        except MAY_RUN as error:
            raise exits.report(error, hint=f"The query may be running. {self.advice(name, query.token)}") from None

    def advice(self, name: str, token: str) -> str:
        """Return what to do next, and the command for it."""
        return f"{NEXT_STEPS[name]}\n  {self.command(name, token)}"


@define
class Start:
    """A start. Once it is about to be sent, its token resumes the query. `on_event` is for the client."""

    schedule_id: str = ""
    token: str = ""

    def on_event(self, event: "Event") -> None:
        """Keep the id and the token of the query that is about to be started."""
        from .. import QueryResumed, StartSent

        if isinstance(event, StartSent | QueryResumed):
            self.schedule_id, self.token = event.schedule_id, event.token


def say_limit(event: "Event") -> None:
    """Say that rows may be missing, whether or not a person watches: a log is read later."""
    from .. import RowLimitReached

    if isinstance(event, RowLimitReached):
        exits.say(f"warning: {event.message}")


def timeout_text(error: WaitTimeoutError) -> str:
    """Return the status of the query, without the Python advice that the error gives."""
    standing = "not seen yet" if error.status is None else f"still {error.status}"
    return f"query {error.schedule_id!r} is {standing} at the end of the wait"


def log_to_stderr() -> None:
    """Log the events of the client to stderr."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    exits.LOGGER.setLevel(logging.DEBUG)


def key_from(path: Path | None) -> str:
    """Return the key. No message shows it."""
    if path is None:
        return os.environ.get(API_KEY) or missing()
    try:
        with path.open(encoding="utf-8") as file:
            key, mode = file.read(LONGEST_KEY).strip(), path.stat().st_mode
    except OSError as error:
        raise ConfigurationError(f"cannot read --key-file {str(path)!r}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"--key-file {str(path)!r} is not text") from None
    if not key:
        raise ConfigurationError(f"--key-file {str(path)!r} is empty")
    if os.name == "posix" and stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
        exits.say(f"warning: others may read the key in {str(path)!r}: chmod 600 {path}")
    return key


def missing() -> NoReturn:
    """Raise ConfigurationError, which says how to give a key."""
    raise ConfigurationError(f"no API key: set {API_KEY}, or give --key-file PATH")
