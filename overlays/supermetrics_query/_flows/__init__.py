"""The flows: what happens over time, as generators that yield effects and receive their results.

Each is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import download, history, many, pages, poll, sources, start

__all__ = ("download", "history", "many", "pages", "poll", "sources", "start")


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a flow."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return import_module(f".{name}", __name__)


def __dir__() -> list[str]:
    """Return the names of the flows."""
    return list(__all__)
