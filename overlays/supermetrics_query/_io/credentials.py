"""The key, kept apart from everything that is logged, printed or pickled. Only the drivers hold one."""

import html
import json
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import quote

from ..errors import ConfigurationError

TokenProvider: TypeAlias = Callable[[], str | Awaitable[str]]
"""What returns the key; in async code it may be a coroutine function."""

MASKED = "[api key]"
SHORTEST = 8  # characters; a shorter key is one of a test, and any text may hold it


def problem_of(key: object) -> str | None:
    """Return why a key cannot be sent in a header, without repeating it."""
    if not isinstance(key, str) or not key:
        return "no API key: pass api_key=... or token_provider=..., or set SUPERMETRICS_API_KEY"
    if not key.isascii() or not key.isprintable() or " " in key:
        return "the API key holds blanks, line ends or other characters that no key has; was it read with its line end?"
    return None


class Mask:
    """Replaces a key in what is kept of an answer: a server may send back what it was sent."""

    def __init__(self, key: str) -> None:
        """Take a key, and the ways in which an answer may write it."""
        quoted, escaped = quote(key, safe=""), json.dumps(key)[1:-1]
        forms = {key, quoted, quoted.lower(), escaped, escaped.replace("/", r"\/"), html.escape(key)}
        self._forms = sorted(forms, key=len, reverse=True) if len(key) >= SHORTEST else []
        codings = ("utf-8", "utf-16-le", "utf-16-be")
        self._bytes = [form.encode(coding) for form in self._forms for coding in codings]

    def __repr__(self) -> str:
        """Return a text without the key."""
        return "<Mask>"

    def text(self, text: str) -> str:
        """Return a text without the key."""
        for form in self._forms:
            text = text.replace(form, MASKED)
        return text

    def body(self, content: bytes | bytearray, searched: int | None = None) -> bytes | bytearray:
        """Return a body without the key, and the same one where the bytes that are searched have none."""
        for form in self._bytes:
            if content.find(form, 0, searched) >= 0:
                content = content.replace(form, MASKED.encode())
        return content


NO_MASK = Mask("")


class Credentials:
    """The current key, and where the next one comes from. `serial` counts the keys so far.

    Tracebacks may show local variables, so none holds a key when an error is raised.
    """

    def __init__(self, key: str | None, provider: TokenProvider | None) -> None:
        """Take a key, or a provider that is asked for one when it is needed."""
        self._key: str | None = None
        self._provider = provider
        self.mask = NO_MASK
        self.serial = 0
        problem = None if provider else self._take(key)
        del key
        check(problem)

    def __repr__(self) -> str:
        """Return a text without the key."""
        return f"<Credentials {self.serial}>"

    @property
    def is_missing(self) -> bool:
        """Whether there is no key yet, because the provider has not been asked."""
        return self._key is None

    def ask(self) -> object:
        """Ask the provider, which may answer with an awaitable."""
        return self._key if self._provider is None else self._provider()

    def replace(self, key: object) -> None:
        """Replace the key."""
        problem = self._take(key)
        del key
        check(problem)
        self.serial += 1

    def header(self) -> dict[str, str]:
        """Return the header with the key, which is sent nowhere else."""
        return {"Authorization": f"Bearer {self._key}"}

    def _take(self, key: object) -> str | None:
        problem = problem_of(key)
        if problem is None:
            self._key = str(key)
            self.mask = Mask(self._key)
        return problem


def check(problem: str | None) -> None:
    """Raise ConfigurationError where there is a problem."""
    if problem:
        raise ConfigurationError(problem)
