"""Whatever a server does to a download, the path holds what it held or the whole result, and nothing lies beside it."""

import gzip
import io
import itertools
import json
import random
import stat
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st
from supermetrics_query import (
    AsyncQueryClient,
    PermissionDeniedError,
    QueryClient,
    QueryError,
    QueryFailedError,
    QueryStoppedError,
    RetryPolicy,
    ServerError,
    SupermetricsQueryError,
    UnreadableResponseError,
)
from supermetrics_query._contract.results import KEPT_HEAD, ResultBody
from supermetrics_query._core.run import Ticket

from tests.support.answers import ROWS, envelope, gateway, status, success
from tests.support.calling import STACKS, backend_of, transport_of
from tests.support.scripted import KEY, scripted_client
from tests.support.servers import CLOSES, STAYS, Exchange, a_server, raw

ONCE = RetryPolicy(attempts=1)
OLD = b"yesterday"
CSV = b"date,temp\n2013-01-01,39.0\n2013-01-02,\n"
JSON = json.dumps({"meta": {"schedule_id": "night-1", "status_code": "SUCCESS"}, "data": ROWS}).encode()
LONG_JSON = json.dumps(
    {
        "meta": {"schedule_id": "night-1", "status_code": "SUCCESS"},
        "data": [[number, 'a "b" {[\\', {"deep": [1]}] for number in range(5000)],
    }
).encode()
KEYED = json.dumps([{"date": "2013-01-01", "tags": ["a"]}] * 3).encode()
LONG_KEYED = json.dumps([{"date": "2013-01-01", "tags": ["a", {"b": "]}"}]}] * 5000).encode()
LINES = b'{"date":"2013-01-01","temp":39.0}\n' * 3
PARQUET = b"PAR1" + bytes(range(256)) * 4 + b"PAR1"
TABLE = b"<table>\n<tr><td>2013-01-01</td></tr>\n</table>\n"
SIGN_IN = b"<!DOCTYPE html>\n<html><title>Sign in</title><form></form></html>"
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values",
    "json": "application/json",
    "keyjson": "application/json",
    "pbijson": "application/json",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html",
}


def answer(content: bytes, form: str = "csv", http: int = 200, media_type: str = "") -> httpx.Response:
    """Return an answer to the request for a result."""
    return httpx.Response(http, content=content, headers={"content-type": media_type or MEDIA_TYPES[form]})


NO_RESULTS = {
    "a page in place of CSV": ("csv", answer(SIGN_IN, media_type="text/html")),
    "a page in place of JSON": ("json", answer(SIGN_IN, media_type="text/html")),
    "a page in place of Parquet": ("parquet", answer(SIGN_IN, media_type="text/html")),
    "a page that says it is CSV": ("csv", answer(b"\r\n" + SIGN_IN)),
    "a page of XML": ("tsv", answer(b'<?xml version="1.0"?><error/>', "tsv")),
    "text that says it is HTML": ("csv", answer(b"please sign in", media_type="text/html")),
    "202 with rows": ("csv", answer(CSV, http=202)),
    "202 without a body": ("csv", answer(b"", http=202)),
    "203": ("csv", answer(CSV, http=203)),
    "204": ("csv", answer(b"", http=204)),
    "206": ("csv", answer(CSV[:20], http=206)),
    "an empty 200 for a query with rows": ("csv", answer(b"")),
    "empty JSON": ("json", answer(b"", "json")),
    "empty Parquet": ("parquet", answer(b"", "parquet")),
    "an object in place of CSV": ("csv", answer(b'{"message": "we are moving"}')),
    "JSON in place of CSV": ("csv", answer(JSON, media_type="application/json")),
    "CSV in place of JSON": ("json", answer(CSV)),
    "JSON without rows": ("json", answer(b'{"message": "we are moving"}', "json")),
    "JSON with text for rows": ("json", answer(b'{"data": "none", "meta": {"status_code": "SUCCESS"}}', "json")),
    "JSON about another query": ("json", answer(JSON.replace(b"night-1", b"night-2"), "json")),
    "long JSON about another query": ("json", answer(LONG_JSON.replace(b"night-1", b"night-2"), "json")),
    "JSON that was cut": ("json", answer(JSON[:-1], "json")),
    "long JSON that was cut": ("json", answer(LONG_JSON[:-1], "json")),
    "JSON that came twice": ("json", answer(JSON * 2, "json")),
    "an object in place of a list": ("keyjson", answer(JSON, "json")),
    "a list that was cut": ("keyjson", answer(KEYED[:-2], "json")),
    "a long list that was cut where a list in it ends": ("keyjson", answer(LONG_KEYED[:-5], "json")),
    "lines that were cut": ("ndjson", answer(LINES[:-3], "ndjson")),
    "lines that are no objects": ("ndjson", answer(b'{"a":1}\nb\n{"a":2}\n', "ndjson")),
    "Parquet that was cut": ("parquet", answer(PARQUET[:-1], "parquet")),
    "a table that was cut": ("html", answer(TABLE[:-4], "html")),
    "a format of a tool that was cut": ("pbijson", answer(JSON[:-1], "json")),
}


@pytest.mark.parametrize("name", NO_RESULTS)
def test_what_is_no_result_leaves_the_file_that_was_there(backend: str, name: str, tmp_path: Path) -> None:
    form, given_answer = NO_RESULTS[name]
    (tmp_path / "rows").write_bytes(OLD)
    subject = scripted_client(backend, success(), given_answer, retry=ONCE)
    with pytest.raises(UnreadableResponseError) as caught:
        subject.call(subject.start(format=form), "download", tmp_path / "rows")
    assert (tmp_path / "rows").read_bytes() == OLD
    assert [*tmp_path.iterdir()] == [tmp_path / "rows"]
    assert caught.value.token
    assert caught.value.body == given_answer.content[:KEPT_HEAD]


RESULTS = {
    "csv": CSV,
    "tsv": CSV.replace(b",", b"\t"),
    "json": b"\xef\xbb\xbf" + JSON + b"\n",
    "keyjson": KEYED,
    "ndjson": LINES[:-1],
    "parquet": PARQUET,
    "html": TABLE,
    "pbijson": JSON,
}


@pytest.mark.parametrize("form", RESULTS)
def test_what_is_a_result_is_taken_whatever_it_says_it_is(form: str, tmp_path: Path) -> None:
    labels = {MEDIA_TYPES[form], "application/octet-stream"}
    for media_type in labels:
        subject = scripted_client("sync", success(), answer(RESULTS[form], media_type=media_type))
        subject.call(subject.start(format=form), "download", tmp_path / "rows")
        assert (tmp_path / "rows").read_bytes() == RESULTS[form]


@pytest.mark.parametrize(
    ("form", "content"),
    [("csv", b'[x],"{"\n1,2\n'), ("json", LONG_JSON), ("keyjson", LONG_KEYED), ("keyjson", b"[]"), ("ndjson", b"")],
)
def test_a_result_that_looks_unusual_is_taken(form: str, content: bytes, tmp_path: Path) -> None:
    subject = scripted_client("sync", success([]), answer(content, form))
    subject.call(subject.start(format=form), "download", tmp_path / "rows")
    assert (tmp_path / "rows").read_bytes() == content


@pytest.mark.parametrize(("form", "content"), [("csv", CSV), ("keyjson", KEYED), ("parquet", PARQUET), ("json", JSON)])
def test_the_format_of_a_query_that_is_known_by_its_id_is_what_the_answer_says(
    form: str, content: bytes, tmp_path: Path
) -> None:
    subject = scripted_client("sync", success(), answer(content, form))
    subject.call(subject.client.attach("night-1"), "download", tmp_path / "rows")
    assert (tmp_path / "rows").read_bytes() == content


@pytest.mark.parametrize("content", [SIGN_IN, PARQUET[:-1]])
def test_a_query_that_is_known_by_its_id_has_results_too_that_are_none(content: bytes, tmp_path: Path) -> None:
    subject = scripted_client("sync", success(), answer(content, "parquet"), retry=ONCE)
    with pytest.raises(UnreadableResponseError):
        subject.call(subject.client.attach("night-1"), "download", tmp_path / "rows")


ERRORS = {
    "an error that says it is CSV": (envelope(200, "LICENSE_EXPIRED"), PermissionDeniedError),
    "an error that was accepted": (envelope(202, "LICENSE_EXPIRED"), PermissionDeniedError),
    "a problem": (
        answer(b'{"title": "Failing", "status": 500}', media_type="application/problem+json"),
        ServerError,
    ),
    "the error of the query": (envelope(200, "QUERY_ERROR"), QueryFailedError),
    "the end of the query": (status("FAILURE"), QueryFailedError),
    "another end of the query": (status("STOPPED"), QueryStoppedError),
}


@pytest.mark.parametrize("media_type", ["text/csv", "application/json"])
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_in_place_of_a_result_is_that_error(backend: str, media_type: str, name: str, tmp_path: Path) -> None:
    came, kind = ERRORS[name]
    if "problem" not in name:
        came = answer(came.content, http=came.status_code, media_type=media_type)
    subject = scripted_client(backend, success(), came, retry=ONCE)
    with pytest.raises(kind):
        subject.call(subject.start(format="csv"), "download", tmp_path / "rows")
    assert [*tmp_path.iterdir()] == []


RUNNING = {
    "200": answer(status("RUNNING").content),
    "202": answer(status("QUEUED").content, http=202, media_type="application/json"),
    "a code that nobody knows": answer(status("PAUSED").content),
}


@pytest.mark.parametrize("name", RUNNING)
def test_a_result_that_says_that_the_query_runs_is_waited_for(backend: str, name: str, tmp_path: Path) -> None:
    subject = scripted_client(backend, success(), RUNNING[name], status("RUNNING"), success(), answer(CSV))
    subject.call(subject.start(format="csv"), "download", tmp_path / "rows")
    assert (tmp_path / "rows").read_bytes() == CSV
    requests = [entry for entry in subject.log if not entry.startswith("sleep")]
    assert requests == ["start 0", "results 0", "poll 0..9999", "poll 0..9999", "results 0"]
    assert len(subject.log) > len(requests)


def test_a_result_that_is_refused_because_the_query_runs_again_is_waited_for(tmp_path: Path) -> None:
    gone = envelope(404, "QUERY_RESULTS_UNAVAILABLE")
    subject = scripted_client("sync", success(), gone, status("RUNNING"), success(), answer(CSV))
    subject.call(subject.start(format="csv"), "download", tmp_path / "rows")
    assert (tmp_path / "rows").read_bytes() == CSV


def test_a_result_that_never_says_anything_else_ends_the_download(tmp_path: Path) -> None:
    came = itertools.chain([success()], itertools.cycle([RUNNING["200"], success()]))
    subject = scripted_client("sync", *itertools.islice(came, 100))
    with pytest.raises(QueryError, match="in place of its result comes RUNNING"):
        subject.call(subject.start(format="csv"), "download", tmp_path / "rows")
    assert 5 <= subject.log.count("results 0") <= 10


class Pipe(io.BytesIO):
    """A file that cannot be rewound."""

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("first", [gateway(503), answer(SIGN_IN), RUNNING["200"], httpx.ReadError("reset")])
def test_what_is_no_result_does_not_get_into_an_open_file(backend: str, first: Any) -> None:
    steps = [first] if first is not RUNNING["200"] else [first, success()]
    subject = scripted_client(backend, success(), *steps, answer(CSV))
    pipe = Pipe()
    assert subject.call(subject.start(format="csv"), "download", pipe) == len(CSV)
    assert pipe.getvalue() == CSV


def test_a_long_result_that_breaks_off_in_a_pipe_is_an_error_and_does_not_start_again() -> None:
    subject = scripted_client("sync", success(), answer(LONG_JSON[:-1], "json"), answer(LONG_JSON, "json"))
    with pytest.raises(UnreadableResponseError):
        subject.call(subject.start(format="json"), "download", Pipe())
    assert subject.log.count("results 0") == 1


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\[]{}\n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='k"\\{'), inner, max_size=3),
)


@settings(max_examples=50)
@given(value=st.lists(JSON_VALUES, max_size=4), size=st.integers(1, 7), data=st.data())
def test_json_is_closed_where_it_ends_and_nowhere_before(value: list[Any], size: int, data: st.DataObject) -> None:
    content = json.dumps(value).encode()
    end = data.draw(st.integers(1, len(content)))
    body = ResultBody()
    for start in range(0, end, size):
        body.feed(content[start : min(start + size, end)])
    assert body.is_closed is (end == len(content))


# An attack: a server that does what a seed says to each request for the result.


@frozen
class Kind:
    """A format, its whole result, and whether a cut shows in it."""

    form: str
    whole: bytes
    shows_cuts: bool = True


KINDS = (
    Kind("csv", CSV * 3000, shows_cuts=False),
    Kind("csv", CSV, shows_cuts=False),
    Kind("json", LONG_JSON),
    Kind("json", JSON),
    Kind("keyjson", LONG_KEYED),
    Kind("parquet", PARQUET * 200),
)
Reply = Callable[[Exchange], bool]


def head(http: int, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {http} Whatever", *headers, "", "")).encode()


def chunked(content: bytes) -> bytes:
    parts = [content[start : start + 5000] for start in range(0, len(content), 5000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def sent(content: bytes, *, stays: bool = CLOSES, pieces: int = 1) -> Reply:
    """Return what sends bytes, in pieces."""

    def reply(exchange: Exchange) -> bool:
        size = max(1, -(-len(content) // pieces))
        for start in range(0, len(content), size):
            exchange.send(content[start : start + size])
        return stays

    return reply


def a_reply(chance: random.Random, kind: Kind, stack: str) -> Reply:
    """Return one thing that a server may do in place of sending the whole result."""
    media_type = f"Content-Type: {chance.choice([MEDIA_TYPES[kind.form], 'text/plain', 'application/json'])}"
    cut = kind.whole[: chance.randrange(1, len(kind.whole) - 2)]
    sized = f"Content-Length: {len(kind.whole)}"
    other = chance.choice([SIGN_IN, RUNNING["200"].content, envelope(200, "LICENSE_EXPIRED").content, b"{}", b""])
    replies = [
        sent(b""),
        sent(head(200, media_type, sized)[: chance.randrange(1, 30)]),
        sent(head(200, media_type, sized) + cut),
        sent(head(200, media_type, "Transfer-Encoding: chunked") + chunked(cut)),
        sent(head(200, media_type, "Transfer-Encoding: chunked") + chunked(cut) + b"zz\r\n"),
        sent(head(200, media_type, "Content-Encoding: gzip", sized) + kind.whole),
        sent(head(chance.choice([202, 203, 206, 299]), media_type, sized) + kind.whole, pieces=3),
        sent(head(204, media_type)),
        sent(head(302, "Location: https://sign.in/", "Content-Length: 0"), stays=STAYS),
        sent(head(chance.choice([500, 503, 429, 403]), media_type, "Content-Length: 2") + b"no", stays=STAYS),
        sent(head(200, media_type, f"Content-Length: {len(other)}") + other),
    ]
    if kind.shows_cuts:
        packed = gzip.compress(kind.whole)[:-20]
        replies.append(sent(head(200, media_type, "Connection: close") + cut))
        replies.append(sent(head(200, media_type, "Content-Encoding: gzip", f"Content-Length: {len(packed)}") + packed))
    return chance.choice(replies)


def the_result(chance: random.Random, kind: Kind) -> Reply:
    """Return one way to send the whole result."""
    media_type, packed = f"Content-Type: {MEDIA_TYPES[kind.form]}", gzip.compress(kind.whole)
    return chance.choice(
        [
            sent(head(200, media_type, f"Content-Length: {len(kind.whole)}") + kind.whole, stays=STAYS, pieces=7),
            sent(head(200, media_type, "Transfer-Encoding: chunked") + chunked(kind.whole) + b"0\r\n\r\n"),
            sent(head(200, media_type, "Connection: close") + kind.whole),
            sent(head(200, media_type, "Content-Encoding: gzip", f"Content-Length: {len(packed)}") + packed),
        ]
    )


def download(stack: str, base_url: str, target: Path, form: str, stop: Callable[[int], object]) -> int:
    """Download a result through one of the clients."""
    retry, token = RetryPolicy(attempts=2, base=0, retry_after_ceiling=0), Ticket("night-1", form).token

    async def download_async() -> int:
        async with AsyncQueryClient(KEY, base_url=base_url, retry=retry, timeout=5, **transport_of(stack)) as client:
            return await client.attach(token).download(target, on_progress=stop)

    if stack != "sync":
        return anyio.run(download_async, backend=backend_of(stack))
    with QueryClient(KEY, base_url=base_url, retry=retry, timeout=5) as client:
        return client.attach(token).download(target, on_progress=stop)


def attack(stack: str, seed: int, folder: Path) -> bool:
    """Download from a hostile server; return whether the result came."""
    chance = random.Random(seed)
    kind, target, mode = chance.choice(KINDS), folder / "rows", chance.choice([None, 0o600, 0o644, 0o664])
    real = folder / "real" if chance.random() < 0.3 else target
    if real != target:
        target.symlink_to(real)
    if mode is not None:
        real.write_bytes(OLD)
        real.chmod(mode)
    replies = [a_reply(chance, kind, stack) if chance.random() < 0.7 else the_result(chance, kind) for _ in range(30)]
    stops_at = chance.choice([None] * 8 + [0, 70_000])

    def behaviour(exchange: Exchange) -> bool:
        if exchange.path.endswith("/results"):
            return replies.pop()(exchange)
        exchange.send(raw(success()))
        return STAYS

    def stop(size: int) -> None:
        if stops_at is not None and size >= stops_at:
            raise KeyError(size)

    before, came = real.read_bytes() if mode is not None else None, False
    with a_server(behaviour) as server:
        try:
            came = download(stack, server.base_url, target, kind.form, stop) == len(kind.whole)
        except (SupermetricsQueryError, KeyError):
            came = False
    assert (real.read_bytes() if real.exists() else None) == (kind.whole if came else before)
    assert {*folder.iterdir()} <= {target, real}
    assert target.is_symlink() is (real != target)
    assert mode is None or stat.S_IMODE(real.stat().st_mode) == mode
    return came


def test_an_attacked_download_leaves_the_old_file_or_the_whole_new_one(stack: str, tmp_path: Path) -> None:
    outcomes = []
    for seed in range(18):
        (tmp_path / str(seed)).mkdir()
        outcomes.append(attack(stack, seed, tmp_path / str(seed)))
    assert {*outcomes} == {True, False}


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_downloads_that_are_attacked_for_minutes(stack: str, tmp_path: Path) -> None:
    end = time.monotonic() + 60
    for seed in itertools.count(1000):
        if time.monotonic() > end:
            break
        (tmp_path / str(seed)).mkdir()
        attack(stack, seed, tmp_path / str(seed))
    assert seed > 1100


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack != "sync"])
def test_a_download_that_is_cancelled_leaves_the_old_file(stack: str, tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(OLD)
    begun = threading.Event()

    def behaviour(exchange: Exchange) -> bool:
        if not exchange.path.endswith("/results"):
            exchange.send(raw(success()))
            return STAYS
        exchange.send(head(200, "Content-Type: text/csv", "Content-Length: 9999999") + CSV * 5000)
        begun.set()
        return exchange.is_silent()

    async def cancelled(base_url: str) -> None:
        async with AsyncQueryClient(KEY, base_url=base_url, **transport_of(stack)) as client:
            query = client.attach(Ticket("night-1", "csv").token)
            async with anyio.create_task_group() as group:
                group.start_soon(partial(query.download, tmp_path / "rows"))
                await anyio.to_thread.run_sync(begun.wait)
                group.cancel_scope.cancel()

    with a_server(behaviour) as server:
        anyio.run(cancelled, server.base_url, backend=backend_of(stack))
    assert (tmp_path / "rows").read_bytes() == OLD
    assert [*tmp_path.iterdir()] == [tmp_path / "rows"]
