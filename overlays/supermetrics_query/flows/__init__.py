"""The stories: how a query is started, waited for and read. A flow yields effects and receives their results.

Each is imported when it is first told.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import completing, downloading, listing, looking, many, paging, starting, waiting

__all__ = ("completing", "downloading", "listing", "looking", "many", "paging", "starting", "waiting")


def __getattr__(name: str) -> Any:
    """Import a story."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f".{name}", __name__)


def __dir__() -> list[str]:
    """Name the stories."""
    return list(__all__)
