"""The tokens of unfinished queries, in a small file, so that the next run can resume them."""

import json
import threading
from pathlib import Path


class State:
    """Tokens by export name. Threads may share an instance."""

    def __init__(self, path: Path) -> None:
        """Read the tokens that an earlier run saved."""
        self._path = path
        self._lock = threading.Lock()
        self._tokens: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def token(self, name: str) -> str | None:
        """Return the token of an unfinished query, or None."""
        return self._tokens.get(name)

    def remember(self, name: str, token: str) -> None:
        """Save the token of a query."""
        with self._lock:
            self._tokens[name] = token
            self._write()

    def forget(self, name: str) -> None:
        """Remove the token of a query."""
        with self._lock:
            self._tokens.pop(name, None)
            self._write()

    def _write(self) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._tokens, indent=2))
        part.replace(self._path)
