"""What a command writes into pipes and files."""

import csv
import io
import json
import os
import re
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from supermetrics_query.cli import forms
from supermetrics_query.emulator import Emulator, Plan, Source
from supermetrics_query.emulator.sources import DATE, INTEGER, TEXT, Column

from tests.cli.shell import WEATHER, command, shell

SHOP = Source(
    (
        Column("date", DATE, is_metric=False),
        Column("place", TEXT, is_metric=False),
        Column("sold", INTEGER, is_metric=True),
    ),
    [("2026-10-01", "Jyväskylä", 3), ("2026-10-02", 'a "b",\nc', None), ("2026-10-03", None, 0)],
    date="date",
)
ROWS: list[dict[str, Any]] = [
    {"date": "2026-10-01", "place": "Jyväskylä", "sold": 3},
    {"date": "2026-10-02", "place": 'a "b",\nc', "sold": None},
    {"date": "2026-10-03", "place": None, "sold": 0},
]
AS_TEXT = [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in ROWS]
RUN = ("run", "--ds-id", "SHOP", "--fields", "date,place,sold")

READERS: dict[str, Callable[[str], Any]] = {
    "csv": lambda text: list(csv.DictReader(io.StringIO(text, newline=""))),
    "ndjson": lambda text: [json.loads(line) for line in text.splitlines()],
    "json": json.loads,
}
EXPECTED: dict[str, Any] = {"csv": AS_TEXT, "ndjson": ROWS, "json": ROWS}


@pytest.fixture
def shop(supermetrics_emulator: Emulator) -> Emulator:
    supermetrics_emulator.add_source("SHOP", SHOP)
    return supermetrics_emulator


@pytest.mark.parametrize("form", READERS)
def test_what_is_written_reads_back_as_the_rows_of_the_service(shop: Emulator, form: str) -> None:
    done = command(shop, *RUN, "--output", form)
    assert READERS[form](done.stdout) == EXPECTED[form]
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("form", READERS)
def test_a_file_gets_the_form_of_its_ending(shop: Emulator, form: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{form}"
    done = command(shop, *RUN, "--to", str(path))
    assert READERS[form](path.read_text(encoding="utf-8")) == EXPECTED[form]
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == [path]


def test_a_parquet_file_holds_the_rows_with_their_types(shop: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    assert command(shop, *RUN, "--to", str(path)).returncode == 0
    assert parquet.read_table(path).to_pylist() == [row | {"date": date.fromisoformat(row["date"])} for row in ROWS]


def test_a_parquet_file_of_several_pages_is_whole(supermetrics_emulator: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    words = ("--ds-id", "NUMBERS", "--fields", "c0,c1", "--setting", "rows=25000", "--to", str(path))
    assert command(supermetrics_emulator, "run", *words).returncode == 0
    table = parquet.read_table(path)
    assert table.column("c0").to_pylist() == list(range(25_000))


def test_a_pipe_gets_csv_by_default(shop: Emulator) -> None:
    assert READERS["csv"](command(shop, *RUN).stdout) == AS_TEXT


def test_a_table_in_a_pipe_is_as_wide_as_its_rows_and_has_no_colours(shop: Emulator) -> None:
    done = command(shop, *RUN, "--output", "table", env={"COLUMNS": "10"})
    assert "│ 2026-10-01 │ Jyväskylä │ 3    │" in done.stdout
    assert done.stdout.endswith("3 rows\n")
    assert "\x1b" not in done.stdout


NUMBERS = ("run", "--ds-id", "NUMBERS", "--setting", "rows=1000")
WARNED = r"warning: query '[^']+' has exactly 1000 rows, .* more may be missing\. .*\n"
READINGS: dict[str, tuple[str, ...]] = {
    "rows": ("rows",),
    "JSON": ("rows", "--output", "json"),
    "a download": ("download",),
}


@pytest.mark.parametrize("words", [(), ("--format", "csv"), ("--quiet",)])
def test_rows_that_end_at_a_limit_are_written_with_one_warning(
    supermetrics_emulator: Emulator, words: tuple[str, ...]
) -> None:
    done = command(supermetrics_emulator, *NUMBERS, *words)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1_001)
    assert re.fullmatch(WARNED, done.stderr)


@pytest.mark.parametrize("words", READINGS.values(), ids=READINGS)
def test_a_query_that_said_max_rows_is_read_without_a_warning_by_its_token_and_with_one_by_its_id(
    supermetrics_emulator: Emulator, words: tuple[str, ...]
) -> None:
    asked = ("--max-rows", "1000", "--schedule-id", "night-1", "--no-wait")
    token = command(supermetrics_emulator, *NUMBERS, *asked).stdout.strip()
    assert command(supermetrics_emulator, *words, token).stderr == ""
    assert re.fullmatch(WARNED, command(supermetrics_emulator, *words, "night-1").stderr)


def test_a_table_says_when_there_are_more_rows(supermetrics_emulator: Emulator) -> None:
    done = command(supermetrics_emulator, "run", *WEATHER, "--output", "table")
    assert done.stdout.count("│ 2013-") == forms.SHOWN_ROWS
    assert done.stdout.splitlines()[-1] == "the first 100 rows; --output csv or --to FILE gives all"


def test_a_reader_that_goes_away_ends_the_command_quietly(supermetrics_emulator: Emulator, tmp_path: Path) -> None:
    words = "run --ds-id NUMBERS --fields c0 --setting rows=300000 --output csv"
    done = shell(supermetrics_emulator, f'supermetrics-query {words} | head -2; echo "${{PIPESTATUS[0]}}"', tmp_path)
    assert done.stdout.splitlines() == ["c0", "0", "141"]
    assert done.stderr == ""


def test_no_result_leaves_the_file_that_was_there(shop: Emulator, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("old")
    shop.use(Plan(outcome="FAILURE"))
    assert command(shop, *RUN, "--to", str(path)).returncode == 3
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_a_new_result_takes_the_place_of_a_file_and_keeps_its_mode_and_its_links(
    shop: Emulator, tmp_path: Path
) -> None:
    path, link = tmp_path / "rows.csv", tmp_path / "latest.csv"
    path.write_text("old")
    path.chmod(0o600)
    link.symlink_to(path)
    assert command(shop, *RUN, "--to", str(link)).returncode == 0
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8").startswith("date,place,sold\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_pipe_with_a_name_is_written_to_and_not_replaced(shop: Emulator, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = shell(
        shop, f"timeout 20 cat pipe & supermetrics-query {' '.join(RUN)} --output ndjson --to pipe; wait", tmp_path
    )
    assert READERS["ndjson"](done.stdout) == ROWS
    assert (tmp_path / "pipe").is_fifo()


def test_a_result_is_added_to_what_stands_in_a_file(shop: Emulator, tmp_path: Path) -> None:
    (tmp_path / "all").write_text("before\n")
    words = " ".join(RUN)
    shell(shop, f"supermetrics-query {words} --format csv >> all", tmp_path)
    shell(shop, f"supermetrics-query {words} --output csv >> all", tmp_path)
    lines = (tmp_path / "all").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["before", "Date,Place,Sold"]
    assert "date,place,sold" in lines


def test_a_query_goes_from_a_token_to_its_rows_and_its_download(shop: Emulator, tmp_path: Path) -> None:
    token = command(shop, *RUN, "--no-wait", "--format", "csv").stdout.strip()
    assert token.startswith("sq1.")
    assert command(shop, "wait", token).stdout == ""
    assert READERS["json"](command(shop, "rows", token, "--output", "json").stdout) == ROWS
    whole = command(shop, "download", token).stdout
    assert whole.splitlines()[0] == "Date,Place,Sold"
    assert command(shop, "download", token, "--to", str(tmp_path / "x")).returncode == 0
    assert (tmp_path / "x").read_text(encoding="utf-8") == whole


def test_a_status_is_one_object(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(Plan(run_seconds=10_000, parts=8))
    command(supermetrics_emulator, "run", *WEATHER, "--schedule-id", "nightly", "--no-wait")
    supermetrics_emulator.advance(5_000)
    seen = json.loads(command(supermetrics_emulator, "status", "nightly", "--output", "json").stdout)
    assert (seen["schedule_id"], seen["status"], seen["queue_running"]) == ("nightly", "RUNNING", 1)
    assert 0 < seen["parts_ready"] < seen["parts_total"]


def test_the_history_is_filtered_by_source_and_status(shop: Emulator) -> None:
    command(shop, *RUN, "--schedule-id", "good")
    shop.use(Plan(outcome="FAILURE"))
    command(shop, "run", *WEATHER, "--schedule-id", "bad")
    every = READERS["csv"](command(shop, "history").stdout)
    assert {entry["schedule_id"]: entry["status_code"] for entry in every} == {"good": "SUCCESS", "bad": "FAILURE"}
    failed = READERS["json"](command(shop, "history", "--status", "FAILURE,STOPPED", "--output", "json").stdout)
    assert [entry["schedule_id"] for entry in failed] == ["bad"]
    assert READERS["json"](command(shop, "history", "--ds-id", "NUMBERS", "--output", "json").stdout) == []


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("csv", 'a,b,c,d\n"[1, ""ä""]",,true,0.1\n'),
        ("ndjson", '{"a": [1, "ä"], "b": null, "c": true, "d": 0.1}\n'),
        ("json", '[\n{"a": [1, "ä"], "b": null, "c": true, "d": 0.1}\n]\n'),
    ],
)
def test_lists_and_nulls_have_one_form(form: str, written: str) -> None:
    file = io.BytesIO()
    forms.write(form, forms.Rows(["a", "b", "c", "d"], [[([1, "ä"], None, True, 0.1)]]), file)
    assert file.getvalue().decode() == written


@pytest.mark.parametrize(("form", "written"), [("csv", "a\n"), ("ndjson", ""), ("json", "[]\n")])
def test_no_rows_have_a_form_too(form: str, written: str) -> None:
    file = io.BytesIO()
    forms.write(form, forms.Rows(["a"], []), file)
    assert file.getvalue().decode() == written
