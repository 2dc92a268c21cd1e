"""The command line as users may rely on it: commands, their options, and exit codes."""

from collections.abc import Iterator

from supermetrics_query.cli.app import app
from supermetrics_query.cli.exits import CODES, MEANINGS
from typer.main import get_command


def commands() -> Iterator[str]:
    """Write every command with its arguments and options, in alphabetical order."""
    group = get_command(app)
    yield from spelled("", group)
    for name, command in sorted(getattr(group, "commands", {}).items()):
        yield name
        yield from spelled(f"{name} ", command)


def spelled(prefix: str, command: object) -> Iterator[str]:
    for each in getattr(command, "params", []):
        names = [*each.opts, *each.secondary_opts]
        written = ", ".join(names) if each.param_type_name == "option" else names[0].upper()
        yield f"{prefix}{written}"


def exit_codes() -> Iterator[str]:
    """Write the codes, and which error ends with which one; an error without a line ends like its parent class."""
    yield from (f"exit {code}" for code in sorted(MEANINGS))
    yield from (f"exit {code} after {error.__name__}" for error, code in CODES.items())
