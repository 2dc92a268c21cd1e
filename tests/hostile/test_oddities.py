"""What an outsider tried: odd answers, odd functions of the user, and signals."""

import io
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from supermetrics_query import (
    BaseLimiter,
    ConfigurationError,
    PermissionDeniedError,
    QueryError,
    RetryPolicy,
    SupermetricsQueryError,
    UnreadableResponseError,
)
from supermetrics_query._contract.messages import Answer
from supermetrics_query._contract.problems import error_of
from supermetrics_query.emulator import Emulator, Plan

from tests.cli.shell import COMMAND
from tests.support.answers import about, status, success
from tests.support.calling import calling
from tests.support.scripted import KEY, a_query, scripted_client
from tests.support.servers import STAYS, Exchange, a_server, raw

ONCE = RetryPolicy(attempts=1)
SECRET = "api_key_of_the_hostile_tests"
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in SECRET)
ECHOES = {
    "in a message": b'{"error": {"code": "X", "message": "bad key %s"}}' % ESCAPED.encode(),
    "in a code": b'{"error": {"code": "%s"}, "meta": {"request_id": "%s"}}' % ((ESCAPED.encode(),) * 2),
    "in UTF-16": f"bad key {SECRET}".encode("utf-16"),
    "far behind": b'{"data": "%s", "error": {"code": "X", "message": "%s"}}' % (b" " * 200_000, SECRET.encode()),
}


CALLS: dict[str, Callable[[Any, Path], tuple[Any, ...]]] = {
    "status": lambda client, _: (client, "status", "night-1"),
    "download": lambda client, path: (client.attach("night-1"), "download", path),
}


def replies(content: bytes) -> Any:
    def behave(exchange: Exchange) -> bool:
        exchange.send(content)
        return STAYS

    return behave


@pytest.mark.parametrize("http", [200, 403])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_no_message_holds_the_key_however_an_answer_writes_it(stack: str, http: int, echo: bytes) -> None:
    head = f"HTTP/1.1 {http} Said\r\nContent-Type: application/json\r\nContent-Length: {len(echo)}\r\n\r\n"
    with (
        a_server(replies(head.encode() + echo)) as server,
        calling(stack, SECRET, base_url=server.base_url, retry=ONCE) as caller,
        pytest.raises(SupermetricsQueryError) as caught,
    ):
        caller.call(caller.client, "status", "night-1")
    assert SECRET not in f"{caught.value} {vars(caught.value)}".replace("\0", "").replace("\\x00", "")


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
def test_an_error_nested_to_any_depth_is_that_error(opening: bytes, closing: bytes) -> None:
    for depth in range(200, 1_200, 5):
        body = b'{"error": %s}' % (opening * depth + b"1" + closing * depth)
        assert isinstance(error_of(Answer(403, {}, body, "GET", "https://api.test")), PermissionDeniedError)


def test_the_message_about_another_query_does_not_hold_the_key(stack: str) -> None:
    with (
        a_server(replies(raw(about(SECRET, success())))) as server,
        calling(stack, SECRET, base_url=server.base_url, retry=ONCE) as caller,
        pytest.raises(UnreadableResponseError) as caught,
    ):
        caller.call(caller.client, "status", "night-1")
    assert SECRET not in f"{caught.value} {caught.value.problem}"


@pytest.mark.parametrize("method", CALLS)
def test_a_damaged_chunk_ends_a_request_at_once(stack: str, method: str, tmp_path: Path) -> None:
    def behave(exchange: Exchange) -> bool:
        if method == "download" and not exchange.path.endswith("results"):
            exchange.send(raw(success()))
            return STAYS
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in (b"5\r\n", b"abcde\r\n", b"zz\r\n"):
            exchange.send(part)
            time.sleep(0.02)  # so that they arrive one by one
        return exchange.is_silent()

    began = time.monotonic()
    with (
        a_server(behave) as server,
        calling(stack, KEY, base_url=server.base_url, retry=ONCE, timeout=30) as caller,
        pytest.raises(UnreadableResponseError),
    ):
        caller.call(*CALLS[method](caller.client, tmp_path / "rows.csv"))
    assert time.monotonic() - began < 10


def test_a_body_in_a_transfer_coding_that_nobody_undoes_is_no_file(stack: str, tmp_path: Path) -> None:
    def behave(exchange: Exchange) -> bool:
        if not exchange.path.endswith("results"):
            exchange.send(raw(success()))
            return STAYS
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
        exchange.send(head + b"5\r\nabcde\r\n0\r\n\r\n")
        return STAYS

    with (
        a_server(behave) as server,
        calling(stack, KEY, base_url=server.base_url, retry=ONCE) as caller,
        pytest.raises(SupermetricsQueryError),
    ):
        caller.call(caller.client.attach("night-1"), "download", tmp_path / "rows.csv")
    assert not [*tmp_path.iterdir()]


def test_two_queries_in_flight_cannot_have_one_id(backend: str) -> None:
    subject = scripted_client(backend, status("RUNNING"), success())
    queries = subject.collect(subject.client, "run_many", [a_query(), a_query(max_rows=7)])
    errors = {query.request.max_rows == 7: query.error for query in queries}
    assert isinstance(errors[True], ConfigurationError)
    assert "in flight has the schedule_id 'night-1'" in str(errors[True])
    assert errors[False] is None
    assert [line for line in subject.log if line.startswith("start")] == ["start 0"]


def test_a_history_that_repeats_itself_ends(backend: str) -> None:
    entries = [{"schedule_id": f"night-{number}"} for number in range(1_000)]
    subject = scripted_client(backend, httpx.Response(200, json={"meta": {}, "data": entries}))
    with pytest.raises(QueryError, match="the same queries again"):
        subject.collect(subject.client, "history")
    assert len(subject.seen) == 1_000


class NoPermit(BaseLimiter):
    """A limiter that forgets to return something."""

    def acquire(self, *_: object) -> Any:
        return None


def test_a_limiter_that_returns_no_permit_is_named(backend: str) -> None:
    subject = scripted_client(backend, success(), limiter=NoPermit())
    with pytest.raises(ConfigurationError, match="what a limiter returns must be a Permit, not None"):
        subject.start()


class Unwilling(io.BytesIO):
    """A file that says it took less than nothing."""

    def write(self, _content: object) -> int:
        return -1


def test_a_file_that_takes_less_than_nothing_is_an_error() -> None:
    result = httpx.Response(200, content=b"date\n2013-01-01\n", headers={"content-type": "text/csv"})
    subject = scripted_client("sync", success(), result)
    query = subject.start(format="csv")
    with pytest.raises(OSError, match="takes no more"):
        query.download(Unwilling())


@pytest.mark.parametrize("header", ["Content-Length", "transfer-encoding", "Expect"])
def test_a_header_that_says_how_a_request_is_sent_is_ours(stack: str, header: str) -> None:
    options = {"headers": {header: "3"}}
    with (
        pytest.raises(ConfigurationError, match="http_options must not hold headers"),
        calling(stack, KEY, http_options=options),
    ):
        pass


def test_a_command_that_is_terminated_leaves_no_part_of_a_file_and_says_how_to_go_on(tmp_path: Path) -> None:
    plan = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=10_000)
    with Emulator(plan=plan) as service:
        words = [COMMAND, "run", "--ds-id", "WEATHER", "--fields", "date,temp", "--to", str(tmp_path / "rows.csv")]
        env = {"SUPERMETRICS_API_KEY": service.key, "SUPERMETRICS_BASE_URL": service.url}
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=env) as process:
            while not service.requests:
                assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "keeps running" in said
    assert "supermetrics-query wait " in said
    assert not [*tmp_path.iterdir()]
