"""URLs as users have them, with a key that was made up."""

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from attrs import frozen

KEY = "api_invented4the_pasted_urls"
QUERY: Mapping[str, object] = {
    "ds_id": "WEATHER",
    "ds_accounts": "JFK",
    "fields": "date,temp",
    "start_date": "2013-01-01",
    "end_date": "2013-01-03",
}
NO_HEADERS, DATE_AND_TEMP = '{"no_headers":true}', '["date","temp"]'
NOTE = {"settings": {"note": "a & b # c+d 100%"}}


def text(members: Mapping[str, object] = QUERY, **more: object) -> str:
    """Return the JSON of a query."""
    return json.dumps({**members, **more}, separators=(",", ":"), ensure_ascii=False)


def encoded(members: Mapping[str, object] = QUERY, **more: object) -> str:
    """Return the parameter json of a query, as a program encodes it."""
    return f"json={quote(text(members, **more), safe='')}"


def plain(**more: object) -> str:
    """Return a query as parameters."""
    return urlencode({**QUERY, **more})


@frozen
class Form:
    """A URL, and what it stands for: its format, the members that it has beside those of `QUERY`, and the key."""

    url: str
    format: str = "json"
    more: Mapping[str, object] = {}
    key: str | None = None

    @property
    def members(self) -> dict[str, object]:
        """The members of the query."""
        return {**QUERY, **self.more}

    def at(self, origin: str) -> str:
        """Return the URL with the address of another server."""
        return self.url.replace("https://HOST", origin).replace("HOST", origin.rpartition("/")[2])


BASE = "https://HOST/enterprise/v2/query/data"
FORMS: Mapping[str, Form] = {
    "json of a program": Form(f"{BASE}/json?{encoded()}"),
    "json with the key": Form(f"{BASE}/json?{encoded(api_key=KEY)}", key=KEY),
    "json that is not encoded": Form(f"{BASE}/keyjson?json={text()}", "keyjson"),
    "json that is not encoded, with the key": Form(f"{BASE}/json?json={text(api_key=KEY)}", key=KEY),
    "json of a browser, braces not encoded": Form(f"{BASE}/json?json={quote(text(), safe='{}:,[]')}"),
    "json with separators that are not encoded": Form(f"{BASE}/json?json={text(**NOTE)}&pretty=1#rows", "json", NOTE),
    "parameters with the key": Form(f"https://HOST/v2/query/data/csv?api_key={KEY}&{plain()}", "csv", key=KEY),
    "parameters with numbers": Form(
        f"{BASE}/csv?{plain(max_rows=100, cache_minutes=0)}", "csv", {"max_rows": 100, "cache_minutes": 0}
    ),
    "parameters with JSON": Form(
        f"{BASE}/json?{plain(settings=NO_HEADERS, fields=DATE_AND_TEMP)}",
        "json",
        {"settings": {"no_headers": True}, "fields": ["date", "temp"]},
    ),
    "a cluster": Form(f"https://HOST/enterprise/v2/query/data/tsv?{encoded()}", "tsv"),
    "no version in the path": Form(f"https://HOST/query/data/json?{plain()}&filter=&ds_segments="),
    "the path of a tool": Form(f"https://HOST/enterprise/query/data/ndjson/?{encoded()}", "ndjson"),
    "no scheme, and line ends": Form(
        f"  HOST/enterprise/v2/query/data/html?{encoded()[:40]}\r\n{encoded()[40:]}\n", "html"
    ),
    "the key before the host": Form(f"https://{KEY}:@HOST/enterprise/v2/query/data/json?{encoded()}", key=KEY),
    "a page, as meta.paginate.next": Form(
        f"{BASE}/json?{encoded(offset_start=1, offset_end=2)}", "json", {"offset_start": 1, "offset_end": 2}
    ),
    "text for numbers and settings": Form(
        f"{BASE}/json?{encoded(max_rows='2', settings=NO_HEADERS, system='n8n')}&sync_timeout=30",
        "json",
        {"max_rows": 2, "settings": {"no_headers": True}, "sync_timeout": 30},
    ),
}
