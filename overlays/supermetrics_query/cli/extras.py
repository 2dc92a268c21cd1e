"""What is installed, and what to install."""

from collections.abc import Mapping
from importlib.util import find_spec

from ..errors import ConfigurationError

# By extra: what needs it, and the packages that it brings.
EXTRAS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "emulator": ("the emulator", ("starlette", "uvicorn")),
    "arrow": ("a Parquet file", ("pyarrow",)),
}


def require(extra: str) -> None:
    """Raise ConfigurationError unless an extra is installed."""
    what, packages = EXTRAS[extra]
    if any(find_spec(package) is None for package in packages):
        raise ConfigurationError(f"{what} needs its extra: pip install 'supermetrics-query[cli,{extra}]'")
