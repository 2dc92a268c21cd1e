"""Where bytes go: stdout, or a file that has its name only when it is whole."""

import io
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..errors import ConfigurationError


class Stdout(io.FileIO):
    """Stdout as bytes. It cannot be rewound: what stands before in a file, as after `>>`, is not ours."""

    def seekable(self) -> bool:
        """Say that it cannot be rewound."""
        return False


def checked_target(path: Path) -> Path:
    """Return a path that can be written to, before a query is spent on it."""
    folder = path.parent
    if path.is_dir():
        raise ConfigurationError(f"--to {str(path)!r} is a folder")
    if not folder.is_dir():
        raise ConfigurationError(f"--to {str(path)!r}: there is no folder {str(folder)!r}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ConfigurationError(f"--to {str(path)!r} must not be written to")
    return path


@contextmanager
def opened(path: Path | None) -> Iterator[IO[bytes]]:
    """Give a file to write to; without a path it is stdout."""
    if path is None:
        with io.BufferedWriter(Stdout(os.dup(sys.stdout.fileno()), "w")) as stdout:
            yield stdout
    elif path.exists() and not path.is_file():  # a pipe or a device cannot be replaced
        with path.open("wb") as special:
            yield special
    else:
        with beside(path.resolve()) as file:
            yield file


@contextmanager
def beside(path: Path) -> Iterator[IO[bytes]]:
    """Write beside a path and take its place at the end."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with part.open("wb") as file:
            if path.exists():
                shutil.copymode(path, part)
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
