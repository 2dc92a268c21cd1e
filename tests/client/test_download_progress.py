"""`on_progress` of a download tells how many bytes are written, and can end it."""

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
from tests.support.world import DOORS, WIRES, backend_of, open_door, transport_of

CSV = httpx.Response(200, content="date,temp\n2013-01-01,39.0\n", headers={"content-type": "text/csv"})
LONG = Source(
    (Column("number", INTEGER, is_metric=True), Column("text", TEXT, is_metric=False)),
    [(number, "x" * 40) for number in range(10_000)],
)
ROWS = DataQuery(ds_id="LONG", fields=["text", "number"])


def download_over_the_wire(door_name: str, target: Path, **named: Any) -> int:
    """Run a query whose result is long, and write it."""
    with Emulator(plan=INSTANT, sources={"LONG": LONG}) as service:
        if door_name == "sync":
            with QueryClient(service.key, base_url=service.url) as client:
                return client.run(ROWS, format="csv").download(target, **named)
        download = partial(download_async, service, target, transport_of(door_name), **named)
        return anyio.run(download, backend=backend_of(door_name))


async def download_async(service: Emulator, target: Path, options: dict[str, Any], **named: Any) -> int:
    async with AsyncQueryClient(service.key, base_url=service.url, **options) as client:
        return await (await client.run(ROWS, format="csv")).download(target, **named)


@pytest.mark.parametrize("door_name", WIRES)
def test_the_bytes_written_are_told_on_the_way_and_at_the_end(door_name: str, tmp_path: Path) -> None:
    told: list[int] = []
    size = download_over_the_wire(door_name, tmp_path / "rows.csv", on_progress=told.append)

    assert size == (tmp_path / "rows.csv").stat().st_size > 5 * REPORT_EVERY
    assert told == sorted(set(told))
    assert told[-1] == size
    assert 3 <= len(told) <= size // REPORT_EVERY + 2


@pytest.mark.parametrize("door_name", WIRES)
@pytest.mark.parametrize("after", [0, 3 * REPORT_EVERY])
@pytest.mark.parametrize("error", [KeyError("stop"), TimeoutError("stop"), TransportError("stop", sent=True)], ids=repr)
def test_what_it_raises_ends_the_download_and_leaves_no_file(
    door_name: str, after: int, error: Exception, tmp_path: Path
) -> None:
    told: list[int] = []

    def stop(validated: int) -> None:
        told.append(validated)
        if validated > after:
            raise error

    with pytest.raises(type(error), match="stop") as caught:
        download_over_the_wire(door_name, tmp_path / "rows.csv", on_progress=stop)
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []
    assert [validated for validated in told if validated > after] == told[-1:]


@pytest.mark.parametrize("door_name", DOORS)
def test_what_it_raises_at_the_end_leaves_what_was_there_before(door_name: str, tmp_path: Path) -> None:
    def stop(validated: int) -> None:
        raise KeyError(validated)

    (tmp_path / "rows.csv").write_text("yesterday")
    door = open_door(door_name, success(), CSV)
    with pytest.raises(KeyError, match=str(len(CSV.content))):
        door.call(door.start(format="csv"), "download", tmp_path / "rows.csv", on_progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    assert (tmp_path / "rows.csv").read_text() == "yesterday"


@pytest.mark.parametrize("door_name", DOORS)
def test_a_download_that_is_begun_again_is_told_from_its_beginning(door_name: str) -> None:
    told: list[int] = []
    door = open_door(door_name, success(), cut(), CSV)
    door.call(door.start(format="csv"), "download", io.BytesIO(), on_progress=told.append)
    assert told == [len(CSV.content)]


@pytest.mark.parametrize("door_name", DOORS)
def test_a_result_without_bytes_is_told_once(door_name: str, tmp_path: Path) -> None:
    told: list[int] = []
    door = open_door(door_name, success(), httpx.Response(200, headers={"content-type": "text/csv"}))
    door.call(door.start(format="csv"), "download", tmp_path / "rows.csv", on_progress=told.append)
    assert told == [0]


async def coroutine_function(_: int) -> None:
    """Nobody would await what this returns."""


@pytest.mark.parametrize("door_name", DOORS)
@pytest.mark.parametrize("function", [coroutine_function, 5, "print"], ids=repr)
def test_what_is_no_plain_function_is_refused_before_anything_is_sent(door_name: str, function: object) -> None:
    door = open_door(door_name, success())
    query = door.start(format="csv")
    with pytest.raises(ConfigurationError, match="must be a plain function"):
        door.call(query, "download", io.BytesIO(), on_progress=function)
    assert len(door.script.seen) == 1


def unaware(validated: int) -> object:
    return coroutine_function(validated)


@pytest.mark.parametrize("door_name", DOORS)
def test_a_function_that_returns_a_coroutine_ends_the_download(door_name: str, tmp_path: Path) -> None:
    door = open_door(door_name, success(), CSV)
    query = door.start(format="csv")
    with pytest.raises(ConfigurationError, match="it returned an awaitable"):
        door.call(query, "download", tmp_path / "rows.csv", on_progress=unaware)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("door_name", DOORS)
def test_a_disk_that_is_full_ends_the_download_with_its_own_error(door_name: str) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise TimeoutError(110, "the share does not answer")

    door = open_door(door_name, success(), CSV)
    with pytest.raises(TimeoutError, match="the share does not answer"):
        door.call(door.start(format="csv"), "download", Full())
    assert door.log == ["start 0", "results 0"]
