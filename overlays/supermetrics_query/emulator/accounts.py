"""The accounts a query asks for, by name or by a filter."""

from collections.abc import Mapping, Sequence

from .expressions import expression
from .problems import ServiceError
from .sources import Source

ALL = "list.all_accounts"


def names(value: object) -> list[str]:
    """Return the parts of a comma list, or of a list of ids and of ids with options."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, Sequence):
        return []
    return [str(item["id"]) if isinstance(item, Mapping) else str(item) for item in value]


def chosen(source: Source, wanted: object) -> tuple[str, ...]:
    """Return the accounts that are meant, or refuse them; a source without accounts takes any."""
    if isinstance(wanted, Mapping):
        return _matching(source, wanted)
    listed = names(wanted)
    if not listed or ALL in listed:
        return source.accounts
    if source.account and (unknown := [name for name in listed if name not in source.accounts]):
        raise ServiceError("ACCOUNT_ID_INVALID", f"The account {unknown[0]} is not known.")
    return tuple(listed)


def _matching(source: Source, wanted: Mapping[str, object]) -> tuple[str, ...]:
    # The name of an account is its id here, so both expressions are tried on the same text.
    texts = [str(wanted[name]) for name in ("filter_id", "filter_name") if name in wanted]
    if not texts:
        raise ServiceError("ACCOUNT_FILTER_INVALID", "filter_id or filter_name is required.")
    refusal = ServiceError("ACCOUNT_FILTER_PATTERN_INVALID", "The expression is not valid.")
    patterns = [expression(text, refusal) for text in texts]
    found = tuple(name for name in source.accounts if all(pattern.search(name) for pattern in patterns))
    if not found:
        raise ServiceError("ACCOUNTS_INVALID", "No account matches the filter.")
    return found
