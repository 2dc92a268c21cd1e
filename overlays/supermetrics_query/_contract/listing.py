"""A page of the history as hints: which queries it lists with which code, without a model for each entry."""

from collections.abc import Iterator

from attrs import frozen

from .messages import Answer, Json
from .problems import unreadable
from .responses import object_of
from .validation import limit

HISTORY_PAGE = limit("QueryHistoryRequest", "limit", "maximum")
ENDED_CODES = ("SUCCESS", "FAILURE", "STOPPED")  # what ends a query, of the codes that the history can be asked for


@frozen
class Listing:
    """The queries on a page of the history that have ended, and how many entries the page has."""

    ended: frozenset[str]
    size: int


def listing_of(answer: Answer) -> Listing:
    """Return what a page of the history lists; raise ApiError where it is an error or cannot be read."""
    entries = object_of(answer).get("data")
    if entries is None:
        entries = []
    if not isinstance(entries, list):
        raise unreadable(answer, "its data is no list of queries")
    return Listing(frozenset(ended_ids(entries)), len(entries))


def ended_ids(entries: list[Json]) -> Iterator[str]:
    """Yield the ids of the entries that have ended; an entry that makes no sense is none."""
    for entry in entries:
        if isinstance(entry, dict) and entry.get("status_code") in ENDED_CODES:
            name = entry.get("schedule_id")
            if isinstance(name, str):
                yield name
