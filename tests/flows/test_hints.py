"""The history of the emulator as a hint for many queries, through every client."""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import define, field
from supermetrics_query import HistoryDoubted, PollPolicy
from supermetrics_query._contract.listing import listing_of
from supermetrics_query._contract.messages import Answer
from supermetrics_query._core.budget import Budget, Ledger, budget_of
from supermetrics_query._core.context import ServerClock
from supermetrics_query._core.limits import Allowance
from supermetrics_query._core.run import Run, Ticket
from supermetrics_query._core.watching import DOUBT, LAG, MOST_DOUBT, Trust, Watch
from supermetrics_query._models import QueryStatus, RateLimit
from supermetrics_query.emulator import Emulator, Plan
from supermetrics_query.errors import ConfigurationError, UnreadableResponseError
from supermetrics_query.testing import FakeClock
from supermetrics_query_api.models import QueryResponse

from tests.flows.test_many import weather
from tests.support.calling import Caller, calling

COUNT = 40
LONG = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=200, parts=1)


@define
class Subject:
    """A client and the emulator, which share a clock, and the events of the client."""

    service: Emulator
    caller: Caller
    events: list[Any] = field(factory=list)

    def run_many(self, count: int = COUNT) -> list[Any]:
        """Run queries of 100 to 300 s."""
        requests = [weather(number, run_seconds=100 + 5 * number) for number in range(count)]
        return self.caller.collect(self.caller.client, "run_many", requests)

    @property
    def requests(self) -> Counter[str]:
        """How many requests the service has seen of each operation."""
        return Counter(request.operation for request in self.service.requests)

    @property
    def doubts(self) -> list[HistoryDoubted]:
        """Why the history was doubted."""
        return [event for event in self.events if isinstance(event, HistoryDoubted)]


@contextmanager
def subjects(backend: str, poll: PollPolicy | None = None, **behaviour: Any) -> Iterator[Subject]:
    clock, events = FakeClock(), list[Any]()
    policy = poll or PollPolicy()
    with (
        Emulator(plan=LONG, clock=clock, **behaviour) as service,
        calling(backend, service.key, base_url=service.url, clock=clock, poll=policy, on_event=events.append) as caller,
    ):
        yield Subject(service, caller, events)


def test_the_history_watches_many_queries_and_a_poll_brings_each_end(backend: str) -> None:
    with subjects(backend) as subject:
        queries = subject.run_many()
    assert [query.error for query in queries] == [None] * COUNT
    assert subject.requests["start"] == COUNT
    assert subject.requests["history"] >= 20
    assert subject.requests["status"] <= COUNT + 20 + 60, "one for each end, one every 20 s, and the last few queries"
    assert subject.doubts == []


def test_the_history_is_asked_for_what_has_ended_since_the_oldest_start() -> None:
    with subjects("sync") as subject:
        subject.run_many()
        (first, *_) = [request.params for request in subject.service.requests if request.operation == "history"]
    assert first["status_codes"] == ["SUCCESS", "FAILURE", "STOPPED"]
    assert first["limit"] == 1_000
    assert str(first["since"]).endswith("+00:00")


@pytest.mark.parametrize("count", [5, 12])
def test_a_few_queries_are_polled_without_it(count: int) -> None:
    with subjects("sync") as subject:
        assert len(subject.run_many(count)) == count
    assert subject.requests["history"] == 0


def test_a_policy_can_forbid_it() -> None:
    with subjects("sync", PollPolicy(use_history=False)) as subject:
        assert len(subject.run_many()) == COUNT
    assert subject.requests["history"] == 0


@pytest.mark.parametrize("fault", ["403", "404", "400", "200,body=html"])
def test_a_history_that_is_refused_or_cannot_be_read_is_asked_no_more(fault: str) -> None:
    with subjects("sync", faults=[f"history:every*{fault}"]) as subject:
        queries = subject.run_many()
    assert [query.error for query in queries] == [None] * COUNT
    assert subject.requests["history"] <= 3
    assert [event.pause for event in subject.doubts] == [DOUBT]


@pytest.mark.parametrize("fault", ["3*503", "history:2*drop", "2*429,retry_after=2"])
def test_a_history_that_fails_for_a_moment_is_asked_again(fault: str) -> None:
    name = fault if fault.startswith("history") else f"history:{fault}"
    with subjects("sync", faults=[name.replace("3*", "2*")]) as subject:
        assert [query.error for query in subject.run_many()] == [None] * COUNT
    assert subject.requests["history"] >= 20
    assert subject.doubts == []


@pytest.mark.parametrize("behaviour", [{"history_lag": 60.0}, {"history_omits": 2}], ids=["lags", "omits"])
def test_a_history_that_knows_too_little_is_doubted_and_nothing_is_lost(behaviour: Any) -> None:
    with subjects("sync", **behaviour) as subject:
        queries = subject.run_many()
    assert [query.error for query in queries] == [None] * COUNT
    assert "does not list the end of query" in subject.doubts[0].reason


def test_a_client_doubts_the_history_for_all_its_queries() -> None:
    with subjects("sync", faults=["history:every*403"]) as subject:
        subject.run_many()
        before = subject.requests["history"]
        subject.run_many()
    assert subject.requests["history"] - before <= 1


def test_queries_started_elsewhere_are_watched_as_well() -> None:
    with subjects("sync") as subject:
        client: Any = subject.caller.client
        tokens = [client.start(weather(number)).token for number in range(COUNT)]
        subject.service.advance(100)
        queries = list(client.as_completed(client.attach(token) for token in tokens))
    assert [query.error for query in queries] == [None] * COUNT
    assert subject.requests["history"] > 0


def test_doubt_lasts_longer_each_time() -> None:
    trust = Trust()
    assert trust.fall(0.0, is_useless=False) == DOUBT
    assert trust.fall(10.0, is_useless=False) == 0.0, "it was doubted before"
    assert not trust.is_whole(DOUBT)
    assert trust.is_whole(DOUBT + 10.0)
    assert trust.fall(DOUBT + 10.0, is_useless=False) == 2 * DOUBT
    assert max(trust.fall(10.0**6 * n, is_useless=False) for n in range(1, 30)) == MOST_DOUBT


def ended(name: str) -> Run:
    run = Run(Ticket(name))
    run.timing.started = run.timing.born = 0.0
    run.status = QueryStatus(schedule_id=name, code="SUCCESS", response=QueryResponse())
    return run


def test_a_history_has_time_to_learn_of_an_end_before_it_is_doubted() -> None:
    watch = Watch(Trust(), is_on=True)
    watch.note(ended("night-1"), 100.0)
    watch.note(ended("night-2"), 100.0)
    assert watch.unknown(frozenset({"night-2"}), 100.0 + LAG / 2) == []
    assert watch.unknown(frozenset(), 100.0 + LAG) == ["night-1"]
    assert watch.unknown(frozenset(), 200.0) == []


def test_the_history_pays_where_each_query_alone_would_be_polled_too_rarely() -> None:
    def pays(count: int, budget: Budget) -> bool:
        watch = Watch(Trust())
        watch.decide(count, count, budget)
        return watch.is_on

    whole, used, watch = Budget(20, 4_500, 4_500), Budget(20, 4_500, 450), Watch(Trust(), is_on=True)
    assert [next(n for n in range(1, 100) if pays(n, budget)) for budget in (whole, used)] == [16, 2]
    watch.decide(6, 6, whole)
    assert watch.is_on, "once it pays it is asked until far fewer are left"


@pytest.mark.parametrize(
    ("allowance", "seen", "left"),
    [
        (None, None, math.inf),
        (Allowance(), None, 4_498),
        (Allowance(used=100), None, 4_400),
        (Allowance(used=100), RateLimit(5_000, 1_000), 500),
        (Allowance(used=100), RateLimit(20, 3), 4_400),
        (Allowance(per_hour=100_000), RateLimit(10_000, 10_000), 9_000),
        (Allowance(used=10_000), None, 0),
    ],
    ids=["none", "counted here", "counted by the limiter", "the API says less", "a second", "a lower limit", "used up"],
)
def test_what_is_left_of_an_hour(allowance: Allowance | None, seen: RateLimit | None, left: float) -> None:
    ledger = Ledger()
    for moment in (0.0, 3_000.0, 3_500.0):
        ledger.record(moment)
    assert budget_of(allowance, ledger, seen, 3_601.0).left == pytest.approx(left)


@pytest.mark.parametrize("bad", [Allowance(per_hour=0), Allowance(per_second=-1), 5])
def test_a_limiter_that_allows_nothing_is_refused(bad: Any) -> None:
    with pytest.raises(ConfigurationError, match="limiter"):
        budget_of(bad, Ledger(), None, 0.0)


@pytest.mark.parametrize(
    ("headers", "time"), [({}, 1_070.0), ({"date": "Thu, 01 Jan 1970 00:00:50 GMT"}, 120.0), ({"date": "?"}, 1_070.0)]
)
def test_the_clock_of_the_server_is_that_of_its_last_answer(headers: dict[str, str], time: float) -> None:
    clock = ServerClock()
    clock.on_response(10.0, Answer(200, headers, b"", "GET", "", received=1_000.0))
    assert clock.time_at(80.0) == time


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ("null", set()),
        ('[{"schedule_id": "a", "status_code": "SUCCESS"}, {"schedule_id": "b", "status_code": "RUNNING"}]', {"a"}),
        ('[null, 5, "x", {"schedule_id": 5, "status_code": "SUCCESS"}, {"status_code": ["SUCCESS"]}]', set()),
    ],
)
def test_an_entry_that_makes_no_sense_is_no_hint(data: str, ids: set[str]) -> None:
    assert listing_of(Answer(200, {}, f'{{"data": {data}}}'.encode(), "GET", "")).ended == ids


def test_a_history_that_is_no_list_cannot_be_read() -> None:
    with pytest.raises(UnreadableResponseError, match="no list of queries"):
        listing_of(Answer(200, {}, b'{"data": {"a": 1}}', "GET", ""))
