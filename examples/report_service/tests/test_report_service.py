"""Run the service against the emulator. Tests that need hours to pass advance the fake clock."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx import ASGITransport, AsyncClient, Response
from report_service.app import app
from supermetrics_query.emulator import Emulator, Plan
from supermetrics_query.testing import FakeClock

REQUEST = {"source": "WEATHER", "fields": ["date", "temp"], "most_rows": 5}
HOUR = 3600


pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("supermetrics_emulator", "supermetrics_clock")]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def serving() -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app)
    async with app.router.lifespan_context(app), AsyncClient(transport=transport, base_url="http://reports") as client:
        yield client


@pytest.fixture
async def service() -> AsyncIterator[AsyncClient]:
    async with serving() as client:
        yield client


async def start(service: AsyncClient) -> str:
    answer = await service.post("/reports", json=REQUEST)
    assert answer.status_code == 202
    return str(answer.headers["Location"])


def problem(answer: Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["title"]


async def test_a_report_from_its_start_to_its_rows(service: AsyncClient, supermetrics_clock: FakeClock) -> None:
    report = await start(service)
    early = await service.get(report + "/rows")
    supermetrics_clock.advance(60)
    assert (early.status_code, early.headers["Retry-After"]) == (409, "5")
    assert (await service.get(report)).json()["state"] == "SUCCESS"
    rows = [json.loads(line) for line in (await service.get(report + "/rows")).text.splitlines()]
    assert [row.keys() for row in rows] == [{"date", "temp"}] * 5


async def test_progress_is_reported(
    service: AsyncClient, supermetrics_emulator: Emulator, supermetrics_clock: FakeClock
) -> None:
    supermetrics_emulator.use(Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=4 * HOUR, parts=8))
    report = await start(service)
    supermetrics_clock.advance(3 * HOUR)
    found = (await service.get(report)).json()
    assert (found["state"], found["ready"], found["total"]) == ("RUNNING", 6, 8)


async def test_a_restart_loses_nothing(supermetrics_clock: FakeClock) -> None:
    async with serving() as before:
        report = await start(before)
    supermetrics_clock.advance(60)
    async with serving() as after:
        assert len((await after.get(report + "/rows")).text.splitlines()) == 5


async def test_a_start_whose_answer_was_lost_runs_once(service: AsyncClient, supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.fault("start:lost")
    await start(service)
    assert len({seen.schedule_id for seen in supermetrics_emulator.requests}) == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("start:401", (502, "The data source has failed")),
        ("start:every*drop", (504, "The data source does not answer")),
        ("start:429,code=LICENSE_DAILY_QUERY_LIMIT_EXCEEDED", (503, "No more reports on this source today")),
        ("start:every*429,retry_after=500", (503, "Too many reports for now")),
    ],
)
async def test_what_goes_wrong_has_a_status_of_its_own(
    service: AsyncClient, supermetrics_emulator: Emulator, fault: str, expected: tuple[int, str]
) -> None:
    supermetrics_emulator.fault(fault)
    answer = await service.post("/reports", json=REQUEST)
    assert problem(answer) == expected
    assert supermetrics_emulator.key not in answer.text


async def test_callers_are_asked_to_wait_as_the_api_asks(service: AsyncClient, supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.fault("start:429,retry_after=500")
    assert (await service.post("/reports", json=REQUEST)).headers["Retry-After"] == "500"


async def test_a_report_that_has_failed_is_reported_and_has_no_rows(
    service: AsyncClient, supermetrics_emulator: Emulator, supermetrics_clock: FakeClock
) -> None:
    supermetrics_emulator.use(Plan(outcome="FAILURE"))
    report = await start(service)
    supermetrics_clock.advance(60)
    assert (await service.get(report)).json()["state"] == "FAILURE"
    assert problem(await service.get(report + "/rows")) == (502, "The report has failed")


async def test_a_report_is_gone_an_hour_after_its_end(service: AsyncClient, supermetrics_clock: FakeClock) -> None:
    report = await start(service)
    supermetrics_clock.advance(2 * HOUR)
    assert problem(await service.get(report))[0] == 410


async def test_what_is_no_token_is_refused_before_anything_is_asked(
    service: AsyncClient, supermetrics_emulator: Emulator
) -> None:
    assert problem(await service.get("/reports/no%20token"))[0] == 400
    assert problem(await service.post("/reports", json={"source": "NOBODY", "fields": ["x"]}))[0] == 400
    assert [seen.operation for seen in supermetrics_emulator.requests] == ["start"]
