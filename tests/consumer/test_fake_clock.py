"""The clock for tests of consumers: six hours pass at once, for a client and for the service."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import pytest
from supermetrics_query import (
    DataQuery,
    PollPolicy,
    QueryClient,
    RateLimitError,
    ResultExpiredError,
    WaitTimeoutError,
)
from supermetrics_query.emulator import Emulator, Plan
from supermetrics_query.testing import FakeClock

from tests.support.calling import calling, each_async_backend

HOUR = 3600.0
RARE = PollPolicy(ceiling=600, jitter=0)  # gaps grow to minutes
Ask = Callable[[Emulator, FakeClock], Any]


def weather(rows: int = 3) -> DataQuery:
    return DataQuery(ds_id="WEATHER", fields=["date", "temp"], max_rows=rows)


def ask(backend: str, service: Emulator, clock: FakeClock, timeout: float | None = None) -> int:
    """Run a query under a backend and return how many rows it has."""
    with calling(backend, service.key, base_url=service.url, clock=clock, poll=RARE) as caller:
        query = caller.call(caller.client, "run", weather(), timeout=timeout)
        return len(caller.collect(query, "rows"))


def test_a_client_and_the_service_share_six_hours(backend: str) -> None:
    clock = FakeClock()
    plan = Plan(scheduled_seconds=0, queued_seconds=2.5 * HOUR, run_seconds=3.5 * HOUR)
    with Emulator(clock=clock, plan=plan) as service:
        assert ask(backend, service, clock) == 3
        assert service.now == clock.now()
    assert 6 * HOUR <= clock.now() < 6 * HOUR + RARE.ceiling
    assert sum(clock.sleeps) == pytest.approx(clock.now() - RARE.start_wait)  # the service held the start for the rest


def test_a_wait_of_four_hours_sees_the_end_after_three(backend: str) -> None:
    clock = FakeClock()
    with Emulator(clock=clock, plan=Plan(run_seconds=3 * HOUR)) as service:
        assert ask(backend, service, clock, timeout=4 * HOUR) == 3
    assert 3 * HOUR <= clock.now() < 3 * HOUR + RARE.ceiling


def test_a_wait_of_two_hours_ends_before_a_query_of_three(backend: str) -> None:
    clock = FakeClock()
    with Emulator(clock=clock, plan=Plan(run_seconds=3 * HOUR)) as service, pytest.raises(WaitTimeoutError):
        ask(backend, service, clock, timeout=2 * HOUR)
    assert clock.now() == pytest.approx(2 * HOUR)


def test_the_poll_after_a_pause_sees_what_happened_during_the_pause() -> None:
    clock = FakeClock()
    with (
        Emulator(clock=clock, plan=Plan(scheduled_seconds=10, queued_seconds=10, run_seconds=10)) as service,
        QueryClient(service.key, base_url=service.url, clock=clock) as client,
    ):
        query = client.start(weather())
        seen = []
        for _ in range(3):
            clock.sleep(10)
            seen.append(str(query.refresh().code))
    assert seen == ["QUEUED", "RUNNING", "SUCCESS"]


def test_a_result_expires_by_the_shared_clock() -> None:
    clock = FakeClock()
    with (
        Emulator(clock=clock) as service,
        QueryClient(service.key, base_url=service.url, clock=clock) as client,
    ):
        query = client.run(weather())
        clock.advance(HOUR)
        with pytest.raises(ResultExpiredError):
            client.attach(query.token).refresh()


def test_a_service_that_holds_a_request_moves_the_clock_and_makes_no_pause() -> None:
    clock = FakeClock()
    with Emulator(clock=clock, plan=Plan(run_seconds=20)) as service:
        assert ask("sync", service, clock) == 3
    assert clock.now() == pytest.approx(20.5)
    assert clock.sleeps == ()


def test_requests_that_are_held_at_the_same_time_are_held_once() -> None:
    clock = FakeClock()
    with Emulator(clock=clock, plan=Plan(run_seconds=20)) as service, ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda _: ask("sync", service, clock), range(10)))
    assert found == [3] * 10
    assert 20 < clock.now() < 10 * 20


def test_a_refusal_for_the_rate_is_waited_out_on_the_clock() -> None:
    clock = FakeClock()
    with Emulator(clock=clock, per_second=1) as service:
        assert ask("sync", service, clock) == 3
        service.fault("429,retry_after=90")
        assert ask("sync", service, clock) == 3
    assert max(clock.sleeps) >= 90


def test_a_retry_after_beyond_the_limit_of_a_client_is_an_error_and_no_pause() -> None:
    clock = FakeClock()
    with Emulator(clock=clock, faults=["429,retry_after=100000"]) as service, pytest.raises(RateLimitError):
        ask("sync", service, clock)
    assert clock.sleeps == ()


def test_pauses_are_recorded_in_order() -> None:
    clock = FakeClock()
    clock.sleep(2)
    clock.advance(5)
    anyio.run(clock.sleep_async, 3)
    assert (clock.sleeps, clock.now()) == ((2, 3), 10)


@each_async_backend
def test_other_tasks_run_while_one_sleeps(backend: str) -> None:
    clock, order = FakeClock(), list[str]()

    async def sleeps(name: str) -> None:
        for _ in range(2):
            await clock.sleep_async(1)
            order.append(name)

    async def both() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(sleeps, "one")
            group.start_soon(sleeps, "other")

    anyio.run(both, backend=backend)
    assert {*order[:2]} == {"one", "other"}


@pytest.mark.parametrize("wrong", [-1, math.inf, math.nan])
def test_a_clock_moves_forward_by_a_finite_time(wrong: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        FakeClock().advance(wrong)


def test_no_pause_is_lost_between_threads() -> None:
    clock = FakeClock()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(clock.sleep, [1.0] * 2000))
    assert (clock.now(), len(clock.sleeps)) == (2000, 2000)


def test_a_moment_that_has_passed_moves_nothing() -> None:
    clock = FakeClock()
    clock.advance(10)
    anyio.run(partial(clock.wait_until, 7))
    assert clock.now() == 10
