"""Progress on stderr, only on a terminal: a bar, or lines where the terminal cannot move its cursor."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from attrs import define
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from .. import QueryStatus
from ..errors import ConfigurationError
from ..events import Event, Polled, PollFailed, RetryScheduled
from .exits import visible

IN_LINE = frozenset({"SCHEDULED", "QUEUED"})


@define
class Estimate:
    """Estimates when a query ends, from how fast its parts became ready since the first poll."""

    began: float | None = None
    fraction: float = 0.0

    def ends_at(self, now: float, fraction: float | None) -> float | None:
        """Return the time, or None until another part is ready."""
        if fraction is None:
            return None
        if self.began is None:
            self.began, self.fraction = now, fraction
        gained = fraction - self.fraction
        return now + (now - self.began) * (1 - fraction) / gained if gained > 0 else None


class TimesColumn(ProgressColumn):
    """How long the query has taken, and how much longer it may take."""

    def render(self, task: Task) -> Text:
        """Return both times."""
        elapsed, ends = shown(task.elapsed or 0.0), task.fields["ends"]
        if ends is None or task.finished:
            return Text(elapsed, style="progress.elapsed")
        left = shown(max(0.0, ends - task.get_time()))
        return Text(f"{elapsed}, about {left} left", style="progress.elapsed")


class Display:
    """Shows the status of a query. It is a context manager; its `on_event` is for the client."""

    def __init__(
        self, *, is_shown: bool, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start to count the time; `clock` and `console` are for pictures and tests."""
        self.console = console or Console(stderr=True)
        self._has_lines = is_shown and self.console.is_dumb_terminal
        self._clock, self._estimate, self._line = clock, Estimate(), ""
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[parts]}", markup=False),
            TimesColumn(),
            TextColumn("{task.fields[note]}", style="dim", markup=False),
            console=self.console,
            get_time=clock,
            disable=not is_shown or self._has_lines,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self.bar.add_task("starting", total=None, parts="", note="", ends=None)

    def __enter__(self) -> Self:
        """Show the bar."""
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state on the screen, unless the query was refused before anything was sent."""
        self.bar.live.transient = isinstance(error, ConfigurationError)
        self.bar.stop()

    def on_event(self, event: Event) -> None:
        """Show the status that a poll brought, or why and when a request is sent again."""
        if isinstance(event, Polled):
            self.show(event.status)
        elif isinstance(event, PollFailed | RetryScheduled):
            self.bar.update(self._task, note=f"{type(event.error).__name__}, again in {shown(event.pause)}")

    def show(self, status: QueryStatus) -> None:
        """Show a status."""
        progress = status.progress
        ready, total = (progress.ready, progress.total) if progress else (0, 0)
        code, parts = visible(str(status.code)), f"{ready}/{total} parts" if total else ""
        ends = self._estimate.ends_at(self._clock(), progress.fraction if progress else None)
        if status.is_success:
            ready = total = total or 1
        self.bar.update(
            self._task,
            description=code,
            completed=ready,
            total=total or None,
            parts=parts,
            note=queue(status),
            ends=ends,
        )
        self._write(" ".join(filter(None, (code, parts, queue(status)))))

    def _write(self, line: str) -> None:
        if self._has_lines and line != self._line:
            self.console.print(line, markup=False, highlight=False)
        self._line = line


def queue(status: QueryStatus) -> str:
    """Return how long the queue of the licence is, while the query waits in it."""
    workflow = status.workflow
    if workflow is None or status.code not in IN_LINE:
        return ""
    return f"queue: {workflow.scheduled} waiting, {workflow.running} running"


def shown(seconds: float) -> str:
    """Return a duration as 0:07 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
