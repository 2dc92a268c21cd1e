"""The history of queries, page by page."""

from copy import copy
from datetime import datetime
from functools import partial

from supermetrics_query_api.models import HistoryEntry, HistoryResponse, QueryHistoryRequest
from supermetrics_query_api.types import UNSET

from .._contract import requests
from .._contract.listing import HISTORY_PAGE
from .._contract.messages import Answer
from .._contract.problems import unreadable
from .._contract.responses import model_of
from .._core.context import ClientContext
from .._core.effects import Flow, Yield
from .._core.polling import NEVER
from .._core.retrying import is_worth_polling_again
from ..errors import QueryError
from .request import call, retried

MEMBERS = ("type_", "schedule_time", "schedule_id", "status_code", "app_id")


def parse(answer: Answer) -> list[HistoryEntry]:
    """Return the entries in an answer, members of an unexpected type left out; null are none, as the contract says."""
    entries = model_of(answer, HistoryResponse).data
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, HistoryEntry) for entry in entries):
        raise unreadable(answer, "its data is no list of queries")
    for entry in entries:
        for name in MEMBERS:
            if not isinstance(getattr(entry, name), str | datetime):
                setattr(entry, name, UNSET)
    return entries


def history(context: ClientContext, wanted: QueryHistoryRequest) -> Flow[None]:
    """Yield every entry of the history; a page that is not full is the last one."""
    page = copy(wanted)
    page.offset, page.limit = 0, HISTORY_PAGE
    before: list[HistoryEntry] = []
    while True:
        once = partial(call, context, requests.get_query_history(page), parse, NEVER)
        entries = yield from retried(context, once, is_worth_polling_again, NEVER)
        if entries and entries == before:
            raise QueryError("the API gives the same queries again, whichever are asked for")
        for entry in entries:
            yield Yield(entry)
        if len(entries) < HISTORY_PAGE:
            return
        page.offset, before = page.offset + HISTORY_PAGE, entries
