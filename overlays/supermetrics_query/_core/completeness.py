"""Whether the rows of a result end at a limit that nobody asked for, so that more may be missing.

Who gets as many rows as he asked for has all of them. Otherwise three limits may have been in force: one that the API
names, the maximum that we send, and the number at which users saw results end. Whoever asked for more than
that number hears of it too: the request is the same, whether he or we put the maximum into it.
"""

from supermetrics_query_api.models import QueryResponse

from .._contract.validation import LAST_OFFSET, MOST_ROWS
from .._models import QueryStatus
from .._results.rows import data_of, max_rows_of, total_of
from .run import Run, Ticket

OBSERVED_LIMIT = 1_000  # rows; no document states it


def row_limit(ticket: Ticket, response: QueryResponse, rows: int | None, header: int = 0) -> int | None:
    """Return the limit at which so many rows end, None where they end by themselves or where the caller asked.

    A part of the result ends where the caller wants, and one that does not begin with the first row is not judged.
    """
    if rows is None or ticket.first_row or LAST_OFFSET > ticket.last_row < rows + header:
        return None
    has_all = ticket.max_rows is not None and rows >= ticket.max_rows
    return rows if rows in {OBSERVED_LIMIT, MOST_ROWS, max_rows_of(response)} and not has_all else None


def limit_seen(run: Run, status: QueryStatus, page_size: int) -> int | None:
    """Return the limit that the poll which found success shows, for a result whose rows nobody counts.

    It holds the first page: all of the rows where it is not full. Otherwise the API says how many there are.
    """
    first, last = run.ticket.window(0, page_size)
    entries, header = len(data_of(status.response)), int(run.layout.header is not None)
    is_whole = 0 < entries <= last - first
    return row_limit(run.ticket, status.response, entries - header if is_whole else total_of(status.response), header)
