"""Where the key comes from: the environment or a file, never an option, which a list of processes would show."""

import os
import stat
from pathlib import Path
from typing import NoReturn

from ..errors import ConfigurationError
from . import exits

API_KEY = "SUPERMETRICS_API_KEY"


def key_from(path: Path | None) -> str:
    """Return the key. It is in no message."""
    if path is None:
        return os.environ.get(API_KEY) or missing()
    try:
        key = path.read_text(encoding="utf-8").strip()
        mode = path.stat().st_mode
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
    """Say how to give a key."""
    raise ConfigurationError(f"no API key: set {API_KEY}, or give --key-file PATH")
