"""What is known of one run of one query. Flows change it; both handles show it."""

from __future__ import annotations

import binascii
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

import msgspec
from attrs import asdict, define, frozen

from .._contract.validation import LAST_OFFSET, checked_format, checked_schedule_id, checked_window
from .._results.rows import NO_LAYOUT, Layout
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias
    from weakref import ref

    from supermetrics_query_api.models import DataQuery

    from .._client.query import AsyncQuery, Query
    from .._models import QueryStatus
    from ..errors import SupermetricsQueryError

    AnyQuery: TypeAlias = Query | AsyncQuery


LAG_OF_REPLICAS = 30.0  # seconds in which a query just started may not be found yet


@define(eq=False)
class Run:
    """One run of one query. Times are readings of the monotonic clock of the driver."""

    schedule_id: str
    format: str = "json"
    request: DataQuery | None = None  # None for a query started elsewhere
    first_row: int = 0  # the part of the result that the query asks for
    last_row: int = LAST_OFFSET
    started: float | None = None  # when our start was sent; None for a query started elsewhere
    born: float | None = None  # since when we know it, which is what its age is counted from
    phase: float | None = None  # since when it has had its code
    due: float = -math.inf  # when the next poll is due
    not_before: float = -math.inf  # when the server allows the next request
    unknown_since: float | None = None  # since when its code has been one we do not know
    was_told: bool = False  # whether an event has told of its end
    status: QueryStatus | None = None
    layout: Layout = NO_LAYOUT  # how the rows are laid out, once there are some
    error: SupermetricsQueryError | None = None
    abandoned: SupermetricsQueryError | None = None  # why nobody polls it any more, though it may go on
    show: Callable[[Run], AnyQuery] | None = None  # makes a handle of it
    shown: ref[AnyQuery] | None = None

    @property
    def handle(self) -> AnyQuery | None:
        """The handle that the caller has, else another one.

        It holds the run. The run does not hold it, so that a result is gone as soon as nobody has it any more.
        """
        known = None if self.shown is None else self.shown()
        return self.show(self) if known is None and self.show is not None else known

    @property
    def token(self) -> str:
        """What another process needs to go on."""
        return encode_token(Ticket(self.schedule_id, self.format, self.first_row, self.last_row))

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.error is not None or (self.status is not None and self.status.is_terminal)

    @property
    def is_settled(self) -> bool:
        """Whether nobody polls it any more, because it is over or was given up."""
        return self.is_over or self.abandoned is not None

    def age(self, now: float) -> float:
        """Return how long the query has been known."""
        return now - (now if self.born is None else self.born)

    def age_of_phase(self, now: float) -> float:
        """Return how long the query has had its code: the time in a queue says nothing of the time it will run."""
        return self.age(now) if self.phase is None else now - self.phase

    def saw(self, status: QueryStatus, now: float) -> None:
        """Keep what a poll showed."""
        if self.born is None:
            self.born = now
        if self.status is not None and self.status.code != status.code:
            self.phase = now
        self.status = status

    def may_lag(self, now: float) -> bool:
        """Tell whether a status that is not found may only be late: shortly after our own start."""
        return self.started is not None and not self.is_over and now - self.started < LAG_OF_REPLICAS

    def window(self, position: int, size: int) -> tuple[int, int]:
        """Return the first and the last offset of a page that begins `position` rows into the result."""
        first = self.first_row + position
        return first, min(first + size - 1, self.last_row)

    def annotate(self, error: SupermetricsQueryError) -> None:
        """Put on an error what its reader needs to go on."""
        error.schedule_id = self.schedule_id
        error.token = self.token

    def abandon(self, error: SupermetricsQueryError) -> None:
        """Remember why nobody polls it any more."""
        self.annotate(error)
        self.abandoned = error

    def end(self, error: SupermetricsQueryError) -> None:
        """Remember how the query ended badly."""
        self.annotate(error)
        self.error = error


PREFIX = "sq1."  # the dot cannot stand in a schedule id


@frozen
class Ticket:
    """What a token holds: which run, its format, and the part of the result that was asked for."""

    schedule_id: str
    format: str = "json"
    first_row: int = 0
    last_row: int = LAST_OFFSET


def encode_token(ticket: Ticket) -> str:
    """Write a token."""
    return PREFIX + urlsafe_b64encode(msgspec.json.encode(asdict(ticket))).decode().rstrip("=")


def decode_token(text: object) -> Ticket:
    """Read a token or a bare schedule id; raise ConfigurationError for anything else."""
    if not isinstance(text, str) or not text.startswith(PREFIX):
        return Ticket(checked_schedule_id(text))
    ticket = ticket_of(text)
    checked_schedule_id(ticket.schedule_id)
    checked_format(ticket.format)
    checked_window(ticket.first_row, ticket.last_row)
    return ticket


def ticket_of(token: str) -> Ticket:
    """Decode what stands behind the prefix; members of later versions are ignored."""
    encoded = token.removeprefix(PREFIX)
    try:
        content = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        return msgspec.json.decode(content, type=Ticket)
    except (ValueError, binascii.Error):
        raise ConfigurationError(
            f"this token cannot be read, it may have been cut: {token!r}; the schedule id alone works as well"
        ) from None
