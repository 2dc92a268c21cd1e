"""A progress bar on stderr, and only where somebody is looking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..status import QueryStatus


@contextmanager
def shown_progress(name: str) -> Iterator[Callable[[QueryStatus], None]]:
    """Show a bar inside the block; the value is what to pass as `on_progress`."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[parts]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None, parts="")

        def on_progress(status: QueryStatus) -> None:
            ready, total = (status.progress.ready, status.progress.total) if status.progress else (0, 0)
            parts = f"{ready}/{total} parts" if total else ""
            bar.update(task, description=str(status.code), completed=ready, total=total or None, parts=parts)

        yield on_progress
