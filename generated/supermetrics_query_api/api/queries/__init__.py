"""Contains endpoint functions for accessing the API. Each module is imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import get_query_history, get_query_results, get_query_status, start_query

__all__ = (
    "get_query_history",
    "get_query_results",
    "get_query_status",
    "start_query",
)


if not TYPE_CHECKING:  # a type checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return import_module(f".{name}", __name__)


def __dir__() -> list[str]:
    return sorted(__all__)
