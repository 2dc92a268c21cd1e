"""Optional libraries: one way to say which extra is missing."""

from importlib import import_module

from .errors import ConfigurationError

NEEDED = {
    "aiohttp": ("aiohttp",),
    "arrow": ("pyarrow",),
    "pandas": ("pyarrow", "pandas"),
    "polars": ("pyarrow", "polars"),
    "redis": ("redis",),
}


def check_installed(extra: str) -> None:
    """Raise ConfigurationError unless the libraries of an extra can be imported."""
    for name in NEEDED[extra]:
        try:
            import_module(name)
        except ImportError as error:
            raise ConfigurationError(
                f"{name} cannot be imported ({error}): pip install 'supermetrics-query[{extra}]'"
            ) from error
