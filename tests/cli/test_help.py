"""The help of every command and what it costs to ask for it, and the emulator that another shell uses."""

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from supermetrics_query.cli.app import COMMANDS, EXAMPLES, app
from supermetrics_query.cli.exits import MEANINGS
from supermetrics_query.emulator import Emulator, read_csv
from typer.testing import CliRunner

from tests.cli.shell import COMMAND, shell

NAMES = [each.__name__ for each in COMMANDS]
QUERY_FILE = "ds_id: GAWA\nfields: [date, sessions]\n"
URL = "https://api.supermetrics.com/enterprise/v2/query/data/json?ds_id=GAWA&fields=date,sessions\n"
SESSIONS = "date,sessions\n2026-10-01,120\n2026-10-02,95\n"


def help_of(*words: str) -> str:
    """Return a help text without its line breaks."""
    return " ".join(CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--help"]).stdout.split())


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_every_command_has_examples(name: str) -> None:
    shown = help_of(name)
    assert EXAMPLES[name]
    assert all(" ".join(example.split()) in shown for example in EXAMPLES[name])


def test_the_help_lists_every_exit_code() -> None:
    shown = help_of()
    assert all(f" {code} {meaning}" in shown for code, meaning in MEANINGS.items())


def test_no_option_is_shouted() -> None:
    assert [name for name in NAMES if re.search(r"--[A-Z]", help_of(name))] == []


def test_asking_for_help_loads_neither_http_nor_the_emulator() -> None:
    script = (
        "import sys; sys.argv = ['supermetrics-query', '--help']\n"
        "from supermetrics_query.cli import main\n"
        "try: main()\n"
        "except SystemExit: print([name for name in ('httpx', 'starlette', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_completion_script_is_made_for_bash() -> None:
    env = os.environ | {"_SUPERMETRICS_QUERY_COMPLETE": "source_bash"}
    done = subprocess.run([COMMAND], check=False, capture_output=True, text=True, env=env)
    assert "complete -o default -F" in done.stdout
    assert "supermetrics-query" in done.stdout


EXAMPLE_LINES = [line for name in NAMES if name not in {"demo", "emulate"} for line in EXAMPLES[name]]


@pytest.mark.parametrize("line", EXAMPLE_LINES)
def test_an_example_of_the_help_runs(supermetrics_emulator: Emulator, tmp_path: Path, line: str) -> None:
    (tmp_path / "sessions.csv").write_text(SESSIONS)
    (tmp_path / "query.yaml").write_text(QUERY_FILE)
    (tmp_path / "url.txt").write_text(URL)
    supermetrics_emulator.add_source("GAWA", read_csv(tmp_path / "sessions.csv"))
    before = "TOKEN=$(supermetrics-query run --file query.yaml --no-wait) && " if "$TOKEN" in line else ""
    done = shell(supermetrics_emulator, f"set -o pipefail; {before}{line}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("line", EXAMPLES["emulate"])
def test_the_lines_that_the_emulator_prints_lead_to_it(tmp_path: Path, line: str) -> None:
    (tmp_path / "sessions.csv").write_text(SESSIONS)
    words = shlex.split(line)[1:]
    with subprocess.Popen(
        [COMMAND, *words, "--port", "0", "--speed", "100"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(str(Path(part).resolve()) for part in sys.path if part)},
    ) as process:
        assert process.stdout
        assert process.stderr
        lines = [process.stdout.readline(), process.stdout.readline()]
        exported = dict(each.removeprefix("export ").strip().split("=", 1) for each in lines)
        query = [COMMAND, "run", "--ds-id", "WEATHER", "--fields", "date", "--max-rows", "1"]
        done = subprocess.run(query, env=os.environ | exported, check=False, capture_output=True, text=True)
        process.send_signal(signal.SIGINT)
        written = process.stderr.read()
    assert exported.keys() == {"SUPERMETRICS_BASE_URL", "SUPERMETRICS_API_KEY"}
    assert done.stdout == "date\n2013-01-01\n"
    assert (process.returncode, written.count("\n"), "Traceback" in written) == (0, 1, False)


BAD_EMULATORS = [
    (("--source", "GAWA=nowhere.csv"), "cannot read --source 'nowhere.csv': No such file or directory"),
    (("--plan", "length=5"), "--plan has members .*, not all of length"),
    (("--plan", "parts=none"), "--plan: parts must be .*, not 'none'"),
    (("--fault", "3 x 503"), "'3 x 503' is no fault; write it like .*"),
    (("--default-max-rows", "1000", "--speed", "0"), "'speed' must be > 0: 0.0"),
    (("--today", "soon"), "--today must be a day such as 2026-11-01, not 'soon'"),
]


@pytest.mark.parametrize(("words", "message"), BAD_EMULATORS)
def test_an_emulator_that_cannot_be_is_refused(words: tuple[str, ...], message: str) -> None:
    done = CliRunner().invoke(app, ["emulate", *words])
    assert done.exit_code == 2
    assert re.fullmatch(f"ConfigurationError: {message}\n", done.stderr)


def test_a_port_that_is_taken_is_reported_with_a_way_out(supermetrics_emulator: Emulator) -> None:
    port = supermetrics_emulator.origin.rpartition(":")[2]
    done = CliRunner().invoke(app, ["emulate", "--port", port])
    assert done.exit_code == 2
    assert re.search(r"cannot serve at 127\.0\.0\.1, port \d+: .*; --port 0 takes any that is free\n$", done.stderr)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("demo",), "the emulator needs its extra: pip install 'supermetrics-query[cli,emulator]'"),
        (("emulate",), "the emulator needs its extra: pip install 'supermetrics-query[cli,emulator]'"),
        (
            ("rows", "x", "--to", "x.parquet"),
            "a Parquet file needs its extra: pip install 'supermetrics-query[cli,arrow]'",
        ),
    ],
)
def test_without_an_extra_a_command_says_what_to_install(
    words: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supermetrics_query.cli.extras.find_spec", lambda _: None)
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stderr) == (2, f"ConfigurationError: {message}\n")
