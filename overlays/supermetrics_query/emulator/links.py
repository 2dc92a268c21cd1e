"""Links to the neighbouring pages: the same request with its offsets moved."""

import json
from collections.abc import Mapping
from urllib.parse import quote

from .pages import Window

LONGEST = 500  # characters; a longer link cannot be sent
Links = dict[str, str | None]
NONE: Links = {"prev": None, "next": None}


def links(address: str, sent: Mapping[str, object], shown: Window, total: int) -> Links:
    """Return the links of a page of so many rows; a request without a last row has none."""
    if shown.stop is None:
        return NONE
    size = shown.stop - shown.start
    before, after = max(shown.start - size, 0), shown.stop

    def link(start: int) -> str | None:
        moved = {**sent, "offset_start": start, "offset_end": start + size - 1}
        found = f"{address}?json={quote(json.dumps(moved, separators=(',', ':')))}"
        return found if len(found) <= LONGEST else None

    return {"prev": link(before) if shown.start else None, "next": link(after) if after < total else None}
