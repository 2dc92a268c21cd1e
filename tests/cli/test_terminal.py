"""The command in a terminal: progress, Ctrl-C, and the command that it prints to resume the wait."""

import re
import shlex

import pytest
from supermetrics_query.cli.session import Session, Start
from supermetrics_query.emulator import Emulator, Plan

from tests.cli.shell import ESCAPES, WEATHER, command, terminal

RUN = ("run", *WEATHER)
LONG = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=100, parts=8)  # two seconds of the wall
ENDLESS = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=10_000, parts=8)


def test_progress_grows_and_the_rows_come_as_a_table(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(LONG)
    with terminal(supermetrics_emulator, *RUN) as shown:
        shown.end()
    parts = re.findall(r"RUNNING .*?(\d)/(\d) parts +0:0\d", shown.text)
    assert parts
    assert re.search(r"RUNNING .*left", shown.text)
    assert re.search(r"SUCCESS .*8/8 parts +0:0\d", shown.text)
    assert "│ 2013-01-01 │" in shown.text
    assert shown.process.returncode == 0


def test_the_queue_of_the_licence_is_shown_while_the_query_stands_in_it(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(Plan(scheduled_seconds=0, queued_seconds=10_000))
    with terminal(supermetrics_emulator, *RUN) as shown:
        shown.until(r"QUEUED .*queue: 1 waiting, 0 running")
        supermetrics_emulator.advance(11_000)
        shown.end()
    assert shown.process.returncode == 0


def test_ctrl_c_leaves_the_query_alone_and_prints_the_command_that_resumes_it(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(ENDLESS)
    with terminal(supermetrics_emulator, *RUN, "--schedule-id", "nightly") as shown:
        shown.until(r"RUNNING .*parts")
        shown.press("\x03")
        shown.end()
    assert shown.process.returncode == 130
    assert "Interrupted; query 'nightly' keeps running." in shown.text
    assert "Traceback" not in shown.text
    again = re.search(r"^  supermetrics-query (wait \S+)$", shown.text, re.MULTILINE)
    assert again
    supermetrics_emulator.advance(10_000)
    with terminal(supermetrics_emulator, *shlex.split(again[1])) as resumed:
        resumed.end()
    assert resumed.process.returncode == 0
    assert "SUCCESS" in resumed.text
    rows = re.search(r"^  supermetrics-query (rows \S+)$", resumed.text, re.MULTILINE)
    assert rows
    assert command(supermetrics_emulator, *shlex.split(rows[1])).stdout.startswith("date,temp\n")


def test_ctrl_c_before_anything_was_sent_prints_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), Session().resumable("wait", Start()):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == ""


def test_a_query_that_is_refused_before_anything_was_sent_leaves_no_bar(supermetrics_emulator: Emulator) -> None:
    with terminal(supermetrics_emulator, *RUN, "--format", "nonsense") as shown:
        shown.end()
    _, _, last_line = shown.seen.rpartition("\x1b[2K")
    assert last_line.startswith("ConfigurationError: format must be one of")
    assert (shown.process.returncode, supermetrics_emulator.requests) == (2, ())


def test_without_colour_there_is_progress_and_no_colour(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(LONG)
    with terminal(supermetrics_emulator, *RUN, env={"NO_COLOR": "1"}) as shown:
        shown.end()
    assert "SUCCESS" in shown.text
    assert not re.search(r"\x1b\[[\d;]*3\dm", shown.seen)


def test_a_terminal_that_cannot_move_its_cursor_gets_lines(supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(LONG)
    with terminal(supermetrics_emulator, *RUN, env={"TERM": "dumb"}) as shown:
        shown.end()
    assert re.search(r"^RUNNING \d/\d parts$", shown.text, re.MULTILINE)
    assert re.search(r"^SUCCESS 8/8 parts$", shown.text, re.MULTILINE)
    assert not ESCAPES.search(shown.seen)


@pytest.mark.parametrize("words", [("--quiet",), ("--verbose",)])
def test_quiet_and_verbose_show_no_bar(supermetrics_emulator: Emulator, words: tuple[str, ...]) -> None:
    with terminal(supermetrics_emulator, *RUN, *words) as shown:
        shown.end()
    assert " parts" not in shown.text
    assert ("DEBUG RequestDone" in shown.text) is (words == ("--verbose",))
    assert shown.process.returncode == 0
