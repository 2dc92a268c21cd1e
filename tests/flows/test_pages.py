"""Pages that repeat, that fall short of what was promised, that change, and pages that are under way ahead of time."""

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import aclosing
from itertools import chain, repeat
from typing import Any

import anyio
import httpx
import pytest
from attrs import define, field
from hypothesis import assume, given
from hypothesis import strategies as st
from supermetrics_query import (
    AsyncQueryClient,
    ConfigurationError,
    NoLimiter,
    QueryClient,
    QueryError,
    ResultExpiredError,
)
from supermetrics_query._contract.messages import Request
from supermetrics_query._core.run import Run, Ticket
from supermetrics_query._flows.pages import pages

from tests.support.answers import FIELDS, NOT_FOUND, gateway, success
from tests.support.calling import each_async_backend
from tests.support.scripted import BASE_URL, KEY, a_query, scripted_client
from tests.support.table import CONVENTIONS, HEADER, counted, first_only, repeated, serving_rows, without
from tools.simulation.driver import SimulatedDriver, context

LIMIT = 20.0  # seconds after which something that should have happened has not


def source(count: int) -> list[tuple[Any, ...]]:
    """Make rows that can be told apart."""
    return [(f"day {number}", number / 2) for number in range(count)]


def answer(data: Sequence[Any], total: int | None = None, **query: Any) -> httpx.Response:
    """Hold rows and a promise."""
    body = json.loads(success(data, FIELDS, **query).content)
    body["meta"]["result"] = {} if total is None else {"total_rows": total}
    return httpx.Response(200, json=body)


def unpaced(transport: httpx.MockTransport, page_size: int) -> QueryClient:
    """Make a client without a rate limit."""
    options = {"transport": transport}
    return QueryClient(KEY, base_url=BASE_URL, page_size=page_size, limiter=NoLimiter(), http_options=options)


@define
class Service:
    """An API with one result, which gives at most `cap` rows at a time and promises `total` of them."""

    rows: Sequence[Any]
    convention: Callable[..., list[Any]] = first_only
    total: int | None = None
    cap: int = 10**6
    seen: list[tuple[int, int]] = field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.url.params["json"])
        first, last = asked["offset_start"], asked["offset_end"]
        self.seen.append((first, last))
        settings = {"no_headers": self.convention is without}
        return answer(self.convention(self.rows, first, min(last, first + self.cap - 1)), self.total, settings=settings)

    def client(self, page_size: int) -> QueryClient:
        """Make a client of it."""
        return unpaced(httpx.MockTransport(self), page_size)


def rows_given(service: Callable[[httpx.Request], httpx.Response], page_size: int, **options: Any) -> list[Any]:
    """Return all rows that a client gets from a service."""
    with unpaced(httpx.MockTransport(service), page_size) as client:
        return [row for page in client.attach("night-1").pages(**options) for row in page.rows]


@given(
    convention=st.sampled_from(CONVENTIONS),
    count=st.integers(0, 30),
    page_size=st.integers(1, 33),
    start=st.integers(0, 35),
    prefetch=st.integers(0, 5),
)
def test_reading_may_begin_at_any_row(convention: Any, count: int, page_size: int, start: int, prefetch: int) -> None:
    rows = source(count)
    with unpaced(serving_rows(convention, rows), page_size) as client:
        pages = list(client.attach("night-1").pages(start=start, prefetch=prefetch))
    assert [row for page in pages for row in page.rows] == rows[start:]
    assert [page.start for page in pages] == [start + sum(len(p.rows) for p in pages[:n]) for n in range(len(pages))]


@given(convention=st.sampled_from(CONVENTIONS), count=st.integers(0, 30), page_size=st.integers(1, 33))
def test_rows_that_are_all_the_same_are_all_given(convention: Any, count: int, page_size: int) -> None:
    rows = [("today", 1.0)] * count
    with unpaced(serving_rows(convention, rows), page_size) as client:
        assert [row for page in client.attach("night-1").pages() for row in page.rows] == rows


@given(
    convention=st.sampled_from([counted, repeated, first_only]),
    count=st.integers(1, 30),
    page_size=st.integers(3, 33),
    cap=st.integers(2, 30),
    start=st.integers(0, 30),
)
def test_a_server_that_gives_fewer_rows_than_it_is_asked_for_is_read_to_the_end(
    convention: Any, count: int, page_size: int, cap: int, start: int
) -> None:
    # With a header beside the rows, such a cap cannot be told from a header among the rows.
    assume(cap != page_size - 1)
    rows = source(count)
    service = Service(rows, convention, total=count, cap=cap)
    with service.client(page_size) as client:
        given_rows = [row for page in client.attach("night-1").pages(start=start) for row in page.rows]
    assert given_rows == rows[start:]


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_total_that_promises_rows_that_never_come_is_an_error_after_the_last_row(convention: Any) -> None:
    service, delivered = Service(source(5), convention, total=9), list[Any]()
    with service.client(4) as client, pytest.raises(QueryError, match="gave 5 rows; the API had promised 9") as caught:
        delivered.extend(row for row in client.attach("night-1").rows())
    assert len(delivered) == 5
    assert caught.value.schedule_id == "night-1"


@pytest.mark.parametrize("total", [0, 1, 4])
def test_a_total_that_is_too_low_loses_nothing(total: int) -> None:
    service = Service(source(5), total=total)
    assert rows_given(service, 2) == source(5)


def test_a_total_may_count_the_header() -> None:
    assert rows_given(Service(source(5), counted, total=6), 10) == source(5)


def test_the_total_of_a_whole_result_says_nothing_about_a_part_of_it() -> None:
    subject = scripted_client("sync", answer(source(2), 900, settings={"no_headers": True}))
    handle = subject.call(subject.client, "start", a_query(offset_start=10, offset_end=12))
    assert len(subject.collect(handle, "rows")) == 2


@pytest.mark.parametrize("page_size", [1, 2, 5])
def test_a_server_that_gives_the_same_page_for_ever_is_an_error_and_not_a_doubling(page_size: int) -> None:
    def deaf(request: httpx.Request) -> httpx.Response:
        return success([HEADER, *source(page_size)])

    with pytest.raises(QueryError, match=f"gave {page_size} rows; the API gives the same rows again"):
        rows_given(deaf, page_size)


def test_a_page_that_comes_again_once_is_asked_for_again() -> None:
    pages = [success([HEADER, *source(4)[:2]]), success(source(2)), success(source(4)[2:]), success([])]
    assert rows_given(lambda _: pages.pop(0), 2, prefetch=0) == source(4)


LATE = 950_000


def numbers(total: int | None) -> tuple[int, list[tuple[int, int]]]:
    """Read late rows of a result with one for every offset; return how many came and which windows were asked for."""
    seen = []

    def endless(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.url.params["json"])
        seen.append((asked["offset_start"], asked["offset_end"]))
        rows = [[n, n] for n in range(asked["offset_start"], asked["offset_end"] + 1)]
        return answer(rows, total, settings={"no_headers": True})

    return len(rows_given(endless, 20_000, start=LATE)), seen


def test_a_result_may_reach_to_the_last_offset() -> None:
    count, seen = numbers(None)
    assert count == 1_000_001 - LATE
    assert seen[-1][1] == 1_000_000


def test_rows_beyond_the_last_offset_are_an_error_and_not_a_loss() -> None:
    with pytest.raises(QueryError, match=r"gave 1000001 rows; .* beyond offset 1000000: ask for less at once"):
        numbers(2_000_000)


def test_a_result_whose_columns_change_midway_is_another_result() -> None:
    other = [{**FIELDS[0], "id": "hour"}, FIELDS[1]]
    pages = [success([HEADER, *source(2)]), success(source(4)[2:], other)]
    with pytest.raises(
        ResultExpiredError, match=r"other columns \(temp, hour\)|other columns \(hour, temp\)"
    ) as caught:
        rows_given(lambda _: pages.pop(0), 3)
    assert caught.value.delivered == 2


def test_a_result_that_expires_midway_can_be_read_on_from_where_it_ended() -> None:
    rows, pages = source(10), [success([HEADER, *source(3)]), NOT_FOUND]
    delivered: list[Any] = []
    handle: Any = scripted_client("sync", *pages, page_size=4).client.attach("night-1")
    with pytest.raises(ResultExpiredError) as caught:  # noqa: PT012
        for page in handle.pages():
            delivered.extend(page.rows)
    again = Service(rows)
    assert delivered + rows_given(again, 4, start=caught.value.delivered) == rows


@pytest.mark.parametrize("given_start", [-1, 1.5, True, 10**7, "3"])
def test_a_start_that_no_result_has_is_refused(given_start: Any) -> None:
    with QueryClient(KEY) as client, pytest.raises(ConfigurationError, match="start must be a whole number from 0"):
        client.attach("night-1").rows(start=given_start)


@pytest.mark.parametrize("prefetch", [-1, 17, "all", 2.0])
def test_a_prefetch_that_makes_no_sense_is_refused(prefetch: Any) -> None:
    with QueryClient(KEY) as client, pytest.raises(ConfigurationError, match="prefetch must be a whole number"):
        client.attach("night-1").pages(prefetch=prefetch)


@define
class ServerBackoff:
    """A service that answers later pages only when so many of them have been asked for at once."""

    together: int
    rows: list[Any] = field(factory=lambda: source(40))
    waiting: int = 0
    most: int = 0
    condition: threading.Condition = field(factory=threading.Condition)

    def answer(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.url.params["json"])
        return answer(first_only(self.rows, asked["offset_start"], asked["offset_end"]), len(self.rows))

    def is_later(self, request: httpx.Request) -> bool:
        return bool(json.loads(request.url.params["json"])["offset_start"])

    def in_thread(self, request: httpx.Request) -> httpx.Response:
        if self.is_later(request):
            with self.condition:
                self.waiting += 1
                self.most = max(self.most, self.waiting)
                self.condition.notify_all()
                assert self.condition.wait_for(lambda: self.most >= self.together, LIMIT), "they came one by one"
                self.waiting -= 1
        return self.answer(request)

    async def in_task(self, request: httpx.Request) -> httpx.Response:
        if self.is_later(request):
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            with anyio.fail_after(LIMIT):
                while self.most < self.together:
                    await anyio.lowlevel.checkpoint()
            self.waiting -= 1
        return self.answer(request)


async def pages_in_tasks(server_backoff: ServerBackoff, prefetch: int) -> list[Any]:
    """Read all rows of a gate in a task."""
    options = {"transport": httpx.MockTransport(server_backoff.in_task)}
    async with AsyncQueryClient(
        KEY, base_url=BASE_URL, page_size=4, limiter=NoLimiter(), http_options=options
    ) as client:
        return [row async for page in client.attach("night-1").pages(prefetch=prefetch) for row in page.rows]


@pytest.mark.parametrize("prefetch", [1, 4])
def test_as_many_pages_as_wished_are_under_way_at_once_and_come_in_order(backend: str, prefetch: int) -> None:
    server_backoff = ServerBackoff(together=prefetch)
    if backend == "sync":
        with unpaced(httpx.MockTransport(server_backoff.in_thread), 4) as client:
            rows = [row for page in client.attach("night-1").pages(prefetch=prefetch) for row in page.rows]
    else:
        rows = anyio.run(pages_in_tasks, server_backoff, prefetch, backend=backend)
    assert rows == server_backoff.rows
    assert server_backoff.most == prefetch


@pytest.mark.parametrize(
    ("seconds", "most"), [((0.01,), 1), ((0.2,), 5), ((0.01, 0.01, 9.0, 0.01), 1), ((0.01, 0.2, 0.2), 5)]
)
def test_more_pages_are_under_way_where_answers_are_slow(seconds: Sequence[float], most: int) -> None:
    """One slow answer among quick ones is no reason."""
    service, durations = Service(source(40), total=40), chain(seconds, repeat(seconds[-1]))

    def answer_in_turn(request: Request, _now: float) -> tuple[float, httpx.Response]:
        return next(durations), service(httpx.Request("GET", BASE_URL, params=request.keywords["params"]))

    driver = SimulatedDriver(answer_in_turn)
    given = driver.iterate(pages(context(lambda: 0.5, page_size=4), Run(Ticket("night-1"))))
    assert [row for page in given for row in page.rows] == source(40)
    assert driver.most_under_way == most


def test_without_prefetch_a_page_is_asked_for_when_it_is_wanted() -> None:
    service = Service(source(12))
    with service.client(4) as client:
        pages = client.attach("night-1").pages(prefetch=0)
        next(pages)
        assert len(service.seen) == 1
        next(pages)
        assert len(service.seen) == 2
        pages.close()


def test_no_page_is_asked_for_that_a_known_total_rules_out() -> None:
    service = Service(source(10), total=10)
    with service.client(4) as client:
        assert len(list(client.attach("night-1").rows(prefetch=4))) == 10
    assert sorted(service.seen) == [(0, 3), (4, 7), (8, 11)]


def test_with_an_unknown_total_few_pages_are_asked_for_in_vain() -> None:
    service = Service(source(5))
    with service.client(4) as client:
        assert len(list(client.attach("night-1").rows(prefetch=4))) == 5
    assert sorted(service.seen) == [(0, 3), (4, 7)]


def test_a_page_that_fails_ahead_of_time_is_asked_for_again_in_its_turn(backend: str) -> None:
    subject = scripted_client(backend, success([HEADER, *source(2)]), gateway(502), success(source(4)[2:]), page_size=3)
    given_rows = subject.collect(subject.client.attach("night-1"), "rows", prefetch=1)
    assert [row["date"] for row in given_rows] == ["day 0", "day 1", "day 2", "day 3"]
    assert [line.split()[0] for line in subject.log] == ["poll", "poll", "sleep", "poll"]


def supermetrics_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "supermetrics-query"]


def test_an_iterator_closed_midway_leaves_no_thread_behind() -> None:
    service = Service(source(40), total=40)
    with service.client(4) as client:
        pages = client.attach("night-1").pages(prefetch=4)
        next(pages)
        pages.close()
    for thread in supermetrics_threads():
        thread.join(LIMIT)
    assert supermetrics_threads() == []
    assert len(service.seen) <= 5


async def left_midway(service: Service) -> tuple[int, int]:
    """Take one page, leave, and count the tasks before and after."""
    started = anyio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        if service.seen:
            started.set()
            await anyio.sleep_forever()
        return service(request)

    options = {"transport": httpx.MockTransport(slow)}
    async with AsyncQueryClient(KEY, base_url=BASE_URL, page_size=4, http_options=options) as client:
        before = len(anyio.get_running_tasks())
        async with aclosing(client.attach("night-1").pages(prefetch=1)) as pages:
            await anext(pages)
            await started.wait()
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
        return before, len(anyio.get_running_tasks())


@each_async_backend
def test_an_iterator_closed_midway_stops_the_requests_that_were_under_way(backend: str) -> None:
    before, after = anyio.run(left_midway, Service(source(40), total=40), backend=backend)
    assert after == before
