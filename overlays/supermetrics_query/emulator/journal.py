"""What the service has seen, for tests to ask about."""

from collections.abc import Mapping

import attrs

START = "/query/data/"
READS: Mapping[str, str] = {
    "/query/status": "status",
    "/query/results": "results",
    "/query/history": "history",
}


@attrs.frozen(kw_only=True)
class SeenRequest:
    """A request as it came in; the key is left out, so that it can be printed."""

    at: float
    """When, in seconds of the service."""
    method: str
    path: str
    """Below the base, for instance `/query/status`."""
    params: Mapping[str, object]
    """The query parameters; a `json` parameter is taken apart."""
    json: object
    """The body, decoded; None when there was none or it was not JSON."""
    headers: Mapping[str, str]

    @property
    def operation(self) -> str:
        """One of `start`, `status`, `results`, `history`, or nothing."""
        return "start" if self.path.startswith(START) else READS.get(self.path, "")

    @property
    def schedule_id(self) -> str | None:
        """The id that was asked for or chosen, if any."""
        sent = self.json if isinstance(self.json, Mapping) else self.params
        found = sent.get("schedule_id")
        return found if isinstance(found, str) else None
