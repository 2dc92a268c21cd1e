"""From the contract to rows over real HTTP, through every client, against the emulator."""

from typing import Any

import pytest
from supermetrics_query import (
    DataQuery,
    PollPolicy,
    QueryClient,
    QueryFailedError,
    QueryStatus,
    ResultExpiredError,
)
from supermetrics_query.emulator import INSTANT, Emulator, SeenRequest
from supermetrics_query.emulator import Plan as QueryPlan
from supermetrics_query.testing import FakeClock

from tests.support.calling import STACKS, calling

JFK_ROWS, LGA_ROWS = 1090, 1091
LIVELY = PollPolicy(first=0.01, floor=0.01, ceiling=0.05, jitter=0)
SHORT = QueryPlan(scheduled_seconds=1, queued_seconds=1, run_seconds=5, parts=4)


def weather() -> DataQuery:
    """Make a query for three years of weather at two airports."""
    return DataQuery(
        ds_id="WEATHER",
        ds_accounts=["JFK", "LGA"],
        fields=["date", "airport", "temp"],
        schedule_id="night-1",
    )


def read(stack: str) -> tuple[list[dict[str, Any]], list[QueryStatus], tuple[SeenRequest, ...]]:
    """Start, wait and read through one of the clients; return rows, statuses and requests."""
    clock, seen = FakeClock(), list[QueryStatus]()
    options: dict[str, Any] = {"clock": clock, "poll": LIVELY, "page_size": 500}
    with (
        Emulator(plan=SHORT, clock=clock) as service,
        calling(stack, service.key, base_url=service.url, **options) as caller,
    ):
        query = caller.call(caller.client, "start", weather())
        caller.call(query, "wait", on_progress=seen.append)
        return caller.collect(query, "rows"), seen, service.requests


def without_repeats(requests: tuple[SeenRequest, ...]) -> list[Any]:
    """Return the requests, counting polls that were repeated while the query ran as one."""
    asked = [(request.method, request.path, request.params, request.json) for request in requests]
    return [each for number, each in enumerate(asked) if number == 0 or each != asked[number - 1]]


def test_every_row_of_the_source_arrives_once_and_in_order(stack: str) -> None:
    rows, seen, _ = read(stack)
    assert len(rows) == JFK_ROWS + LGA_ROWS
    assert rows[0].keys() == {"date", "airport", "temp"}
    assert [row["airport"] for row in rows].count("JFK") == JFK_ROWS
    assert seen[-1].is_success


def test_every_client_makes_the_same_requests() -> None:
    asked = [without_repeats(read(stack)[2]) for stack in STACKS]
    # The check of the id, a start and a poll, a probe for the header, and the pages after the first.
    assert len(asked[0]) == 1 + 2 + 1 + 4
    # Pages that are asked for at the same time arrive in any order.
    assert all(each[:3] == asked[0][:3] for each in asked)
    assert all(sorted(map(repr, each)) == sorted(map(repr, asked[0])) for each in asked)


@pytest.mark.parametrize("errors", ["envelope", "problem"])
def test_a_failing_query_and_an_expired_one_become_their_exceptions(errors: Any) -> None:
    plan = QueryPlan(scheduled_seconds=0, queued_seconds=0, run_seconds=1, outcome="FAILURE", error="QUERY_ERROR")
    with (
        Emulator(plan=plan, speed=100, errors=errors) as service,
        QueryClient(service.key, base_url=service.url, poll=LIVELY) as client,
    ):
        query = client.start(weather())
        with pytest.raises(QueryFailedError):
            query.wait()
        service.advance(3601)
        with pytest.raises(ResultExpiredError):
            client.attach(query.token).wait()


def test_the_client_says_who_it_is() -> None:
    with Emulator(plan=INSTANT) as service, QueryClient(service.key, base_url=service.url) as client:
        client.run(weather(), timeout=60)
        assert service.requests[0].headers["user-agent"].startswith("supermetrics-query/")
        assert "(contract 1." in service.requests[0].headers["user-agent"]


def test_the_fixture_serves_the_emulator(supermetrics_emulator: Emulator) -> None:
    with QueryClient(supermetrics_emulator.key, base_url=supermetrics_emulator.url) as client:
        rows = list(client.run(DataQuery(ds_id="WEATHER", fields=["date", "temp"])).rows())
    assert rows[0].keys() == {"date", "temp"}
