"""The tokens of the queries that are under way, in a small file: what a run that was killed leaves to the next one."""

import json
import threading
from pathlib import Path


class State:
    """Tokens by name; threads may share one."""

    def __init__(self, path: Path) -> None:
        """Read what an earlier run has left."""
        self._path = path
        self._lock = threading.Lock()
        self._tokens: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def token(self, name: str) -> str | None:
        """Return the token of a query that is under way."""
        return self._tokens.get(name)

    def remember(self, name: str, token: str) -> None:
        """Note a query down."""
        with self._lock:
            self._tokens[name] = token
            self._write()

    def forget(self, name: str) -> None:
        """Strike a query out."""
        with self._lock:
            self._tokens.pop(name, None)
            self._write()

    def _write(self) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self._tokens, indent=2))
        part.replace(self._path)
