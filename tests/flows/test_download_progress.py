"""`on_progress` of a download receives the number of bytes written, and can end the download."""

import io
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from supermetrics_query import AsyncQueryClient, ConfigurationError, DataQuery, QueryClient, TransportError
from supermetrics_query._results.sinks import REPORT_EVERY
from supermetrics_query.emulator import INSTANT, Emulator, Source
from supermetrics_query.emulator.sources import INTEGER, TEXT, Column

from tests.support.answers import cut, success
from tests.support.calling import backend_of, transport_of
from tests.support.scripted import scripted_client

CSV = httpx.Response(200, content="date,temp\n2013-01-01,39.0\n", headers={"content-type": "text/csv"})
LONG = Source(
    (Column("number", INTEGER, is_metric=True), Column("text", TEXT, is_metric=False)),
    [(number, "x" * 40) for number in range(10_000)],
)
ROWS = DataQuery(ds_id="LONG", fields=["text", "number"])


def download_over_the_wire(stack: str, target: Path, **named: Any) -> int:
    """Run a query with a long result, and download it."""
    with Emulator(plan=INSTANT, sources={"LONG": LONG}) as service:
        if stack == "sync":
            with QueryClient(service.key, base_url=service.url) as client:
                return client.run(ROWS, format="csv").download(target, **named)
        download = partial(download_async, service, target, transport_of(stack), **named)
        return anyio.run(download, backend=backend_of(stack))


async def download_async(service: Emulator, target: Path, options: dict[str, Any], **named: Any) -> int:
    async with AsyncQueryClient(service.key, base_url=service.url, **options) as client:
        return await (await client.run(ROWS, format="csv")).download(target, **named)


def test_the_bytes_written_are_reported_on_the_way_and_at_the_end(stack: str, tmp_path: Path) -> None:
    counts: list[int] = []
    size = download_over_the_wire(stack, tmp_path / "rows.csv", on_progress=counts.append)

    assert size == (tmp_path / "rows.csv").stat().st_size > 5 * REPORT_EVERY
    assert counts == sorted(set(counts))
    assert counts[-1] == size
    assert 3 <= len(counts) <= size // REPORT_EVERY + 2


@pytest.mark.parametrize("after", [0, 3 * REPORT_EVERY])
@pytest.mark.parametrize("error", [KeyError("stop"), TimeoutError("stop"), TransportError("stop", sent=True)], ids=repr)
def test_what_it_raises_ends_the_download_and_leaves_no_file(
    stack: str, after: int, error: Exception, tmp_path: Path
) -> None:
    counts: list[int] = []

    def stop(count: int) -> None:
        counts.append(count)
        if count > after:
            raise error

    with pytest.raises(type(error), match="stop") as caught:
        download_over_the_wire(stack, tmp_path / "rows.csv", on_progress=stop)
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []
    assert [count for count in counts if count > after] == counts[-1:]


def test_what_it_raises_at_the_end_leaves_what_was_there_before(backend: str, tmp_path: Path) -> None:
    def stop(count: int) -> None:
        raise KeyError(count)

    (tmp_path / "rows.csv").write_text("yesterday")
    subject = scripted_client(backend, success(), CSV)
    with pytest.raises(KeyError, match=str(len(CSV.content))):
        subject.call(subject.start(format="csv"), "download", tmp_path / "rows.csv", on_progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    assert (tmp_path / "rows.csv").read_text() == "yesterday"


def test_a_download_that_starts_again_is_reported_from_its_beginning(backend: str) -> None:
    counts: list[int] = []
    subject = scripted_client(backend, success(), cut(), CSV)
    subject.call(subject.start(format="csv"), "download", io.BytesIO(), on_progress=counts.append)
    assert counts == [len(CSV.content)]


def test_a_result_without_bytes_is_reported_once(backend: str, tmp_path: Path) -> None:
    counts: list[int] = []
    subject = scripted_client(backend, success([]), httpx.Response(200, headers={"content-type": "text/csv"}))
    subject.call(subject.start(format="csv"), "download", tmp_path / "rows.csv", on_progress=counts.append)
    assert counts == [0]


async def coroutine_function(_: int) -> None:
    """Return what no sync caller awaits."""


@pytest.mark.parametrize("function", [coroutine_function, 5, "print"], ids=["coroutine function", "number", "text"])
def test_what_is_no_plain_function_is_refused_before_anything_is_sent(backend: str, function: object) -> None:
    subject = scripted_client(backend, success())
    query = subject.start(format="csv")
    with pytest.raises(ConfigurationError, match="must be a plain function"):
        subject.call(query, "download", io.BytesIO(), on_progress=function)
    assert len(subject.script.seen) == 1


def unaware(count: int) -> object:
    return coroutine_function(count)


def test_a_function_that_returns_a_coroutine_ends_the_download(backend: str, tmp_path: Path) -> None:
    subject = scripted_client(backend, success(), CSV)
    query = subject.start(format="csv")
    with pytest.raises(ConfigurationError, match="it returned an awaitable"):
        subject.call(query, "download", tmp_path / "rows.csv", on_progress=unaware)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_ends_the_download_with_its_own_error(backend: str) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise TimeoutError(110, "the share does not answer")

    subject = scripted_client(backend, success(), CSV)
    with pytest.raises(TimeoutError, match="the share does not answer"):
        subject.call(subject.start(format="csv"), "download", Full())
    assert subject.log == ["start 0", "results 0"]
