"""The history of queries, page by page."""

from copy import copy
from datetime import datetime
from functools import partial

from attrs import define, field, frozen
from supermetrics_query_api.models import (
    HistoryEntry,
    HistoryFilter,
    HistoryMeta,
    HistoryResponse,
    QueryHistoryRequest,
)
from supermetrics_query_api.types import UNSET

from .._contract import requests
from .._contract.listing import HISTORY_PAGE
from .._contract.messages import Answer
from .._contract.problems import unreadable
from .._contract.responses import model_of
from .._core.context import ClientContext
from .._core.effects import Flow, Yield
from .._core.polling import NEVER, Deadline
from .._core.retrying import is_worth_polling_again
from ..errors import QueryError
from .request import call, retried

MEMBERS = ("type_", "schedule_time", "schedule_id", "status_code", "app_id")


@frozen
class HistoryPage:
    """Some queries of the history, and the time until which it goes, by the clock of the API."""

    entries: list[HistoryEntry]
    until: datetime | None = None


def parse(answer: Answer) -> HistoryPage:
    """Return what an answer lists, members of an unexpected type left out; null is none, as the contract says."""
    response = model_of(answer, HistoryResponse)
    span = response.meta.filter_ if isinstance(response.meta, HistoryMeta) else None
    until = span.until if isinstance(span, HistoryFilter) else None
    return HistoryPage(entries_of(answer, response), time_of(until))


def time_of(value: object) -> datetime | None:
    """Return a date and time, None where it is none."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def entries_of(answer: Answer, response: HistoryResponse) -> list[HistoryEntry]:
    """Return the queries in an answer; raise UnreadableResponseError where they are none."""
    entries = response.data
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, HistoryEntry) for entry in entries):
        raise unreadable(answer, "its data is no list of queries")
    for entry in entries:
        for name in MEMBERS:
            if not isinstance(getattr(entry, name), str | datetime):
                setattr(entry, name, UNSET)
    return entries


@define
class Listing:
    """One pass over the history, page by page."""

    wanted: QueryHistoryRequest
    deadline: Deadline = NEVER
    offset: int = 0
    entries: list[HistoryEntry] = field(factory=list)  # of the last page
    is_over: bool = False

    def next_page(self, context: ClientContext) -> Flow[HistoryPage]:
        """Return the next page; one that is not full is the last one. Raise QueryError where the same comes again."""
        page = copy(self.wanted)
        page.offset, page.limit = self.offset, HISTORY_PAGE
        once = partial(call, context, requests.get_query_history(page), parse, self.deadline)
        given = yield from retried(context, once, is_worth_polling_again, self.deadline)
        entries = given.entries
        if entries and entries == self.entries:
            raise QueryError("the API gives the same queries again, whichever are asked for")
        self.offset, self.entries = self.offset + HISTORY_PAGE, entries
        self.is_over = len(entries) < HISTORY_PAGE
        return given


def history(context: ClientContext, wanted: QueryHistoryRequest) -> Flow[None]:
    """Yield every entry of the history."""
    listing = Listing(wanted)
    while not listing.is_over:
        yield from map(Yield, (yield from listing.next_page(context)).entries)
