"""The command line. `main` is the entry point; everything behind it needs the extra `[cli]`."""

import sys

from ..errors import ConfigurationError
from .extras import require


def main() -> None:
    """Run the command line, or print which extra to install."""
    try:
        require("cli")
    except ConfigurationError as error:
        sys.exit(str(error))
    from .app import run

    run()
