"""The emulator for `emulate`: made from options, and served until Ctrl-C."""

import errno
import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import typer

from ..emulator import Emulator, Plan, Source, read_csv
from ..errors import ConfigurationError
from . import exits
from .queries import named

PASTE_HINT = "The emulator serves until Ctrl-C. Paste this into another shell:"


def emulator_of(
    plan: Sequence[str] | None, sources: Sequence[str] | None, today: str | None, others: Mapping[str, Any]
) -> Emulator:
    """Return the emulator that the options describe; raise ConfigurationError for one that it refuses."""
    described, data, day_zero = plan_of(plan), sources_of(sources), day_of(today)
    try:
        return Emulator(plan=described, sources=data, today=day_zero, **others)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(str(error.args[0])) from None


def plan_of(pairs: Sequence[str] | None) -> Plan:
    """Return how queries run, from pairs such as `run_seconds=20`."""
    members = named("--plan", pairs) or {}
    try:
        return made(Plan, members)
    except TypeError:
        known = ", ".join(Plan.__annotations__)
        raise ConfigurationError(f"--plan has members {known}, not all of {', '.join(members)}") from None
    except ValueError as error:
        raise ConfigurationError(f"--plan: {error}") from None


def made(make: Callable[..., Plan], members: Mapping[str, object]) -> Plan:
    """Return a plan; its class checks the members."""
    return make(**members)


def sources_of(pairs: Sequence[str] | None) -> dict[str, Source]:
    """Return data sources, from pairs such as `GAWA=sessions.csv`."""
    return {name: source_of(str(path)) for name, path in (named("--source", pairs) or {}).items()}


def source_of(path: str) -> Source:
    """Read a CSV file."""
    try:
        return read_csv(Path(path))
    except OSError as error:
        raise ConfigurationError(f"cannot read --source {path!r}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"--source: {error}") from None


def day_of(text: str | None) -> date | None:
    """Return the day that counts as today."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--today must be a day such as 2026-11-01, not {text!r}") from None


def serve(service: Emulator, host: str, port: int) -> None:
    """Serve until Ctrl-C, which is no error here."""
    try:
        service.serve(host, port, ready=lambda: announce(service))
    except KeyboardInterrupt:
        raise typer.Exit from None
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        advice = "; --port 0 takes any that is free" if taken else ""
        raise ConfigurationError(f"cannot serve at {host}, port {port}: {error.strerror}{advice}") from None


def announce(service: Emulator) -> None:
    """Print the lines with which another shell reaches the service."""
    exits.say(PASTE_HINT)
    try:
        typer.echo(f"export SUPERMETRICS_BASE_URL={shlex.quote(service.url)}")
        typer.echo(f"export SUPERMETRICS_API_KEY={shlex.quote(service.key)}")
    except OSError as error:  # `serve` would take it for one of the network
        raise exits.unwritten(error) from None
