"""Times as people write them: `90`, `90s`, `15m`, `4h`, `never`."""

import re

from ..errors import ConfigurationError

UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")


def duration(text: str) -> float | None:
    """Return a duration in seconds, None for `never`."""
    if text == "never":
        return None
    found = DURATION.fullmatch(text)
    if found is None:
        raise ConfigurationError(f"--timeout must be like 90, 15m, 4h or never, not {text!r}")
    return float(found[1]) * UNITS[found[2]]


def shown(seconds: float) -> str:
    """Write a duration as 0:07 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
