"""Where a download goes. A file that was not finished never stands under the name that was asked for."""

import os
import uuid
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias

Target: TypeAlias = str | os.PathLike[str] | IO[bytes]

KEPT_HEAD = 64 * 1024


class Sink:
    """Takes the bytes of a download, counts them, and keeps their beginning, which tells an error from rows."""

    def __init__(self, file: IO[bytes] | None = None) -> None:
        """Take an open file, or none before `begin`."""
        self._file = file
        self.size, self.head = 0, b""

    @property
    def can_begin_again(self) -> bool:
        """Whether what was written can be taken back."""
        return True

    def begin(self) -> None:
        """Begin, or begin again."""
        self.size, self.head = 0, b""

    def write(self, chunk: bytes) -> None:
        """Take a part."""
        if self._file is not None:
            self._file.write(chunk)
        self.size += len(chunk)
        self.head += chunk[: KEPT_HEAD - len(self.head)]

    def finish(self) -> int:
        """Keep what was written and return how many bytes it is."""
        return self.size

    def discard(self) -> None:
        """Drop what was not finished, where that can be done."""


class PathSink(Sink):
    """Writes beside the path and takes its place at the end."""

    def __init__(self, path: Path) -> None:
        """Choose a name beside the path; nothing is opened yet."""
        super().__init__()
        self._path = path
        self._part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")

    def begin(self) -> None:
        """Begin, or begin again."""
        self.discard()
        self._file = self._part.open("wb")
        super().begin()

    def finish(self) -> int:
        """Give the file its name."""
        if self._file is not None:
            self._file.close()
            self._part.replace(self._path)
            self._file = None
        return super().finish()

    def discard(self) -> None:
        """Remove what was not finished."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._part.unlink(missing_ok=True)


class FileSink(Sink):
    """Writes to an open file, which the caller closes; where that fails, the error says that it is not whole."""

    def __init__(self, file: IO[bytes]) -> None:
        """Begin where the file stands."""
        super().__init__(file)
        self._rewind = partial(rewind, file, file.tell()) if file.seekable() else None

    @property
    def can_begin_again(self) -> bool:
        """Whether what was written can be taken back."""
        return self._rewind is not None or not self.size

    def begin(self) -> None:
        """Begin, or begin again."""
        if self._rewind is not None:
            self._rewind()
        super().begin()


def rewind(file: IO[bytes], start: int) -> None:
    """Take back what was written since a position."""
    file.seek(start)
    file.truncate()


def sink_of(target: Target) -> Sink:
    """Return where to write: beside a path, or into an open file."""
    return PathSink(Path(target)) if isinstance(target, str | os.PathLike) else FileSink(target)
