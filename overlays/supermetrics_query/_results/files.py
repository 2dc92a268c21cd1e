"""The one writer of files: a name never stands for something unfinished.

What is written stands beside the path until it is whole, and then takes its place by one rename. The mode of the file
that was there is kept, and a link still leads to it. What cannot be replaced, a device or a pipe, is written into.
Nothing is forced to the disk, which would hold up an event loop for seconds: this is a promise about errors, signals
and crashes of the process, not about a loss of power.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

NEW, PRIVATE = 0o666, 0o600  # the umask takes its share; a file that is there may be for fewer readers
SHOWN_NAME = 40  # characters: the whole of a long name, and more, may be too long for the file system


class NewFile:
    """What will stand at a path, written beside it until then."""

    def __init__(self, path: Path) -> None:
        """Choose a name; nothing is opened yet."""
        self._path = Path(os.path.realpath(path))
        self._part = self._path.with_name(f".{self._path.name[:SHOWN_NAME]}.{os.urandom(4).hex()}.part")
        self._file: IO[bytes] | None = None

    def open(self) -> IO[bytes]:
        """Open it empty, for no more readers than the file that is there has."""
        self.discard()
        mode = mode_of(self._path)
        self._part.touch(NEW if mode is None else PRIVATE, exist_ok=False)
        self._file = self._part.open("wb")
        if mode is not None:
            self._part.chmod(mode)
        return self._file

    def finish(self) -> None:
        """Put it in its place; what is buffered may still not fit on the disk."""
        if self._file is not None:
            self._file.close()
            self._part.replace(self._path)
            self._file = None

    def discard(self) -> None:
        """Remove what was not finished."""
        if self._file is not None:
            with suppress(OSError):  # closing writes what is buffered, and the disk may be full
                self._file.close()
            self._file = None
        self._part.unlink(missing_ok=True)


def mode_of(path: Path) -> int | None:
    """Return the permissions of a file, None where there is none."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def is_replaceable(path: Path) -> bool:
    """Return whether a path is a file or free. A folder is neither, and opening it says so."""
    return path.is_file() or not path.exists()


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Yield a binary file that takes the place of `path` at the end of the block, and is removed after an error.

    The mode of a file that was there is kept, and links are followed.

    Args:
        path: Where the file will stand. A device or a pipe is written into.
    """
    if not is_replaceable(Path(path)):
        with Path(path).open("wb") as special:
            yield special
        return
    new = NewFile(Path(path))
    try:
        yield new.open()
        new.finish()
    finally:
        new.discard()
