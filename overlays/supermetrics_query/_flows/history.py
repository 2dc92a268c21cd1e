"""The history of queries, page by page."""

from copy import copy
from functools import partial

from supermetrics_query_api.models import HistoryResponse, QueryHistoryRequest

from .._contract import requests as operations
from .._contract.responses import model_of
from .._contract.validation import limit
from .._core.context import Settings
from .._core.effects import Flow, Give
from .._core.polling import NEVER
from .._core.retrying import is_missed_look
from .request import ask, retried

HISTORY_PAGE = limit("QueryHistoryRequest", "limit", "maximum")


def history(settings: Settings, wanted: QueryHistoryRequest) -> Flow[None]:
    """Give every entry of the history; a page that is not full is the last one."""
    page = copy(wanted)
    page.offset, page.limit = 0, HISTORY_PAGE
    is_last = False
    while not is_last:
        once = partial(ask, settings, operations.history(page), read, NEVER)
        response = yield from retried(settings, once, is_missed_look, NEVER)
        entries = response.data or []
        for entry in entries:
            yield Give(entry)
        page.offset += HISTORY_PAGE
        is_last = len(entries) < HISTORY_PAGE


read = partial(model_of, kind=HistoryResponse)
