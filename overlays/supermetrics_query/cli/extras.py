"""Optional packages: one way to say which extra a command needs. It imports none of them."""

from collections.abc import Mapping
from importlib.util import find_spec

from ..errors import ConfigurationError

# By extra: what needs it, and the packages that it installs.
EXTRAS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "cli": ("the command line", ("typer", "rich", "yaml")),
    "emulator": ("the emulator", ("starlette", "uvicorn")),
    "arrow": ("a Parquet file", ("pyarrow",)),
}


def require(extra: str) -> None:
    """Raise ConfigurationError unless the packages of an extra are installed."""
    what, packages = EXTRAS[extra]
    if any(find_spec(package) is None for package in packages):
        extras = ",".join(dict.fromkeys(("cli", extra)))
        raise ConfigurationError(f"{what} needs its extra: pip install 'supermetrics-query[{extras}]'")
