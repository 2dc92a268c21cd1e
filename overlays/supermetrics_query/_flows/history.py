"""The history of queries, page by page."""

from copy import copy
from functools import partial

from supermetrics_query_api.models import HistoryResponse, QueryHistoryRequest

from .._contract import requests
from .._contract.responses import model_of
from .._contract.validation import limit
from .._core.context import ClientContext
from .._core.effects import Flow, Yield
from .._core.polling import NEVER
from .._core.retrying import is_worth_polling_again
from .request import call, retried

HISTORY_PAGE = limit("QueryHistoryRequest", "limit", "maximum")

parse = partial(model_of, kind=HistoryResponse)


def history(context: ClientContext, wanted: QueryHistoryRequest) -> Flow[None]:
    """Yield every entry of the history; a page that is not full is the last one."""
    page = copy(wanted)
    page.offset, page.limit = 0, HISTORY_PAGE
    is_last = False
    while not is_last:
        once = partial(call, context, requests.get_query_history(page), parse, NEVER)
        response = yield from retried(context, once, is_worth_polling_again, NEVER)
        entries = response.data or []
        for entry in entries:
            yield Yield(entry)
        page.offset += HISTORY_PAGE
        is_last = len(entries) < HISTORY_PAGE
