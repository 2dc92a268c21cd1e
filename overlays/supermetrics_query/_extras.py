"""Optional libraries: imported when first used, and one way to say which extra is missing."""

from importlib import import_module
from typing import Any

from .errors import ConfigurationError

NEEDED = {
    "aiohttp": ("aiohttp",),
    "arrow": ("pyarrow",),
    "cli": ("yaml",),
    "pandas": ("pyarrow", "pandas"),
    "polars": ("pyarrow", "polars"),
    "redis": ("redis",),
}


class Extra:
    """A library of an extra, imported when one of its names is first used. Annotations may name what it holds."""

    def __init__(self, extra: str) -> None:
        """Stand for the last library that the extra needs."""
        self._extra = extra

    def __getattr__(self, name: str) -> Any:
        """Return what the library holds; raise ConfigurationError where it is not installed."""
        check_installed(self._extra)
        return getattr(import_module(NEEDED[self._extra][-1]), name)


def check_installed(extra: str, why: str = "") -> None:
    """Raise ConfigurationError, which begins with why, unless the libraries of an extra can be imported."""
    for name in NEEDED[extra]:
        try:
            import_module(name)
        except ImportError as error:
            raise ConfigurationError(
                f"{why}{name} cannot be imported ({error}): pip install 'supermetrics-query[{extra}]'"
            ) from error
