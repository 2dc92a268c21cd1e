"""What an API key looks like, so that no text shows one."""

import re

# Of what the API issues. Words and numbers, as in `api_sales_2026-11-01`, are a name, and so is `my_api_...`.
WORD = r"(?:[a-z]{1,15}|[0-9]{1,8})"
KEY_FORM = re.compile(rf"(?<!_)(?<!\w-)(?:api|otok)_(?!(?:{WORD}[_-]){{1,9}}{WORD}(?![\w-]))[\w-]{{16,}}", re.ASCII)


def masked(text: str) -> str:
    """Return a text without what looks like a key."""
    return KEY_FORM.sub("[api key]", text)
