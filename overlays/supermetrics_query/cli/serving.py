"""What the emulator is served with, and how."""

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
from .queries import day, named

PASTE_HINT = "The emulator serves until Ctrl-C. Paste this into another shell:"


def emulator_of(
    plan: Sequence[str] | None, sources: Sequence[str] | None, today: str | None, others: Mapping[str, Any]
) -> Emulator:
    """Return the service that options describe, or say which of them it refuses."""
    described, data, day_zero = plan_of(plan), sources_of(sources), day_of(today)
    try:
        return Emulator(plan=described, sources=data, today=day_zero, **others)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(str(error.args[0])) from None


def plan_of(pairs: Sequence[str] | None) -> Plan:
    """Return how queries behave, from `run_seconds=20` and the like."""
    members = named("--plan", pairs) or {}
    try:
        return made(Plan, members)
    except TypeError:
        known = ", ".join(Plan.__annotations__)
        raise ConfigurationError(f"--plan has members {known}, not all of {', '.join(members)}") from None
    except ValueError as error:
        raise ConfigurationError(f"--plan: {error}") from None


def made(make: Callable[..., Plan], members: Mapping[str, object]) -> Plan:
    """Make a plan, whose class checks what the members are."""
    return make(**members)


def sources_of(pairs: Sequence[str] | None) -> dict[str, Source]:
    """Return data sources, from `GAWA=sessions.csv`."""
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
        return date.fromisoformat(day("--today", text))
    except ValueError:
        raise ConfigurationError(f"--today must be a day such as 2026-11-01, not {text!r}") from None


def serve(service: Emulator, host: str, port: int) -> None:
    """Serve until somebody asks to stop, which is no error here."""
    try:
        service.serve(host, port, ready=lambda: announce(service))
    except KeyboardInterrupt:
        raise typer.Exit from None
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        advice = "; --port 0 takes any that is free" if taken else ""
        raise ConfigurationError(f"cannot serve at {host}, port {port}: {error.strerror}{advice}") from None


def announce(service: Emulator) -> None:
    """Print how to reach the service, ready to be pasted."""
    exits.say(PASTE_HINT)
    typer.echo(f"export SUPERMETRICS_BASE_URL={shlex.quote(service.url)}")
    typer.echo(f"export SUPERMETRICS_API_KEY={shlex.quote(service.key)}")
