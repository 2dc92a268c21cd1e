"""Which rows stand on a page.

Windows are zero-based and inclusive. Where the header row counts is known from
contradicting observations only.
"""

from collections.abc import Mapping

import attrs

from supermetrics_query.emulator.behaviour import HeaderRow
from supermetrics_query.emulator.limits import Members
from supermetrics_query.emulator.problems import bad_request
from supermetrics_query.emulator.selection import Result
from supermetrics_query.emulator.sources import Row


@attrs.frozen
class Window:
    """The rows from `start` up to but not including `stop`; without `stop` all that follow."""

    start: int
    stop: int | None

    @property
    def size(self) -> int | None:
        """How many rows fit, if that is limited."""
        return None if self.stop is None else self.stop - self.start


def window(sent: Members) -> Window:
    """Return the window that a request asks for."""
    start, end = sent.get("offset_start", 0), sent.get("offset_end")
    first, last = int(str(start)), None if end is None else int(str(end))
    if last is not None and last < first:
        raise bad_request("offset_end must not be less than offset_start.")
    return Window(first, None if last is None else last + 1)


def has_header(query: Members) -> bool:
    """Tell whether a query wants a header row."""
    settings = query.get("settings")
    return not (isinstance(settings, Mapping) and settings.get("no_headers"))


def page(result: Result, shown: Window, header: HeaderRow | None) -> list[Row]:
    """Return the rows of a window; an empty result has no header either."""
    rows = result.rows
    titles: Row = tuple(column.name for column in result.columns)
    if not rows or header is None:
        return list(rows[shown.start : shown.stop])
    if header == "row":
        ahead, stop = max(shown.start - 1, 0), None if shown.stop is None else max(shown.stop - 1, 0)
        return [titles] * (shown.start == 0) + list(rows[ahead:stop])
    return [titles] * (header == "repeat" or shown.start == 0) + list(rows[shown.start : shown.stop])
