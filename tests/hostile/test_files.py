"""Files are whole or not there, whoever writes them: the client, `whole_file`, or a command."""

import csv
import gzip
import io
import os
import resource
import stat
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import AsyncQueryClient, QueryClient, whole_file
from supermetrics_query._core.run import Ticket
from supermetrics_query._results.sinks import HELD
from supermetrics_query.cli import forms
from supermetrics_query.emulator import Emulator, Plan, Source
from supermetrics_query.emulator.sources import TEXT, Column

from tests.cli.shell import WEATHER, command, shell, terminal
from tests.support.answers import gateway, success
from tests.support.calling import Caller, directly, in_loop
from tests.support.scripted import BASE_URL, KEY, ScriptedClient, scripted_client

OLD = b"yesterday"
CSV = b"date,temp\n" + b"2013-01-01,39.0\n" * 10_000
MEDIA_TYPE = {"content-type": "text/csv"}
SHORT = httpx.Response(200, content=CSV[:26], headers=MEDIA_TYPE)
LONG = httpx.Response(200, content=CSV, headers=MEDIA_TYPE)
assert len(CSV) > 2 * HELD


def csv_query(backend: str, *answers: httpx.Response) -> tuple[ScriptedClient, Any]:
    """Return a client, and a query that was started as CSV and has succeeded."""
    subject = scripted_client(backend, success(), *answers)
    return subject, subject.start(format="csv")


@contextmanager
def no_room_for(size: int) -> Iterator[None]:
    """Let files grow to this size only, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Slow(io.RawIOBase):
    """A raw file that takes at most so many bytes at once, and in the end none."""

    def __init__(self, most: int, room: int = 10**9) -> None:
        self.most, self.room, self.taken = most, room, b""

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int | None:
        part = bytes(content)[: min(self.most, self.room - len(self.taken))]
        self.taken += part
        return len(part) or None


class Silent(io.BytesIO):
    """A file whose `write` does not say how much it took, as that of SFTP."""

    def write(self, content: Any) -> Any:
        super().write(content)


@pytest.mark.parametrize("answer", [SHORT, LONG], ids=["short", "long"])
def test_a_file_that_takes_less_than_it_is_given_gets_the_rest(backend: str, answer: httpx.Response) -> None:
    subject, query = csv_query(backend, answer)
    slow = Slow(most=7 if answer is SHORT else 20_000)
    assert subject.call(query, "download", slow) == len(answer.content)
    assert slow.taken == answer.content


@pytest.mark.parametrize("answer", [SHORT, LONG], ids=["short", "long"])
def test_a_file_that_takes_no_more_is_an_error(backend: str, answer: httpx.Response) -> None:
    subject, query = csv_query(backend, answer)
    with pytest.raises(OSError, match="could not be written"):
        subject.call(query, "download", Slow(most=5, room=20))
    assert subject.log == ["start 0", "results 0"]


def test_a_file_that_compresses_gets_the_result(backend: str, tmp_path: Path) -> None:
    subject, query = csv_query(backend, gateway(503), LONG)
    with gzip.open(tmp_path / "rows.csv.gz", "wb") as packed:
        assert subject.call(query, "download", packed) == len(CSV)
    assert gzip.decompress((tmp_path / "rows.csv.gz").read_bytes()) == CSV


def test_a_file_that_does_not_say_how_much_it_took_has_taken_all() -> None:
    subject, query = csv_query("sync", LONG)
    silent = Silent()
    assert subject.call(query, "download", silent) == len(CSV)
    assert silent.getvalue() == CSV


class Chunks(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An API whose result comes in small parts, which a file buffers."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        parts = [CSV[start : start + 1000] for start in range(0, len(CSV), 1000)]
        return httpx.Response(200, content=iter(parts), headers=MEDIA_TYPE) if is_result(request) else success()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async def parts() -> AsyncIterator[bytes]:
            for start in range(0, len(CSV), 1000):
                yield CSV[start : start + 1000]

        return httpx.Response(200, content=parts(), headers=MEDIA_TYPE) if is_result(request) else success()


def is_result(request: httpx.Request) -> bool:
    return request.url.path.endswith("/results")


@pytest.mark.parametrize("room", [0, 10, HELD + 10])
def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(backend: str, room: int, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(OLD)
    kind = QueryClient if backend == "sync" else AsyncQueryClient
    client = kind(KEY, base_url=BASE_URL, http_options={"transport": Chunks()})
    subject = Caller(client, directly if backend == "sync" else in_loop(backend))
    query = subject.client.attach(Ticket("night-1", "csv").token)
    for _ in range(2):
        with no_room_for(room), pytest.raises(OSError, match="File too large"):
            subject.call(query, "download", tmp_path / "rows.csv")
    assert (tmp_path / "rows.csv").read_bytes() == OLD
    assert [*tmp_path.iterdir()] == [tmp_path / "rows.csv"]


def test_a_full_disk_leaves_nothing_in_the_place_of_a_file_that_was_not_whole(tmp_path: Path) -> None:
    with no_room_for(10), pytest.raises(OSError, match="File too large"), whole_file(tmp_path / "rows.csv") as file:
        file.write(b"11 bytes...")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("error", [KeyError("stop"), KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_a_block_that_raises_leaves_the_old_file(error: BaseException, tmp_path: Path) -> None:
    def broken() -> None:
        with whole_file(str(tmp_path / "rows.csv")) as file:
            file.write(CSV)
            raise error

    (tmp_path / "rows.csv").write_bytes(OLD)
    with pytest.raises(type(error)):
        broken()
    assert (tmp_path / "rows.csv").read_bytes() == OLD
    assert [*tmp_path.iterdir()] == [tmp_path / "rows.csv"]


def test_a_block_that_ends_puts_the_file_in_its_place_and_not_before(tmp_path: Path) -> None:
    with whole_file(tmp_path / "rows.csv") as file:
        file.write(CSV)
        file.flush()
        assert not (tmp_path / "rows.csv").exists()
    assert (tmp_path / "rows.csv").read_bytes() == CSV
    assert [*tmp_path.iterdir()] == [tmp_path / "rows.csv"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o444])
def test_a_file_keeps_its_mode(backend: str, mode: int, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(OLD)
    (tmp_path / "rows.csv").chmod(mode)
    subject, query = csv_query(backend, gateway(503), SHORT)
    subject.call(query, "download", tmp_path / "rows.csv")
    assert stat.S_IMODE((tmp_path / "rows.csv").stat().st_mode) == mode
    assert (tmp_path / "rows.csv").read_bytes() == SHORT.content


def test_a_file_for_one_reader_is_for_no_other_while_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").touch(0o600)
    with whole_file(tmp_path / "rows.csv"):
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o000])
def test_a_new_file_has_the_mode_that_the_umask_leaves(mask: int, tmp_path: Path) -> None:
    subject, query = csv_query("sync", SHORT)
    before = os.umask(mask)
    try:
        subject.call(query, "download", tmp_path / "rows.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "rows.csv").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_leads_to_the_new_file(backend: str, exists: bool, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "rows.csv", tmp_path / "latest.csv"
    if exists:
        real.write_bytes(OLD)
    link.symlink_to(Path("real") / "rows.csv")
    subject, query = csv_query(backend, SHORT)
    subject.call(query, "download", link)
    assert link.is_symlink()
    assert real.read_bytes() == SHORT.content
    assert [*real.parent.iterdir()] == [real]


def test_a_pipe_gets_the_result_once_and_stays(backend: str, tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    subject, query = csv_query(backend, gateway(503), LONG)
    assert subject.call(query, "download", pipe) == len(CSV)
    reader.join(20)
    assert read == [CSV]
    assert [path.is_fifo() for path in tmp_path.iterdir()] == [True]


def device(name: str, minor: int, folder: Path) -> Path:
    """Return a device that a test cannot take away from the machine: root, who could, gets a node of its own."""
    if os.geteuid() != 0:
        return Path("/dev", name)
    try:
        os.mknod(folder / name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
    except PermissionError:
        pytest.skip("this root may not make devices")
    return folder / name


def test_a_device_gets_the_result_and_stays(backend: str, tmp_path: Path) -> None:
    subject, query = csv_query(backend, LONG)
    null = device("null", 3, tmp_path)
    assert subject.call(query, "download", null) == len(CSV)
    assert null.is_char_device()
    with null.open("wb") as opened:
        assert subject.call(query, "download", opened) == len(CSV)


@pytest.mark.parametrize("answer", [SHORT, LONG], ids=["short", "long"])
def test_a_full_device_is_an_error_and_stays(backend: str, answer: httpx.Response, tmp_path: Path) -> None:
    subject, query = csv_query(backend, answer)
    full = device("full", 7, tmp_path)
    with pytest.raises(OSError, match="No space left"):
        subject.call(query, "download", full)
    with pytest.raises(OSError, match="No space left"), whole_file(full) as file:
        file.write(CSV)
    assert full.is_char_device()


def test_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    name = "ä" * 120 + ".csv"
    subject, query = csv_query("sync", SHORT)
    subject.call(query, "download", tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


# What a command writes.

CELLS = ["a\rb", "a\nb", "a\r\nb", 'a "b"', "a,b", "\r", "\n", '"', "", " a ", "a\tb", "ä", "a\u2028b"]
ESCAPES = ["\x1b[2J", "\x1b]52;c;aGk=\x07", "\x9b31m", "\x9d0;title\x9c", "\x08\x7f", "abc\u202etxt", "\u2066x\u2069"]


def csv_of(rows: list[tuple[Any, ...]], keys: tuple[str, ...] = ("a", "b")) -> bytes:
    file = io.BytesIO()
    forms.write("csv", forms.Rows(keys, [rows]), file)
    return file.getvalue()


def test_every_reader_of_csv_reads_the_cells_that_were_written() -> None:
    rows = [(cell, "end") for cell in CELLS]
    written = csv_of(rows)
    assert [*csv.reader(io.StringIO(written.decode(), newline=""))] == [["a", "b"], *map(list, rows)]
    table = pyarrow.csv.read_csv(io.BytesIO(written), parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True))
    assert table.column("a").to_pylist() == CELLS
    assert pd.read_csv(io.BytesIO(written), keep_default_na=False)["a"].tolist() == CELLS
    assert written.startswith(b'a,b\n"a\rb",end\n"a\nb",end\n"a\r\nb",end\n"a ""b""",end\n"a,b",end\n')


@given(rows=st.lists(st.tuples(st.text(alphabet='a\r\n",'), st.text(alphabet='b\r\n",')), max_size=4))
def test_cells_of_any_such_characters_are_read_as_they_were_written(rows: list[tuple[Any, ...]]) -> None:
    read = csv.reader(io.StringIO(csv_of(rows).decode(), newline=""))
    assert [*read] == [["a", "b"], *map(list, rows)]


@given(cells=st.lists(st.text(alphabet='a\r\n"'), min_size=1, max_size=4))
def test_so_are_those_of_one_column(cells: list[str]) -> None:
    read = csv.reader(io.StringIO(csv_of([(cell,) for cell in cells], ("a",)).decode(), newline=""))
    assert [*read] == [["a"], *([cell] for cell in cells)]


@pytest.fixture
def service(supermetrics_emulator: Emulator) -> Emulator:
    rows = [(cell,) for cell in (*CELLS, *ESCAPES)]
    supermetrics_emulator.add_source("ODD", Source((Column("cell", TEXT, is_metric=False),), rows))
    return supermetrics_emulator


RUN = ("run", "--ds-id", "ODD", "--fields", "cell", "--quiet")


def test_what_goes_to_a_file_or_a_pipe_is_exact(service: Emulator, tmp_path: Path) -> None:
    piped = shell(service, f"supermetrics-query {' '.join(RUN)} > out.csv", tmp_path)
    assert (piped.returncode, piped.stderr) == (0, "")
    command(service, *RUN, "--to", str(tmp_path / "rows.csv"))
    for name in ("out.csv", "rows.csv"):
        read = csv.reader(io.StringIO((tmp_path / name).read_bytes().decode(), newline=""))
        assert [row[0] for row in read] == ["cell", *CELLS, *ESCAPES]


@pytest.mark.parametrize("form", ["table", "csv", "ndjson", "json"])
def test_no_cell_controls_a_terminal(service: Emulator, form: str) -> None:
    with terminal(service, *RUN, "--output", form) as shown:
        shown.end()
    assert shown.process.returncode == 0
    assert [escape for escape in ESCAPES if escape in shown.seen] == []
    assert [found for found in "\x07\x08\x7f\x9b\x9d\u202e\u2066" if found in shown.seen] == []
    assert "\\u202etxt" in shown.text
    assert "x1b[2J" in shown.text or "u001b[2J" in shown.text


def test_no_error_controls_a_terminal(supermetrics_emulator: Emulator) -> None:
    done = command(supermetrics_emulator, "wait", "night-1", "--timeout", "\x1b[2J")
    assert (done.returncode, "\x1b" in done.stderr) == (2, False)


SMALL = "supermetrics-query run --quiet --max-rows 3 " + " ".join(WEATHER)


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        (f"{SMALL} --output csv >&-", 2, "stdout is closed"),
        (f"{SMALL} --no-wait >&-", 2, "stdout is closed"),
        ("supermetrics-query status night-1 >&-", 2, "stdout is closed"),
        ("supermetrics-query --version >&-", 13, "stdout is closed"),
        ("supermetrics-query --version > /dev/full", 13, "No space left"),
        (f"{SMALL} --output csv > /dev/full", 13, "No space left"),
        (f"{SMALL} --output table > /dev/full", 13, "No space left"),
        (f"{SMALL} --format csv > /dev/full", 13, "No space left"),
        (f"{SMALL} --no-wait > /dev/full", 13, "supermetrics-query wait "),
        ("supermetrics-query run --file - <&-", 2, "cannot read 'stdin'"),
        (f"{SMALL} --to rows.csv <&- >&- 2>&-", 0, ""),
        ("supermetrics-query emulate --port 0 > /dev/full", 13, "No space left"),
        (f"{SMALL} --to rows.csv --verbose 2> /dev/full", 0, ""),
        ("supermetrics-query wait night-1 2> /dev/full", 9, ""),
        (f"{SMALL} --nonsense 2> /dev/full", 2, ""),
        (f"{SMALL} --output csv --to /dev/stdout | grep -c 2013 | grep -qx 3; exit $?", 0, ""),
        (f"{SMALL} --output table | true; exit ${{PIPESTATUS[0]}}", 141, ""),
    ],
)
def test_a_stream_that_is_closed_or_full_ends_a_command_with_its_code(
    supermetrics_emulator: Emulator, tmp_path: Path, line: str, code: int, says: str
) -> None:
    done = shell(supermetrics_emulator, f"unset PYTHONUNBUFFERED; {line}", tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert bool(done.stderr) is bool(says)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if "rows.csv" in line:
        assert (tmp_path / "rows.csv").read_text().startswith("date,temp\n2013-01-01,")


def test_a_result_that_a_full_device_did_not_take_can_still_be_read(
    supermetrics_emulator: Emulator, tmp_path: Path
) -> None:
    lost = shell(supermetrics_emulator, f"{SMALL} --output csv > /dev/full", tmp_path)
    again = shell(supermetrics_emulator, lost.stderr.splitlines()[-1], tmp_path)
    assert again.stdout.startswith("date,temp\n2013-01-01,")


def test_a_disk_that_is_full_leaves_the_old_file_of_a_command(supermetrics_emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(OLD)
    words = "run --quiet --ds-id NUMBERS --fields c0,c1 --setting rows=25000"
    done = shell(supermetrics_emulator, f"ulimit -f 20; supermetrics-query {words} --to rows.csv", tmp_path)
    assert (done.returncode, "File too large" in done.stderr) == (13, True)
    assert (tmp_path / "rows.csv").read_bytes() == OLD
    assert [*tmp_path.iterdir()] == [tmp_path / "rows.csv"]


def test_a_command_says_before_it_starts_a_query_that_it_cannot_write(
    supermetrics_emulator: Emulator, tmp_path: Path
) -> None:
    supermetrics_emulator.use(Plan(run_seconds=10_000))
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "rows.csv")
    done = shell(supermetrics_emulator, f"{SMALL} --output csv --to link", tmp_path)
    assert (done.returncode, "there is no folder" in done.stderr) == (2, True)
    assert supermetrics_emulator.requests == ()
