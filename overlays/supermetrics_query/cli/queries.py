"""The query of `run`: read from a file, from a URL and from options, by the readers that the package has."""

import json
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import frozen

from .. import ApiKeyWarning, PastedQuery, query_from_dict, query_from_file, query_from_url
from ..errors import ConfigurationError
from . import exits

STDIN = "-"
LONGEST_URL = 1024 * 1024  # bytes; what is longer is refused as a URL


@frozen
class Stdin:
    """Stdin in binary mode, by the name that messages have for it."""

    name: str = "stdin"

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; raise ConfigurationError where it is closed."""
        try:
            return sys.stdin.buffer.read(size)
        except (AttributeError, OSError):  # there is none, or what stands in its place
            raise ConfigurationError("cannot read 'stdin': it is closed") from None


def from_options(file: str | None, url: str | None, options: Mapping[str, Any]) -> PastedQuery:
    """Return the query and its format. Options override the file or URL; in `settings`, each its own key only."""
    if file is not None and url is not None:
        raise ConfigurationError("--file and --url contradict each other; leave one out")
    converted = {name: convert(options[option]) for name, (option, convert) in OPTIONS.items()}
    given = {name: value for name, value in converted.items() if value is not None}
    if url is not None:
        return from_url(url, given)
    if file is not None:
        return PastedQuery(query_from_file(Stdin() if file == STDIN else file, **given))
    if not given.get("ds_id"):
        raise ConfigurationError("a query needs a data source: --ds-id ID, or ds_id in --file or --url")
    return PastedQuery(query_from_dict({}, **given))


def from_url(url: str, given: Mapping[str, Any]) -> PastedQuery:
    """Return the query in a URL, which may come from stdin, and say that a key in it is not used."""
    with warnings.catch_warnings(action="ignore", category=ApiKeyWarning):
        pasted = query_from_url(text_of_stdin() if url == STDIN else url, **given)
    if pasted.api_key:
        exits.say(
            "warning: the API key in the URL is not used here, but by all who see the URL, for instance in the history "
            "of the shell: have it replaced, and keep the new one in SUPERMETRICS_API_KEY or a --key-file"
        )
    return pasted


def text_of_stdin() -> str:
    """Return the text on stdin."""
    try:
        return Stdin().read(LONGEST_URL).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError("'stdin' is not text in UTF-8") from None


def items(parts: Sequence[str] | None) -> list[str]:
    """Return values that were separated by commas, or given by repeating the option."""
    return [item.strip() for part in parts or () for item in part.split(",") if item.strip()]


def listed(parts: Sequence[str] | None) -> str | list[str] | None:
    """Return several values as a list, and one as text."""
    found = items(parts)
    return found if len(found) > 1 else next(iter(found), None)


def named(option: str, pairs: Sequence[str] | None) -> dict[str, object] | None:
    """Return what KEY=VALUE pairs say; a value is parsed as JSON where it is JSON."""
    if not pairs:
        return None
    split = [pair.partition("=") for pair in pairs]
    for pair, (key, sign, _) in zip(pairs, split, strict=True):
        if not key or not sign:
            raise ConfigurationError(f"{option} must be like KEY=VALUE, not {pair!r}")
    return {key: json_or_text(value) for key, _, value in split}


def json_or_text(value: str) -> object:
    """Parse JSON; return what is not JSON as it is."""
    try:
        return json.loads(value)
    except ValueError:
        return value
    except RecursionError:
        raise ConfigurationError(f"a value is nested too deeply: {value:.60}") from None


def same(value: object) -> object:
    """Return a value as it is."""
    return value


SAME = (
    *("ds_id", "start_date", "end_date", "compare_show", "compare_start_date", "compare_end_date"),
    *("max_rows", "max_columns", "cache_minutes", "order_columns", "schedule_id"),
)

# By the name that the API uses: the option of `run`, and how it is read.
OPTIONS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    **{name: (name, same) for name in SAME},
    "date_range_type": ("date_range", same),
    "filter": ("where", same),
    "compare_type": ("compare", same),
    "fields": ("fields", listed),
    "ds_accounts": ("accounts", listed),
    "ds_segments": ("segments", listed),
    "ds_users": ("users", listed),
    "order_rows": ("order_rows", listed),
    "settings": ("setting", partial(named, "--setting")),
}
