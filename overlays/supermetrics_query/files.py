"""Where a download goes. A file that was not finished never stands under the name that was asked for."""

import os
import uuid
from pathlib import Path
from typing import IO, Protocol, TypeAlias

Target: TypeAlias = str | os.PathLike[str] | IO[bytes]

KEPT_HEAD = 64 * 1024


class Sink(Protocol):
    """Takes the bytes of a download."""

    size: int
    head: bytes  # the beginning, to tell an error from rows

    @property
    def can_begin_again(self) -> bool:
        """Whether what was written can be taken back."""
        ...

    def begin(self) -> None:
        """Begin, or begin again."""
        ...

    def write(self, chunk: bytes) -> None:
        """Take a part."""
        ...

    def finish(self) -> int:
        """Keep what was written and return how many bytes it is."""
        ...

    def discard(self) -> None:
        """Drop what was not finished."""
        ...


class PathSink:
    """Writes beside the path and takes its place at the end."""

    can_begin_again = True

    def __init__(self, path: Path) -> None:
        """Choose a name beside the path; nothing is opened yet."""
        self._path = path
        self._part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
        self._file: IO[bytes] | None = None
        self.size, self.head = 0, b""

    def begin(self) -> None:
        """Begin, or begin again."""
        self.discard()
        self._file = self._part.open("wb")
        self.size, self.head = 0, b""

    def write(self, chunk: bytes) -> None:
        """Take a part."""
        if self._file is not None:
            self._file.write(chunk)
        self.size += len(chunk)
        self.head += chunk[: KEPT_HEAD - len(self.head)]

    def finish(self) -> int:
        """Give the file its name."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._part.replace(self._path)
        return self.size

    def discard(self) -> None:
        """Remove what was not finished."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._part.unlink(missing_ok=True)


class FileSink:
    """Writes to an open file, which the caller closes."""

    def __init__(self, file: IO[bytes]) -> None:
        """Begin where the file stands."""
        self._file = file
        self._start = file.tell() if file.seekable() else None
        self.size, self.head = 0, b""

    @property
    def can_begin_again(self) -> bool:
        """Whether what was written can be taken back."""
        return self._start is not None or not self.size

    def begin(self) -> None:
        """Begin, or begin again."""
        if self._start is not None:
            self._file.seek(self._start)
            self._file.truncate()
        self.size, self.head = 0, b""

    def write(self, chunk: bytes) -> None:
        """Take a part."""
        self._file.write(chunk)
        self.size += len(chunk)
        self.head += chunk[: KEPT_HEAD - len(self.head)]

    def finish(self) -> int:
        """Return how many bytes were written."""
        return self.size

    def discard(self) -> None:
        """Leave the file as it is; the error says that it is not whole."""


def sink_of(target: Target) -> Sink:
    """Return where to write: beside a path, or into an open file."""
    return PathSink(Path(target)) if isinstance(target, str | os.PathLike) else FileSink(target)
