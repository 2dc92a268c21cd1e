"""What every command that talks to the API needs: a client, and words for whoever waits."""

import logging
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from attrs import frozen

from ..errors import ServerError, TransportError, UnreadableResponseError, WaitTimeoutError
from . import exits
from .keys import key_from

if TYPE_CHECKING:
    from .._client.client import QueryClient
    from .._client.query import Query
    from .._core.run import Run
    from .progress import Display

MAY_RUN = (TransportError, ServerError, UnreadableResponseError)
GO_ON: Mapping[str, str] = {
    "wait": "To keep waiting:",
    "rows": "To read its rows:",
    "download": "To download its result:",
}
SHORT_START = 1.0  # seconds; whoever watches wants to see progress, not one long request


@frozen(kw_only=True)
class Session:
    """How to reach the API, and how much to say."""

    key_file: Path | None = None
    base_url: str | None = None
    quiet: bool = False
    verbose: bool = False

    @property
    def is_watched(self) -> bool:
        """Whether a person reads stderr and wants to see progress."""
        return sys.stderr.isatty() and not self.quiet

    def hint(self, text: str) -> None:
        """Say something that only a person wants to know."""
        if self.is_watched:
            exits.say(text)

    def command(self, name: str, token: str) -> str:
        """Return the command that goes on with a query, to be pasted."""
        key = () if self.key_file is None else ("--key-file", str(self.key_file))
        url = () if self.base_url is None else ("--base-url", self.base_url)
        return shlex.join(("supermetrics-query", name, token, *key, *url))

    def client(self, display: "Display | None" = None, *, page_size: int = 10_000) -> "QueryClient":
        """Make a client that tells a display, or the log, what happens."""
        from .._client.base import DEFAULT_POLL
        from .._client.client import QueryClient
        from .._core.polling import PollPolicy
        from ..events import log_events

        on_event = display.on_event if display else None
        if self.verbose:
            log_to_stderr()
            on_event = log_events
        poll = PollPolicy(start_wait=SHORT_START) if self.is_watched else DEFAULT_POLL
        key = key_from(self.key_file)
        return QueryClient(key, base_url=self.base_url, poll=poll, on_event=on_event, page_size=page_size)

    def display(self) -> "Display":
        """Return what shows progress; the log takes its place."""
        from .progress import Display

        return Display(is_shown=self.is_watched and not self.verbose)

    @contextmanager
    def waited(self, token: str, timeout: float | None) -> Iterator["Query"]:
        """Give the handle of a query that has succeeded."""
        display = self.display()
        with self.client(display) as client:
            query = client.attach(token)
            with self.going_on("wait", query), display:
                query.wait(timeout=timeout, on_progress=display.show)
            yield query

    @contextmanager
    def going_on(self, name: str, query: "Query | Run") -> Iterator[None]:
        """Say with which command to go on when the block is interrupted or its time is over."""
        again = f"{GO_ON[name]}\n  {self.command(name, query.token)}"
        try:
            yield
        except KeyboardInterrupt:
            exits.say(f"Interrupted; query {query.schedule_id!r} keeps running. {again}")
            raise typer.Exit(exits.INTERRUPTED) from None
        except WaitTimeoutError as error:
            raise exits.report(error, told(error), again) from None
        except MAY_RUN as error:
            raise exits.report(error, hint=f"The query may be running. {again}") from None


def told(error: WaitTimeoutError) -> str:
    """Say where a query stands, without the Python that would go on."""
    from .._flows.poll import standing

    return f"query {error.schedule_id!r} is {standing(error.status)} at the end of the wait"


def log_to_stderr() -> None:
    """Write the events of a client to stderr."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    exits.LOGGER.setLevel(logging.DEBUG)
