"""What is known of one run of one query: which it is, when to poll it, and how it has ended. Flows change it.

A token is all that another process needs to continue: the schedule id, or versioned JSON that holds more; no secret,
nothing executable.
"""

import binascii
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable

import msgspec
from attrs import asdict, define, evolve, field, frozen
from supermetrics_query_api import models

from .._contract.validation import (
    LAST_OFFSET,
    MOST_ROWS,
    checked_format,
    checked_schedule_id,
    checked_whole,
    checked_window,
    short_repr,
)
from .._models import Part, QueryStatus
from .._results.rows import NO_LAYOUT, Layout, layout_of, layout_under
from ..errors import ConfigurationError, SupermetricsQueryError
from .series import Series

PREFIX = "sq1."  # the dot cannot occur in a schedule id
REPLICA_LAG = 30.0  # seconds in which a query just started may not be found yet


@frozen
class Ticket:
    """What a token holds: which run, its format, and the part of the result that was asked for."""

    schedule_id: str
    format: str = "json"
    first_row: int = 0
    last_row: int = LAST_OFFSET
    max_rows: int | None = None  # what the caller asked for, None where he did not or where that is not known
    no_headers: bool = False  # whether the caller is known to have asked for rows without a header

    @property
    def token(self) -> str:
        """What another process needs to continue: the id alone, where nothing else was asked for."""
        if self == Ticket(self.schedule_id):
            return self.schedule_id
        members = asdict(self, filter=lambda _, value: value is not None and value is not False)
        return PREFIX + urlsafe_b64encode(msgspec.json.encode(members)).decode().rstrip("=")

    def window(self, position: int, size: int) -> tuple[int, int]:
        """Return the first and the last offset of a page that begins `position` rows into the result."""
        first = self.first_row + position
        return first, min(first + size - 1, self.last_row)

    @property
    def is_whole(self) -> bool:
        """Whether no part of the result was asked for."""
        return (self.first_row, self.last_row) == (0, LAST_OFFSET)

    def promised(self, total: int | None) -> int | None:
        """Return how many of the rows that a result has were asked for, None where that is not known."""
        if total is None or not self.is_whole:
            return None
        return total if self.max_rows is None else min(total, self.max_rows)


def decode_token(text: object) -> Ticket:
    """Return what a token or a bare schedule id holds; raise ConfigurationError for anything else."""
    if text is None:
        raise ConfigurationError("there is no token: an error has one where a query is involved")
    if not isinstance(text, str) or not text.startswith(PREFIX):
        return Ticket(checked_schedule_id(text))
    ticket = decode_ticket(text)
    checked_schedule_id(ticket.schedule_id)
    checked_format(ticket.format)
    checked_window(ticket.first_row, ticket.last_row)
    if ticket.max_rows is not None:
        checked_whole("max_rows", ticket.max_rows, 1, MOST_ROWS)
    return ticket


def decode_ticket(token: str) -> Ticket:
    """Return what follows the prefix; members of later versions are ignored."""
    encoded = token.removeprefix(PREFIX)
    try:
        content = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        return msgspec.json.decode(content, type=Ticket)
    except (ValueError, binascii.Error):
        raise ConfigurationError(
            f"this token cannot be read, it may have been cut: {short_repr(token)}; the schedule id alone works as well"
        ) from None


@define
class Timing:
    """When a query is polled. Times are readings of the monotonic clock of the driver."""

    started: float | None = None  # when our start was last answered or lost; None for a query started elsewhere
    shown: float | None = None  # when one that was started elsewhere was found, which not every replica may show yet
    born: float | None = None  # since when we know it, which is what its age is counted from
    phase: float | None = None  # since when it has had its code
    due: float = -math.inf  # when the next poll is due
    not_before: float = -math.inf  # when the server allows the next request
    unknown_since: float | None = None  # since when its code has been one we do not know

    def age(self, now: float) -> float:
        """Return how long the query has been known."""
        return now - (now if self.born is None else self.born)

    def age_of_phase(self, now: float) -> float:
        """Return how long the query has had its code: its time in a queue says nothing of the time it will run."""
        return self.age(now) if self.phase is None else now - self.phase


@define(eq=False)
class Run:
    """One run of one query. The request is None for a query started elsewhere."""

    ticket: Ticket
    request: "models.DataQuery | None" = None
    series: Series | None = None  # where it is a run of a named query
    timing: Timing = field(factory=Timing)
    status: QueryStatus | None = None  # the last one seen
    layout: Layout = NO_LAYOUT  # how the rows are laid out, once there are some
    error: SupermetricsQueryError | None = None  # how the query ended badly
    abandoned: SupermetricsQueryError | None = None  # why it is no longer polled, although it may continue
    end_emitted: bool = False  # whether an event has reported its end
    row_limit: int | None = None  # the limit at which its rows end, although nobody asked for it

    @property
    def schedule_id(self) -> str:
        """The id of the query."""
        return self.ticket.schedule_id

    @property
    def identity(self) -> str:
        """What no other query in flight may have."""
        return self.series.stem if self.series else self.schedule_id

    @property
    def part(self) -> Part | None:
        """Which part of a query it is, None for a whole query."""
        part = getattr(self.request, "part", None)  # a PartQuery has it, and to import that class loads the models
        return part if isinstance(part, Part) else None

    @property
    def is_over(self) -> bool:
        """Whether the query has ended."""
        return self.error is not None or (self.status is not None and self.status.is_terminal)

    @property
    def is_settled(self) -> bool:
        """Whether it is no longer polled, because it is over or was abandoned."""
        return self.is_over or self.abandoned is not None

    def become(self, schedule_id: str) -> None:
        """Be another run of the same query, of which nothing is known yet."""
        self.ticket = evolve(self.ticket, schedule_id=schedule_id)
        self.timing, self.status, self.layout, self.error, self.row_limit = Timing(), None, NO_LAYOUT, None, None

    def layout_for(self, response: models.QueryResponse) -> Layout:
        """Return how page one is laid out; where it is not the first of the result, it may begin with a row."""
        is_headless = self.ticket.first_row or self.ticket.no_headers
        return layout_under(None, response) if is_headless else layout_of(response)

    def may_lag(self, now: float) -> bool:
        """Return whether a status that is not found may only be late, because it was started or found just now."""
        known = (self.timing.started, self.timing.shown)
        return not self.is_over and any(since is not None and now - since < REPLICA_LAG for since in known)

    def record(self, status: QueryStatus, now: float) -> None:
        """Keep what a poll showed, and since when."""
        timing = self.timing
        if timing.born is None:
            timing.born = now
        if self.status is not None and self.status.code != status.code:
            timing.phase = now
        if status.is_known:
            timing.unknown_since = None
        elif timing.unknown_since is None:
            timing.unknown_since = now
        self.status = status

    def annotate(self, error: SupermetricsQueryError) -> None:
        """Put on an error, and on its causes, what a reader needs to continue, unless it is of another query.

        Its traceback says which part the query is, once.
        """
        cause: BaseException | None = error
        while isinstance(cause, SupermetricsQueryError) and cause.schedule_id in {None, self.schedule_id}:
            cause.schedule_id, cause.token = self.schedule_id, self.ticket.token
            cause = cause.__cause__
        note = f"{self.part.place}: {self.part}" if self.part and error.schedule_id == self.schedule_id else None
        if note is not None and note not in getattr(error, "__notes__", ()):
            error.add_note(note)


def note(error: BaseException, runs: Iterable[Run]) -> None:
    """Say on an error that is not of this package which queries it does not stop, and what continues them."""
    lines = [f"query {run.schedule_id!r} is not stopped by this: client.attach({run.ticket.token!r})" for run in runs]
    for line in lines:
        if line not in getattr(error, "__notes__", ()):
            error.add_note(line)
