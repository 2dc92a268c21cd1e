"""Where a download is written. An unfinished file never has the name that was asked for."""

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeAlias

from .._contract.validation import not_awaitable
from ..errors import ConfigurationError

Target: TypeAlias = str | os.PathLike[str] | IO[bytes]
OnBytes: TypeAlias = Callable[[int], object]
KEPT_HEAD = 64 * 1024
REPORT_EVERY = 64 * 1024  # bytes
NOTHING = -1


class Sink:
    """Takes the bytes of a download, counts them, and keeps their beginning, which distinguishes an error from rows.

    `failure` is what writing or `on_progress` raised. It is kept until nothing more arrives: before, it could be taken
    for a failure of the connection. Nothing is written after it.
    """

    def __init__(self, file: IO[bytes] | None = None, on_progress: OnBytes | None = None) -> None:
        """Take an open file, or none until `begin`."""
        self._file = file
        self._on_progress = on_progress
        self.failure: Exception | None = None
        Sink.begin(self)

    @property
    def can_begin_again(self) -> bool:
        """Whether what was written can be taken back."""
        return True

    def begin(self) -> None:
        """Begin, or begin again."""
        self.size, self.head = 0, b""
        self._reported = NOTHING

    def write(self, chunk: bytes) -> bool:
        """Write a part, and return whether more may come."""
        if self.failure is None:
            try:
                self._take(chunk)
            except Exception as error:
                self.failure = error
        return self.failure is None

    def _take(self, chunk: bytes) -> None:
        if self._file is not None:
            self._file.write(chunk)
        self.size += len(chunk)
        self.head += chunk[: KEPT_HEAD - len(self.head)]
        if self.size - self._reported > REPORT_EVERY:
            self._report()

    def _report(self) -> None:
        if self._on_progress is not None and self._reported != self.size:
            self._reported = self.size
            not_awaitable(
                self._on_progress(self.size),
                "on_progress of a download must be a plain function; it returned an awaitable",
            )

    def finish(self) -> int:
        """Keep what was written and return its size."""
        self._report()
        return self.size

    def discard(self) -> None:
        """Remove what was not finished, where that can be done."""


class PathSink(Sink):
    """Writes beside the path and takes its place at the end."""

    def __init__(self, path: Path, on_progress: OnBytes | None = None) -> None:
        """Choose a name beside the path; nothing is opened yet."""
        super().__init__(on_progress=on_progress)
        self._path = path
        self._part = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")

    def begin(self) -> None:
        """Begin, or begin again."""
        self.discard()
        self._file = self._part.open("wb")
        super().begin()

    def finish(self) -> int:
        """Rename the file to its final name, and return its size."""
        size = super().finish()
        if self._file is not None:
            self._file.close()
            self._part.replace(self._path)
            self._file = None
        return size

    def discard(self) -> None:
        """Remove what was not finished."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._part.unlink(missing_ok=True)


class FileSink(Sink):
    """Writes to an open file, which the caller closes; where that fails, the error says that it is not whole."""

    def __init__(self, file: IO[bytes], on_progress: OnBytes | None = None) -> None:
        """Start at the current position of the file."""
        super().__init__(file, on_progress)
        self._start = file.tell() if file.seekable() else None

    @property
    def can_begin_again(self) -> bool:
        """Whether what was written can be taken back."""
        return self._start is not None or not self.size

    def begin(self) -> None:
        """Begin, or begin again."""
        if self._file is not None and self._start is not None:
            self._file.seek(self._start)
            self._file.truncate()
        super().begin()


def sink_of(target: Target, on_progress: OnBytes | None = None) -> Sink:
    """Return where to write: beside a path, or into an open file."""
    if on_progress is not None and (not callable(on_progress) or inspect.iscoroutinefunction(on_progress)):
        raise ConfigurationError(f"on_progress of a download must be a plain function, not {on_progress!r}")
    if isinstance(target, str | os.PathLike):
        return PathSink(Path(target), on_progress)
    return FileSink(target, on_progress)
