"""Regular expressions that came with a request: the API reads PCRE, this service what Python has of it."""

import re

from .problems import ServiceError

# Besides `re.error`: too many repetitions, too many brackets, and a warning that somebody has made an error.
UNUSABLE = (re.error, OverflowError, RecursionError, FutureWarning)


def expression(text: str, refusal: ServiceError) -> re.Pattern[str]:
    """Return an expression, or refuse one that cannot be used."""
    try:
        return re.compile(text)
    except UNUSABLE:
        raise refusal from None
