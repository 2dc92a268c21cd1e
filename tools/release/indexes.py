"""Where packages come from on this machine: what pip is configured to use, as options for pip and for uv.

The project itself contains no address of an index.
"""

import ast
from collections.abc import Iterator

from attrs import frozen

# Without this, uv searches one index per package; pip searches all of them.
AS_PIP_DOES = ("--index-strategy", "unsafe-best-match")


@frozen
class Indexes:
    """The main index (empty for pip's default), further indexes, and folders or pages of files."""

    main: str = ""
    further: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def configured(listing: str) -> Indexes:
    """Read the output of `pip config list`, with pip's order of precedence."""
    found: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        found |= dict(settings(listing, section))
    further, files = (tuple(found.get(name, "").split()) for name in ("extra-index-url", "find-links"))
    return Indexes(found.get("index-url", ""), further, files)


def settings(listing: str, section: str) -> Iterator[tuple[str, str]]:
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        if name.startswith(f"{section}."):
            yield name.removeprefix(f"{section}.").lstrip("."), str(ast.literal_eval(value))


def for_pip(first: str, indexes: Indexes, default: str) -> list[str]:
    """Return options that search one index first, then those of this machine."""
    others = (indexes.main or default, *indexes.further)
    files = [f"--find-links={each}" for each in indexes.files]
    return [f"--index-url={first}", *(f"--extra-index-url={each}" for each in others), *files]


def for_uv(first: str, indexes: Indexes) -> list[str]:
    """Return the same for uv, which has the same default index as pip."""
    main = [f"--default-index={indexes.main}"] if indexes.main else []
    further = [f"--index={each}" for each in (first, *indexes.further)]
    return [*main, *further, *(f"--find-links={each}" for each in indexes.files), *AS_PIP_DOES]
