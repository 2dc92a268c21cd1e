"""The environment of a measured process, without settings of this machine that would change the figures."""

import os

UNWANTED = ("PYTHON", "SUPERMETRICS_", "SSL_")


def clean() -> dict[str, str]:
    """Return the environment without settings of Python, of the subjects, of TLS and of proxies."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(UNWANTED) and not name.lower().endswith("_proxy")
    }
