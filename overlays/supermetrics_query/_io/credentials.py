"""The key, kept apart from everything that is logged, printed or pickled. Only the drivers hold one."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ..errors import ConfigurationError

TokenProvider: TypeAlias = Callable[[], str | Awaitable[str]]


def checked_key(value: object) -> str:
    """Return a key that fits into a header. The message does not repeat it."""
    if not isinstance(value, str) or not value:
        raise ConfigurationError("no API key: pass api_key=... or token_provider=..., or set SUPERMETRICS_API_KEY")
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ConfigurationError(
            "the API key holds blanks, line ends or other characters that no key has; was it read with its line end?"
        )
    return value


class Credentials:
    """The current key, and where the next one comes from. `serial` counts the keys so far."""

    def __init__(self, key: str | None, provider: TokenProvider | None) -> None:
        """Take a key, or a provider that is asked for one when it is needed."""
        self._key = checked_key(key) if provider is None else None
        self._provider = provider
        self.serial = 0

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
        self._key = checked_key(key)
        self.serial += 1

    def header(self) -> dict[str, str]:
        """Return the header with the key, which is sent nowhere else."""
        return {"Authorization": f"Bearer {self._key}"}
