"""Whatever a query file or an option holds, the command says in one line what is wrong, or sends what was written."""

import json
import os
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from supermetrics_query import ConfigurationError, DataQuery
from supermetrics_query._client.reading import LARGEST
from supermetrics_query.cli import exits
from supermetrics_query.cli.app import app
from supermetrics_query.cli.queries import OPTIONS, from_options
from supermetrics_query.emulator import Emulator
from supermetrics_query_api.limits import LIMITS
from typer.testing import CliRunner, Result

NO_OPTIONS: dict[str, Any] = dict.fromkeys(option for option, _ in OPTIONS.values())
QUICK = 1.0  # seconds of this process within which any file is read or refused


def command(*words: str, service: Emulator | None = None) -> Result:
    """Run a command in this process, against a service or where nothing may be sent."""
    url, key = (service.url, service.key) if service else ("http://127.0.0.1:1", "no_key")
    return CliRunner(env={"SUPERMETRICS_API_KEY": key, "SUPERMETRICS_BASE_URL": url}).invoke(app, words)


def refusal(path: Path, content: str | bytes) -> str:
    """Return why a file is refused, or nothing for one that is a query, which can be sent."""
    try:
        assert json.dumps(query_of(path, content).to_dict())
    except ConfigurationError as error:
        return str(error)
    return ""


def query_of(path: Path, content: str | bytes) -> DataQuery:
    """Return the query that a file holds."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return from_options(str(path), None, NO_OPTIONS).query


def assert_refused(done: Result, message: str) -> None:
    """One line says what is wrong, and the exit code that the mistake is in the input."""
    assert (done.exit_code, done.stdout) == (exits.USAGE, "")
    assert done.stderr.startswith("ConfigurationError: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


# What was written as text is sent as text.

TEXTS = [
    *("0123", "1_000", "0x1f", "0o17", "1e3", "1.50", "12:30", "1:30:45.5", "no", "off", "NO", "yes", "true", "y"),
    *("2013-01-01", "2013-1-1", "2013-01-01T10:00:00Z", "+1", ".5", "5.", ".inf", ".nan", "=", "-0", "1e999", "<<"),
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_without_quotes_is_sent_as_it_is_written(tmp_path: Path, text: str) -> None:
    query = query_of(tmp_path / "q.yaml", f"ds_id: {text}\nds_users: [{text}]\nds_accounts:\n  filter_id: {text}\n")
    assert query.to_dict() == {"ds_id": text, "ds_users": [text], "ds_accounts": {"filter_id": text}}


@pytest.mark.parametrize("number", ["0", "7", "-1", "1.50", "1e3", "12345678901234567890"])
def test_a_number_in_json_is_sent_as_it_is_written_where_the_contract_means_text(tmp_path: Path, number: str) -> None:
    query = query_of(tmp_path / "q.json", f'{{"ds_id": {number}, "fields": [{number}, {{"id": {number}}}]}}')
    assert query.to_dict() == {"ds_id": number, "fields": [number, {"id": number}]}


@pytest.mark.parametrize("name", [name for name in LIMITS["DataQuery"] if name.isidentifier() and name != "api_key"])
def test_the_contract_says_what_a_number_without_quotes_is(tmp_path: Path, name: str) -> None:
    kinds = LIMITS["DataQuery"][name]
    if not {"string", "integer"} & kinds.keys():
        with pytest.raises(ConfigurationError, match=f"{name} must be a mapping, not 7"):
            query_of(tmp_path / "q.yaml", f"ds_id: WEATHER\n{name}: 7")
        return
    source = "" if name == "ds_id" else "ds_id: WEATHER\n"
    sent = query_of(tmp_path / "q.yaml", f"{source}{name}: 7").to_dict()
    assert sent[name] == (7 if "integer" in kinds else "7")
    assert type(sent[name]) in (int, str)


@pytest.mark.parametrize("text", ["0123", "1_000", "0x1f", "1e3", "12:30", "1.0", "+1", "'7'", "ten", "9" * 5000])
def test_what_is_no_plain_whole_number_is_refused_where_the_contract_means_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "q.yaml"
    path.write_text(f"ds_id: WEATHER\nmax_rows: {text}\n")
    assert_refused(command("run", "--file", str(path)), "max_rows must be ")


@pytest.mark.parametrize(
    "text",
    [
        "0123",
        "1_000",
        "0x1f",
        "0b1",
        "1e3",
        "1.5e3",
        "12:30",
        "no",
        "off",
        "Yes",
        "ON",
        "+1",
        ".5",
        "5.",
        ".inf",
        ".NaN",
    ],
)
def test_what_versions_of_yaml_read_in_different_ways_is_refused_where_the_contract_is_open(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "q.yaml"
    path.write_text(f"ds_id: WEATHER\nsettings:\n  zone: {text}\n")
    assert_refused(command("run", "--file", str(path)), f"settings.zone is '{text}', which versions of YAML")


def test_plain_values_and_quoted_text_are_what_they_are_where_the_contract_is_open(tmp_path: Path) -> None:
    written = "{a: 1, b: -1.5, c: true, d: False, e: null, f: ~, g: '0123', h: \"no\", i: 2013-01-01, j: text, k: [1]}"
    query = query_of(tmp_path / "q.yaml", f"ds_id: WEATHER\nsettings: {written}")
    expected = {"a": 1, "b": -1.5, "c": True, "d": False, "e": None, "f": None, "g": "0123", "h": "no"}
    assert query.to_dict()["settings"] == expected | {"i": "2013-01-01", "j": "text", "k": [1]}
    query = query_of(tmp_path / "q.json", '{"ds_id": "WEATHER", "settings": {"a": 1e3, "b": 0.5, "c": true}}')
    assert query.to_dict()["settings"] == {"a": 1000.0, "b": 0.5, "c": True}


def test_names_are_text_as_they_are_written(tmp_path: Path) -> None:
    query = query_of(tmp_path / "q.yaml", "ds_id: WEATHER\nsettings: {no: 1, 0123: 2, 2013-01-01: 3, null: 4}")
    assert query.to_dict()["settings"] == {"no": 1, "0123": 2, "2013-01-01": 3, "null": 4}


def test_an_option_is_sent_as_it_is_typed(supermetrics_emulator: Emulator) -> None:
    words = (
        "--ds-id",
        "0123",
        "--accounts",
        "0123,1e3,no",
        "--users",
        "0x1f",
        "--filter",
        "a == 012",
        "--max-rows",
        "7",
    )
    command("run", *words, "--setting", "a=0123", "--setting", "b=1", "--no-wait", service=supermetrics_emulator)
    sent: Any = supermetrics_emulator.requests[0].json
    assert (sent["ds_id"], sent["ds_accounts"], sent["ds_users"]) == ("0123", ["0123", "1e3", "no"], "0x1f")
    assert (sent["filter"], sent["max_rows"], sent["settings"]) == ("a == 012", 7, {"a": "0123", "b": 1})


# Files that no query is.

LAUGHS = "ds_id: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{was}'] * 9)}]\n" for was, name in zip("abcdefgh", "bcdefghi", strict=True)
)
REFUSED: list[tuple[str, str | bytes, str]] = [
    ("q.json", "[" * 100_000, "the query is nested too deeply to be sent"),
    ("q.json", '{"a":' * 40_000, "the query is nested too deeply to be sent"),
    ("q.json", '{"ds_id":"W","settings":' + '{"a":' * 200 + "1" + "}" * 201, "settings.a is nested too deeply"),
    ("q.yaml", "[" * 100_000, "the query is nested too deeply to be sent"),
    ("q.yaml", "- " * 50_000, "the query is nested too deeply to be sent"),
    ("q.yaml", "ds_id: W\nsettings: " + "{a: " * 2_000, "the query is nested too deeply to be sent"),
    ("q.yaml", LAUGHS, "aliases and tags are not for a query: write it out in line 2"),
    ("q.yaml", "ds_id: &x W\nds_user: *x\n", "aliases and tags are not for a query: write it out in line 2"),
    ("q.yaml", "ds_id: &x {<<: *x}", "aliases and tags are not for a query"),
    (
        "q.yaml",
        "ds_id: !!python/object/apply:os.system [ls]",
        "aliases and tags are not for a query: write it out in line 1",
    ),
    ("q.yaml", "ds_id: !!binary aGk=", "aliases and tags are not for a query"),
    ("q.yaml", "ds_id: W\nmax_rows: 1\nds_id: X\n", "'ds_id' stands in one object 2 times"),
    ("q.yaml", "ds_id: W\nsettings: {a: 1, 'a': 2}\n", "'a' stands in one object 2 times in line 2"),
    ("q.json", '{"ds_id": "W", "ds_id": "X"}', "'ds_id' stands in one object 2 times"),
    ("q", '{"ds_id": "W", "settings": {"a": 1, "a": 2}}', "'a' stands in one object 2 times"),
    ("q.yaml", "ds_id: W\n---\nds_id: X\n", "there is a second document in line 2"),
    ("q.yaml", "? [ds_id]\n: W\n", "a name must be text in line 1"),
    ("q.yaml", "ds_id: W\nds_segments: [" + "1," * 60_000 + "]", "there are more than 5000 parts"),
    ("q.json", '{"ds_id": 0123}', "is not JSON: "),
    ("q.json", '{"ds_id": true}', "ds_id must be text, not True"),
    ("q.json", '{"ds_id": "W", "settings": {"a": NaN}}', "settings.a cannot be sent as JSON"),
    ("q.json", '{"ds_id": "W", "settings": {"a": 1e999}}', "settings.a cannot be sent as JSON"),
    ("q.json", '{"ds_id": "W", "settings": {"a": ' + "9" * 5000 + "}}", "settings.a cannot be sent as JSON"),
    ("q.json", '{"ds_id": "\\ud800"}', "ds_id cannot be sent as JSON"),
    ("q.json", "", "is not JSON"),
    ("q.yaml", "", "must hold an object such as 'ds_id: GAWA', not nothing"),
    ("q.yaml", "# only a comment\n", "not nothing"),
    ("q.yaml", "\0", "special characters are not allowed"),
    ("q.yaml", "ds_id: W\x07", "special characters are not allowed"),
    ("q.yaml", "ds_id: Bücher".encode("latin-1"), "is not text in UTF-8"),
    ("q.yaml", "ds_id: W".encode("utf-16"), "is not text in UTF-8"),
    ("q.yaml", b"ds_id: W\n" + b"# \n" * LARGEST, "is larger than 256 KiB, and no query is"),
]


@pytest.mark.parametrize(("name", "content", "message"), REFUSED, ids=[f"{text[:20]!r}" for _, text, _ in REFUSED])
def test_a_file_that_is_no_query_is_refused_in_one_line_and_soon(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    began = time.process_time()
    done = command("run", "--file", str(path))
    assert time.process_time() - began < QUICK
    assert_refused(done, message)


def test_a_byte_order_mark_is_no_part_of_a_query(tmp_path: Path) -> None:
    for name, text in (("q.yaml", "ds_id: WEATHER"), ("q.json", '{"ds_id": "WEATHER"}')):
        assert query_of(tmp_path / name, text.encode("utf-8-sig")).to_dict() == {"ds_id": "WEATHER"}


@pytest.mark.parametrize(
    "name", ["", "nowhere", "nowhere/q.yaml", "/", "q\0.yaml", "x" * 5000, "/dev/zero", "/proc/self/mem"]
)
def test_a_place_where_no_query_is_says_so(name: str) -> None:
    assert_refused(command("run", "--file", name), "cannot read" if name != "/dev/zero" else "is larger than 256 KiB")


@pytest.mark.parametrize("content", [b"ds_id: WEATHER\n", b"#" * (2 * LARGEST)], ids=["a query", "too much"])
def test_a_pipe_is_read_to_its_end_or_to_the_most_that_a_query_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write() -> None:
        try:
            with path.open("wb") as file:
                file.write(content)
        except BrokenPipeError:
            pass

    writer = threading.Thread(target=write)
    writer.start()
    done = command("run", "--file", str(path), "--base-url", "ftp://nowhere")
    writer.join()
    assert_refused(done, "is larger than 256 KiB" if len(content) > LARGEST else "base_url must look like")


# Options.

ODD = [
    "",
    " ",
    ",",
    "-1",
    "0",
    "0123",
    "1e3",
    "NaN",
    "inf",
    "9" * 400,
    "9" * 5000,
    "a\nb",
    "\udcff",
    "☃",
    "x" * 10_000,
    "[",
]
ODD += [
    "=",
    "a=",
    "=a",
    'a={"b":1,"b":2}',
    "a=" + "[" * 50_000,
    "a=NaN",
    "a=1e999",
    "2026-02-30",
    "2026-13-01",
    "never",
    "-",
]
QUERY = ("run", "--ds-id", "WEATHER", "--no-wait")
COMMANDS: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (
        QUERY,
        (
            *(
                "--ds-id",
                "--fields",
                "--start-date",
                "--filter",
                "--max-rows",
                "--schedule-id",
                "--setting",
                "--format",
            ),
            *("--timeout", "--key-file", "--base-url", "--to", "--output", "--file"),
        ),
    ),
    (("wait", "night-1", "--timeout", "0"), ("--timeout",)),
    (("rows", "night-1", "--timeout", "0"), ("--to",)),
    (("status",), ("",)),
    (("history",), ("--ds-id", "--status", "--since")),
    (
        ("emulate", "--fault", "refused"),
        ("--plan", "--fault", "--source", "--today", "--speed", "--port", "--per-hour"),
    ),
]
EVERY = [(words, option) for words, options in COMMANDS for option in options]


@pytest.mark.parametrize(("words", "option"), EVERY, ids=lambda value: value if isinstance(value, str) else value[0])
def test_an_option_of_any_value_ends_in_a_documented_way(
    supermetrics_emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    option: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for value in ODD:
        given = (f"{option}={value}",) if option else ("--", value)
        began = time.process_time()
        done = command(*words, *given, service=supermetrics_emulator)
        assert time.process_time() - began < 2 * QUICK
        assert done.exception is None or isinstance(done.exception, SystemExit), (value[:60], done.exception)
        assert done.exit_code in exits.MEANINGS
        assert "Traceback" not in done.stderr


# Files that a generator makes up.

SCALARS = [
    *TEXTS,
    "1",
    "-7",
    "true",
    "null",
    "~",
    "",
    "'",
    '"',
    "text",
    "ü",
    "\u2028",
    "*a",
    "&a x",
    "!!set",
    "|",
    ">",
    "%",
    "@",
    "`",
]
NAMES = [
    "ds_id",
    "fields",
    "settings",
    "max_rows",
    "start_date",
    "ds_accounts",
    "filter_id",
    "id",
    "x",
    "no",
    "<<",
    "1",
    "a.b",
    "[]",
]


def made(random: Random, level: int = 0) -> Any:
    """Make something that a file could hold."""
    kind = random.randrange(3 if level < 5 else 1)
    if kind == 1:
        return [made(random, level + 1) for _ in range(random.randrange(5))]
    if kind == 2 or level == 0:
        return {random.choice(NAMES): made(random, level + 1) for _ in range(random.randrange(7))} | {
            "ds_id": "WEATHER"
        }
    return random.choice([*SCALARS, 1, -5, 1.5, True, False, None, 10**30, "x" * 300])


def written(random: Random) -> bytes:
    """Write it as JSON or YAML, in a style, and damage some of it."""
    value = made(random)
    flow = random.choice([True, False, None])
    text = (
        json.dumps(value)
        if random.random() < 0.4
        else yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    )
    content = bytearray(text.encode())
    if random.random() < 0.3:
        text = text.replace("'", "").replace('"', "")
        content = bytearray(text.encode())
    for _ in range(random.choice([0, 0, 1, 5])):
        at = random.randrange(len(content))
        content[at : at + random.randrange(3)] = random.choice(
            [b"\n", b"  ", b"- ", b": ", b"{", b"]", b"\xff", b"\t", b"*a"]
        )
    return bytes(content)


@pytest.mark.parametrize("seed", range(8))
def test_a_file_that_nobody_thought_of_is_read_or_refused_and_soon(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    read = 0
    for number in range(60):
        content = written(random)
        began = time.process_time()
        message = refusal(tmp_path / random.choice(["q", "q.yaml", "q.json"]), content)
        assert "\n" not in message, content
        read += not message
        assert time.process_time() - began < QUICK, (number, content)
    assert read, "some of them are queries"
