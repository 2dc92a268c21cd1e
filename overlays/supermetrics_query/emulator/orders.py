"""What somebody wants the service to do: a query, its form, and whose it is."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property

import attrs

from .problems import bad_request
from .validation import number

# These say how to deliver a query, not which one it is.
DELIVERY = {"schedule_id", "offset_start", "offset_end", "sync_timeout"}

DEFAULT_WAIT = 1800  # seconds


@attrs.frozen(eq=False)
class Order:
    """A query as it was sent."""

    key: str
    form: str
    query: Mapping[str, object]

    @cached_property
    def identity(self) -> str:
        """What the query is, whatever it is called and however it is delivered."""
        what = {name: value for name, value in self.query.items() if name not in DELIVERY}
        try:
            return hashlib.sha256(json.dumps([self.form, what], sort_keys=True).encode()).hexdigest()
        except RecursionError:
            raise bad_request("The query is nested too deeply.") from None

    @property
    def schedule_id(self) -> str:
        """The id that was chosen, or one that follows from the query."""
        return str(self.query.get("schedule_id") or self.identity[:40])

    @property
    def ds_id(self) -> str:
        """The data source."""
        return str(self.query["ds_id"])

    @property
    def patience(self) -> int:
        """How many seconds the service may wait for the query."""
        sent = number(self.query, "sync_timeout")
        return DEFAULT_WAIT if sent is None else sent

    @property
    def settings(self) -> Mapping[str, object]:
        """The options of the query."""
        found = self.query.get("settings")
        return found if isinstance(found, Mapping) else {}

    @property
    def has_titles(self) -> bool:
        """Whether a header row is wanted."""
        return not self.settings.get("no_headers")
