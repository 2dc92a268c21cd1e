"""How a command ends: one line on stderr, and an exit code that a shell can branch on."""

import errno
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TextIO

import typer

from .. import errors
from ..errors import ConfigurationError, SupermetricsQueryError

P = ParamSpec("P")

LOGGER = logging.getLogger("supermetrics_query")

USAGE, INTERRUPTED, NOBODY_READS = 2, 130, 141
# What a terminal acts on: control characters but line feed and tab, and what changes the direction of text.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

# Where the words of a command may hold a key of any form: before a host, behind a path, and behind its name.
SECRETS = re.compile(r"""(://)[^/\s]*@|(/[^\s?#]*[?#])\S.*|(api[_-]?key[\\"'\s]*(?:[:=]|%3[ad])).*""", re.IGNORECASE)

# The first row that fits decides, so subclasses come first; an error in no row ends with 1.
CODES: Mapping[type[SupermetricsQueryError], int] = {
    errors.ConfigurationError: USAGE,
    errors.QueryStoppedError: 4,
    errors.ResultExpiredError: 9,
    errors.QueryError: 3,
    errors.WaitTimeoutError: 5,
    errors.AuthenticationError: 6,
    errors.PermissionDeniedError: 10,
    errors.QuotaExceededError: 7,
    errors.RateLimitError: 11,
    errors.ServerError: 11,
    errors.UnreadableResponseError: 8,
    errors.TransportError: 8,
    errors.ApiError: 12,
}
UNWRITTEN = 13
MEANINGS: Mapping[int, str] = {
    0: "success",
    1: "an error that this package does not know: please report it",
    2: "usage: the command, an option, a file or the key cannot be used; nothing was sent",
    3: "the query failed",
    4: "the query was stopped",
    5: "timeout: the query keeps running",
    6: "authentication: the key is not valid",
    7: "quota: a quota of the licence is used up",
    8: "transport: no usable answer",
    9: "expired: the result is no longer kept, or belongs to another key",
    10: "permission: the key, its licence or a login does not allow this",
    11: "try later: too many requests, or the API failed on every try",
    12: "refused: the API does not accept the request; correct the query",
    UNWRITTEN: "output: the disk is full, or the file cannot be written for another reason",
    INTERRUPTED: "Ctrl-C or SIGTERM: the query keeps running",
    NOBODY_READS: "broken pipe: the reader has exited, as in `... | head`",
}


def code_of(error: SupermetricsQueryError) -> int:
    """Return the exit code of an error."""
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), 1)


def line_of(error: BaseException, text: str = "") -> str:
    """Return the class of an error and its message, on one line."""
    return " ".join(f"{type(error).__name__}: {text or error}".split())


def without_secrets(text: str) -> str:
    """Return text that quotes the words of a command, without a key and without what may hold one."""
    cut = SECRETS.sub(lambda found: f"{found[1] or found[2] or found[3]}...", text)
    return ConfigurationError(cut).message  # which shows no key


def visible(text: str) -> str:
    """Return text in which what a terminal would act on is written as an escape that it shows."""
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def say(text: str) -> None:
    """Write a line to stderr; where that is not possible, the exit code has to do."""
    with suppress(OSError):
        typer.echo(visible(text), err=True)


def is_verbose() -> bool:
    """Return whether the command was given `--verbose`."""
    return LOGGER.isEnabledFor(logging.DEBUG)


def report(error: SupermetricsQueryError, text: str = "", hint: str = "") -> typer.Exit:
    """Print an error and a hint, and return what ends the command."""
    shown = without_secrets if isinstance(error, ConfigurationError) else str
    if is_verbose():
        say(shown("".join(traceback.format_exception(error)).rstrip()))
    for line in filter(None, (line_of(error, text), hint)):
        say(shown(line))
    return typer.Exit(code_of(error))


def ending(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what a command raises into one line and an exit code."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except SupermetricsQueryError as error:
            raise report(error) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            raise unwritten(error) from None

    return guarded


def unwritten(error: OSError, hint: str = "") -> typer.Exit:
    """Print why something could not be written, and return what ends the command; a closed pipe needs no message."""
    forget(sys.stdout)
    if error.errno == errno.EPIPE:
        return typer.Exit(NOBODY_READS)
    text = "stdout is closed" if error.errno == errno.EBADF else ""
    for line in filter(None, (line_of(error, text), hint)):
        say(line)
    return typer.Exit(UNWRITTEN)


def flush_messages() -> None:
    """Write what is buffered for stderr, or forget it."""
    try:
        sys.stderr.flush()
    except OSError:
        forget(sys.stderr)


def forget(stream: TextIO) -> None:
    """Send what is still buffered to the null device, or Python fails when it exits."""
    with suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def replace_closed_streams() -> None:
    """Put the null device where the shell has closed a standard stream, or the next file or connection gets its number.

    Stdin and stdout are opened for the wrong direction, so that using them fails; messages are dropped.
    """
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_WRONLY))
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def table() -> str:
    """Return the table of exit codes, for `--help`."""
    return "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items())
