"""The command line. `main` is the entry point; everything behind it needs the extra `[cli]`."""

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command line, or say what to install."""
    if find_spec("typer") is None or find_spec("rich") is None:
        sys.exit("the command line needs its extra: pip install 'supermetrics-query[cli]'")
    from .app import app

    app(prog_name="supermetrics-query")
