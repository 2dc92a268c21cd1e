"""Where a download is written."""

import inspect
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeAlias

from .._contract.validation import not_awaitable, short_repr
from ..errors import ConfigurationError
from .files import NewFile, is_replaceable

Target: TypeAlias = str | os.PathLike[str] | IO[bytes]
"""Where a download goes: a path, or a file that is open in binary mode."""
OnBytes: TypeAlias = Callable[[int], object]
"""What takes the number of bytes that have come."""
HELD = 64 * 1024  # bytes; an answer that turns out to be no result is mostly shorter
REPORT_EVERY = 64 * 1024  # bytes
NOTHING = -1


class Sink:
    """Takes the bytes of a download and counts them. The first are held back: what cannot be taken back may be wrong.

    `failure` is what writing or `on_progress` raised. It is kept until nothing more arrives: before, it could be taken
    for a failure of the connection. Nothing is written after it.
    """

    def __init__(self, on_progress: OnBytes | None = None) -> None:
        """Take nothing before `begin`."""
        self._on_progress = on_progress
        self._file: IO[bytes] | None = None
        self.failure: Exception | None = None
        self._restart()

    @property
    def can_begin_again(self) -> bool:
        """Whether what was written can be taken back."""
        return self.size <= HELD

    def begin(self) -> None:
        """Begin, or begin again."""
        self._restart()

    def _restart(self) -> None:
        self.size, self._held, self._reported = 0, b"", NOTHING

    def write(self, chunk: bytes) -> bool:
        """Write a part, and return whether more may come."""
        if self.failure is None:
            try:
                self._take(chunk)
            except Exception as error:
                self.failure = error
        return self.failure is None

    def _take(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._held += chunk
        if self.size > HELD:
            self._pass_on()
        if self.size - self._reported > REPORT_EVERY:
            self._report()

    def _pass_on(self) -> None:
        held, self._held = self._held, b""
        if self._file is not None:
            write_all(self._file, held)

    def _report(self) -> None:
        if self._on_progress is not None and self._reported != self.size:
            self._reported = self.size
            not_awaitable(
                self._on_progress(self.size),
                "on_progress of a download must be a plain function; it returned an awaitable",
            )

    def finish(self) -> int:
        """Keep what was written and return its size."""
        self._pass_on()
        self._report()
        return self.size

    def discard(self) -> None:
        """Remove what was not finished, where that can be done."""


class PathSink(Sink):
    """Writes beside a path, and takes its place at the end."""

    def __init__(self, path: Path, on_progress: OnBytes | None = None) -> None:
        """Open nothing yet."""
        super().__init__(on_progress)
        self._new = NewFile(path)

    @property
    def can_begin_again(self) -> bool:
        """Whether what was written can be taken back."""
        return True

    def begin(self) -> None:
        """Begin, or begin again."""
        super().begin()
        self._file = self._new.open()

    def finish(self) -> int:
        """Put the file in its place, and return its size."""
        size = super().finish()
        self._new.finish()
        return size

    def discard(self) -> None:
        """Remove what was not finished."""
        self._new.discard()


class DeviceSink(Sink):
    """Writes into a device or a pipe with a name, which cannot be replaced."""

    def __init__(self, path: Path, on_progress: OnBytes | None = None) -> None:
        """Open nothing yet."""
        super().__init__(on_progress)
        self._path = path

    def begin(self) -> None:
        """Begin, or begin again; the reader of a pipe would take a second opening for another writer."""
        super().begin()
        if self._file is None:
            self._file = self._path.open("wb", buffering=0)

    def discard(self) -> None:
        """Close it."""
        if self._file is not None:
            self._file.close()


class FileSink(Sink):
    """Writes to an open file, which the caller closes; where that fails, the error says that it is not whole."""

    def __init__(self, file: IO[bytes], on_progress: OnBytes | None = None) -> None:
        """Start at the current position of the file."""
        super().__init__(on_progress)
        self._file = file
        self._start = file.tell() if file.seekable() else None

    @property
    def can_begin_again(self) -> bool:
        """Whether what was written can be taken back."""
        return self._start is not None or super().can_begin_again

    def begin(self) -> None:
        """Begin, or begin again."""
        is_written = self.size > HELD
        super().begin()
        if self._file is None or self._start is None:
            return
        try:
            self._file.seek(self._start)
            self._file.truncate()
        except OSError:  # of a device, or of a file that compresses: what is written there stays
            if is_written:
                raise
            self._start = None


def write_all(file: IO[bytes], content: bytes) -> None:
    """Write everything, however little a file takes at once; raise OSError where it takes nothing."""
    while content:
        count: int | None = file.write(content)
        if count is None and not isinstance(file, io.RawIOBase):
            return  # many objects that can be written to do not say
        if not isinstance(count, int) or count <= 0:
            raise OSError(f"{file!r} takes no more: {len(content)} bytes could not be written")
        content = content[count:]


def sink_of(target: Target, on_progress: OnBytes | None = None) -> Sink:
    """Return where to write: to a path, or into an open file."""
    if on_progress is not None and (not callable(on_progress) or inspect.iscoroutinefunction(on_progress)):
        raise ConfigurationError(f"on_progress of a download must be a plain function, not {short_repr(on_progress)}")
    if not isinstance(target, str | os.PathLike):
        return FileSink(target, on_progress)
    path = Path(target)
    return PathSink(path, on_progress) if is_replaceable(path) else DeviceSink(path, on_progress)
