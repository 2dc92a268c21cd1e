"""The command line. `main` is the entry point; everything behind it needs the extra `[cli]`."""

import sys
from importlib.util import find_spec

NEEDED = ("typer", "rich", "yaml")


def main() -> None:
    """Run the command line, or say what to install."""
    if any(find_spec(name) is None for name in NEEDED):
        sys.exit("the command line needs its extra: pip install 'supermetrics-query[cli]'")
    from .app import run

    run()
