"""A download is the bytes of the API, complete or absent."""

import io
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from supermetrics_query import (
    AsyncQueryClient,
    DataQuery,
    NotFoundError,
    QueryClient,
    QueryFailedError,
    ResultExpiredError,
    RetryPolicy,
    ServerError,
    TransportError,
    UnreadableResponseError,
)
from supermetrics_query.emulator import INSTANT, Emulator

from tests.support.answers import NOT_FOUND, cut, envelope, gateway, success
from tests.support.scripted import BACKENDS, ScriptedClient, Step, scripted_client

CSV = httpx.Response(200, content="date,temp\n2013-01-01,39.0\n", headers={"content-type": "text/csv"})
GONE = envelope(404, "QUERY_RESULTS_UNAVAILABLE")
ONCE = RetryPolicy(attempts=1)


def csv_query(backend: str, *answers: Step, **options: Any) -> tuple[ScriptedClient, Any]:
    """Return a client and a query that was started as CSV and has succeeded."""
    subject = scripted_client(backend, success(), *answers, **options)
    return subject, subject.start(format="csv")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_path_holds_the_bytes_as_they_came(backend: str, tmp_path: Path) -> None:
    subject, query = csv_query(backend, CSV)
    assert subject.call(query, "download", tmp_path / "rows.csv") == len(CSV.content)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    assert (tmp_path / "rows.csv").read_bytes() == CSV.content


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_open_file_is_written_from_where_it_stands_and_stays_open(backend: str) -> None:
    subject, query = csv_query(backend, gateway(503), CSV)
    file = io.BytesIO()
    file.write(b"before ")
    subject.call(query, "download", file)
    assert file.getvalue() == b"before " + CSV.content


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (gateway(503), ServerError),
        (envelope(200, "QUERY_ERROR"), QueryFailedError),
        (cut(), TransportError),
    ],
    ids=["503", "an error inside a 200", "cut"],
)
def test_a_download_that_fails_leaves_what_was_there_before(
    backend: str, answer: Step, kind: type[Exception], tmp_path: Path
) -> None:
    target = tmp_path / "rows.csv"
    target.write_text("yesterday")
    subject, query = csv_query(backend, answer, retry=ONCE)
    with pytest.raises(kind):
        subject.call(query, "download", target)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    assert target.read_text() == "yesterday"


def test_a_path_that_cannot_be_written_leaves_no_partial_file(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").mkdir()
    subject, query = csv_query("sync", CSV)
    with pytest.raises(OSError, match="directory"):
        subject.call(query, "download", tmp_path / "rows.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_download_that_was_cut_starts_again(backend: str, tmp_path: Path) -> None:
    subject, query = csv_query(backend, cut(), CSV)
    subject.call(query, "download", str(tmp_path / "rows.csv"))
    assert (tmp_path / "rows.csv").read_bytes() == CSV.content
    assert subject.log == ["start 0", "results 0", "sleep 0.25", "results 0"]


def test_rows_that_are_not_there_although_the_query_succeeded_are_not_found() -> None:
    subject, query = csv_query("sync", GONE, success())
    with pytest.raises(NotFoundError) as caught:
        subject.call(query, "download", io.BytesIO())
    assert caught.value.token == query.token


def test_rows_of_a_query_that_is_no_longer_kept_have_expired() -> None:
    subject, query = csv_query("sync", GONE, NOT_FOUND)
    with pytest.raises(ResultExpiredError):
        subject.call(query, "download", io.BytesIO())


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson", "json", "keyjson"])
def test_every_form_comes_as_the_emulator_writes_it_even_when_the_start_answers_with_rows(
    form: str, tmp_path: Path
) -> None:
    query = DataQuery(ds_id="WEATHER", ds_accounts=["JFK"], fields=["date", "temp"], max_rows=5)
    with Emulator(plan=INSTANT) as service, QueryClient(service.key, base_url=service.url) as client:
        size = client.run(query, format=form).download(tmp_path / "rows")
    assert size == (tmp_path / "rows").stat().st_size
    assert b"2013-01-01" in (tmp_path / "rows").read_bytes()


def test_a_truncated_download_over_the_wire_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    query = DataQuery(ds_id="WEATHER", fields=["date", "temp"])

    async def download(service: Emulator) -> None:
        async with AsyncQueryClient(service.key, base_url=service.url, retry=ONCE) as client:
            handle = await client.run(query, format="csv")
            service.fault("results:truncate")
            await handle.download(tmp_path / "rows.csv")

    with Emulator(plan=INSTANT) as service, pytest.raises(UnreadableResponseError):
        anyio.run(download, service)
    assert list(tmp_path.iterdir()) == []
