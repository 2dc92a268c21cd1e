"""Where a query and a key come from, and the messages about those that cannot be used."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from supermetrics_query.cli.app import app
from supermetrics_query.cli.options import duration
from supermetrics_query.cli.progress import shown
from supermetrics_query.emulator import Emulator, Plan
from typer.testing import CliRunner, Result

from tests.cli.shell import COMMAND, WEATHER, command, environment

YAML = """\
ds_id: WEATHER
ds_accounts: [JFK]
fields: [date, temp]
start_date: 2013-01-01  # a date to YAML, a text to the API
end_date: 2013-01-05
max_rows: 4
settings:
  note: from the file
  kept: true
"""
JSON = json.dumps({"ds_id": "WEATHER", "fields": "date,temp", "max_rows": 4})


def started(service: Emulator) -> Any:
    """Return the query that the service was asked to start."""
    [seen] = [request for request in service.requests if request.operation == "start"]
    return seen.json


@pytest.mark.parametrize(("name", "text"), [("query.yaml", YAML), ("query.json", JSON), ("query", YAML)])
def test_a_query_comes_from_a_file(supermetrics_emulator: Emulator, tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    done = command(supermetrics_emulator, "run", "--file", str(path), "--output", "ndjson")
    assert [json.loads(line).keys() for line in done.stdout.splitlines()] == [{"date", "temp"}] * 4


@pytest.mark.parametrize("text", [YAML, JSON])
def test_a_query_comes_from_stdin(supermetrics_emulator: Emulator, text: str) -> None:
    done = command(supermetrics_emulator, "run", "--file", "-", stdin=text)
    assert len(done.stdout.splitlines()) == 5


def test_options_win_over_the_file(supermetrics_emulator: Emulator) -> None:
    words = ("--max-rows", "2", "--end-date", "2013-01-03", "--setting", "note=from the shell", "--setting", "n=1")
    done = command(supermetrics_emulator, "run", "--file", "-", *words, stdin=YAML)
    assert len(done.stdout.splitlines()) == 3
    sent = started(supermetrics_emulator)
    assert (sent["start_date"], sent["end_date"], sent["max_rows"]) == ("2013-01-01", "2013-01-03", 2)
    assert sent["settings"] == {"note": "from the shell", "kept": True, "n": 1}


def test_every_option_reaches_the_api_under_its_name(supermetrics_emulator: Emulator) -> None:
    given = {
        "--ds-id": ("ds_id", "WEATHER"),
        "--fields": ("fields", "date,temp"),
        "--accounts": ("ds_accounts", "JFK"),
        "--segments": ("ds_segments", "s1,s2"),
        "--users": ("ds_users", "someone"),
        "--start-date": ("start_date", "yesterday"),
        "--end-date": ("end_date", "yesterday"),
        "--filter": ("filter", "temp > 1"),
        "--order-rows": ("order_rows", "date desc"),
        "--order-columns": ("order_columns", "alphabetic"),
        "--compare": ("compare_type", "custom"),
        "--compare-show": ("compare_show", "value"),
        "--compare-start-date": ("compare_start_date", "2012-01-01"),
        "--compare-end-date": ("compare_end_date", "2012-01-02"),
        "--date-range": ("date_range_type", "custom"),
        "--max-rows": ("max_rows", "5"),
        "--max-columns": ("max_columns", "6"),
        "--cache-minutes": ("cache_minutes", "7"),
        "--schedule-id": ("schedule_id", "mine"),
    }
    words = [word for option, (_, value) in given.items() for word in (option, value)]
    command(supermetrics_emulator, "run", *words, "--no-wait")
    sent = started(supermetrics_emulator)
    listed = {"fields", "ds_segments"}
    expected = {
        name: value.split(",") if name in listed else int(value) if value.isdigit() else value
        for name, value in given.values()
    }
    assert {name: sent.get(name) for name in expected} == expected


def inside(service: Emulator, *words: str, stdin: str | bytes = "") -> Result:
    """Run a command in this process, where no pipe and no terminal matters."""
    variables = {"SUPERMETRICS_API_KEY": service.key, "SUPERMETRICS_BASE_URL": service.url}
    return CliRunner(env=variables).invoke(app, words, input=stdin)


def test_what_yaml_reads_as_numbers_and_dates_is_sent_as_text(supermetrics_emulator: Emulator) -> None:
    text = "ds_id: WEATHER\nfields: [date]\nds_accounts: [123, 4]\nds_user: 5\nstart_date: 2013-01-01\nmax_rows: 1\n"
    inside(supermetrics_emulator, "run", "--file", "-", "--no-wait", stdin=text)
    sent = started(supermetrics_emulator)
    expected = {"ds_accounts": ["123", "4"], "ds_user": "5", "start_date": "2013-01-01", "max_rows": 1}
    assert {name: sent[name] for name in expected} == expected


BAD_FILES = [
    ("ds_id: WEATHER\nfeilds: date", "a query has no member 'feilds'; did you mean 'fields'\\?"),
    ("ds_id: [", "'stdin' is neither JSON nor YAML: .* in line 1"),
    ("- WEATHER", "'stdin' must hold an object such as 'ds_id: GAWA', not \\['WEATHER'\\]"),
    ("", "'stdin' must hold an object such as 'ds_id: GAWA', not nothing"),
    ('{"ds_id": false}', "ds_id must be text, not False"),
    ('{"ds_id": true}', "ds_id must be text, not True"),
    ("ds_id: WEATHER\nmax_rows: ten", "max_rows must be a whole number, not 'ten'"),
    ("ds_id: WEATHER\nsettings: 5", "settings must be a mapping, not 5"),
    ("ds_id: WEATHER\nstart_date: '2013-02-30'", "start_date must be a day such as 2026-11-01, not '2013-02-30'"),
    (b"\xff\xfe", "'stdin' is not text in UTF-8"),
]


@pytest.mark.parametrize(("text", "message"), BAD_FILES, ids=lambda value: None if isinstance(value, bytes) else value)
def test_a_file_that_cannot_be_used_is_refused_before_anything_is_sent(
    supermetrics_emulator: Emulator, text: str | bytes, message: str
) -> None:
    done = inside(supermetrics_emulator, "run", "--file", "-", stdin=text)
    assert re.fullmatch(f"ConfigurationError: {message}\n", done.stderr)
    assert (done.exit_code, supermetrics_emulator.requests) == (2, ())


BAD_WORDS = [
    (("--file", "nowhere.yaml"), "cannot read 'nowhere.yaml': No such file or directory"),
    (("--start-date", "2026-13-01"), "start_date must be a day such as 2026-11-01, not '2026-13-01'"),
    (("--setting", "no_headers"), "--setting must be like KEY=VALUE, not 'no_headers'"),
    (("--timeout", "soon"), "--timeout must be like 90, 15m, 4h or never, not 'soon'"),
    (("--to", "/nowhere/rows.csv"), "--to '/nowhere/rows.csv': there is no folder '/nowhere'"),
    (("--to", "/"), "--to '/' is a folder"),
    (("--to", "rows.xls"), "--to 'rows.xls' must end in one of .*, or --output must be given"),
    (("--to", "rows.csv", "--output", "json"), "--output json and --to 'rows.csv' contradict each other; .*"),
    (("--no-wait", "--output", "csv"), "--no-wait writes no rows; .*"),
    (("--format", "csv", "--output", "csv"), "--output does not apply to --format, .*"),
    (("--schedule-id", "a b"), r"schedule_id must match \^\[A-Za-z0-9_-\]\{1,50\}\$, not 'a b'; .*"),
    (("--max-rows", "0"), "max_rows must be 1 or more, not 0"),
    (("--max-columns", "1001"), "max_columns must be 1000 or less, not 1001"),
    (("--cache-minutes", "-1"), "cache_minutes must be 0 or more, not -1"),
    (("--key-file", "nowhere"), "cannot read --key-file 'nowhere': No such file or directory"),
    (("--base-url", "http://example.com"), "plain http would show the API key .*"),
]


@pytest.mark.parametrize(("words", "message"), BAD_WORDS, ids=lambda value: " ".join(value)[:40])
def test_an_option_that_cannot_be_used_is_refused_before_anything_is_sent(
    supermetrics_emulator: Emulator, words: tuple[str, ...], message: str
) -> None:
    done = inside(supermetrics_emulator, "run", *WEATHER, *words)
    assert re.fullmatch(f"ConfigurationError: {message}\n", done.stderr)
    assert (done.exit_code, supermetrics_emulator.requests) == (2, ())


def test_without_a_key_it_says_where_one_belongs(supermetrics_emulator: Emulator) -> None:
    done = command(supermetrics_emulator, "run", *WEATHER, env={"SUPERMETRICS_API_KEY": ""})
    assert done.stderr == "ConfigurationError: no API key: set SUPERMETRICS_API_KEY, or give --key-file PATH\n"
    assert done.returncode == 2


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_key_comes_from_a_file_with_a_warning_when_others_may_read_it(
    supermetrics_emulator: Emulator, tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "key"
    path.write_text(supermetrics_emulator.key + "\n")
    path.chmod(mode)
    none = {"SUPERMETRICS_API_KEY": ""}
    done = command(supermetrics_emulator, "run", *WEATHER, "--key-file", str(path), env=none)
    assert done.returncode == 0
    warning = f"warning: others may read the key in '{path}': chmod 600 {path}\n"
    assert done.stderr == (warning if mode == 0o644 else "")


def test_no_list_of_processes_shows_the_key(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(Plan(run_seconds=10_000))
    with subprocess.Popen(
        [COMMAND, "run", *WEATHER, "--schedule-id", "slow", "--verbose"],
        env=environment(supermetrics_emulator),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline(), "it has begun to log"
        words = Path(f"/proc/{process.pid}/cmdline")
        shown_words = words.read_bytes() if words.exists() else ps(process.pid)
        process.kill()
    assert b"WEATHER" in shown_words
    assert supermetrics_emulator.key.encode() not in shown_words


def ps(pid: int) -> bytes:
    """Ask for the words of a process where there is no /proc."""
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], check=True, capture_output=True).stdout  # noqa: S607


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("0", 0), ("1.5s", 1.5), ("15m", 900), ("4h", 14_400), ("never", None)]
)
def test_times_are_written_as_people_write_them(text: str, seconds: float | None) -> None:
    assert duration(text) == seconds


def test_times_are_shown_like_a_clock() -> None:
    assert [shown(7.9), shown(75), shown(3_723)] == ["0:07", "1:15", "1:02:03"]


def test_a_file_and_the_environment_are_all_that_names_a_key() -> None:
    help_text = subprocess.run([COMMAND, "run", "--help"], check=True, capture_output=True, text=True, env=os.environ)
    assert "--key-file" in help_text.stdout
    assert not re.search(r"--(api-)?key\b(?!-file)", help_text.stdout)


def test_a_run_with_a_name_that_is_run_again_starts_nothing(supermetrics_emulator: Emulator) -> None:
    runs = [command(supermetrics_emulator, "run", *WEATHER, "--resume", "nightly-2026-11-24") for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert [each.returncode for each in runs] == [0, 0]
    tokens = [
        command(supermetrics_emulator, "run", *WEATHER, "--resume", "nightly-2026-11-24", "--no-wait").stdout
        for _ in range(2)
    ]
    assert tokens[0] == tokens[1] != ""
    assert [seen.operation for seen in supermetrics_emulator.requests].count("start") == 1
