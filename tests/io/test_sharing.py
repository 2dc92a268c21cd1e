"""One client for any number of threads or tasks: nothing is lost, nothing is mixed, and a key is renewed once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest
from attrs import define, field
from supermetrics_query import AsyncQueryClient, DataQuery, NoLimiter, QueryClient, RetryPolicy
from supermetrics_query._contract.requests import get_query_status
from supermetrics_query._core.effects import Send
from supermetrics_query._io.credentials import Credentials
from supermetrics_query._io.drivers import Driver
from supermetrics_query._io.httpx_transport import Transport
from supermetrics_query.emulator import INSTANT, Emulator

from tests.support.answers import about, envelope, success
from tests.support.calling import backend_of, each_async_backend
from tests.support.scripted import BASE_URL, Clock, scripted_client

UNPACED: dict[str, Any] = {"limiter": NoLimiter()}  # these tests are about sharing, not about rate limits
THREADS, TASKS, EACH = 20, 200, 5
ROWS = 130
PAGE = 120  # so that every result has two pages, or three
# The pool of httpcore takes time that grows with the cube of its connections: 200 of them cost two minutes.
FEW = {"limits": httpx.Limits(max_connections=20)}
# Under asyncio and trio through httpx, and through aiohttp, whose pool needs no bound.
SHARED: dict[str, dict[str, Any]] = {
    "asyncio": {"http_options": FEW},
    "trio": {"http_options": FEW},
    "aiohttp": {"transport": "aiohttp"},
}


@pytest.fixture
def service() -> Iterator[Emulator]:
    with Emulator(plan=INSTANT) as running:
        yield running


def numbers(rows: int) -> DataQuery:
    """Make a query whose number of rows identifies it."""
    return DataQuery.from_dict({"ds_id": "NUMBERS", "fields": "c0,c1", "settings": {"rows": rows, "columns": 2}})


def size(number: int) -> int:
    """Return how many rows the query of this number asks for."""
    return ROWS + number


def assert_nothing_lost_or_mixed(results: dict[int, list[Any]], service: Emulator) -> None:
    """Assert that every query ran once and got the rows it asked for."""
    assert all([row["c0"] for row in rows] == [*range(size(number))] for number, rows in results.items())
    starts = [seen.schedule_id for seen in service.requests if seen.operation == "start"]
    assert len(starts) == len(set(starts)) == len(results)


def test_twenty_threads_share_a_client(service: Emulator) -> None:
    def rows(number: int) -> list[Any]:
        return [*client.run(numbers(size(number)), timeout=60).rows()]

    with (
        QueryClient(service.key, base_url=service.url, page_size=PAGE, **UNPACED) as client,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        results = dict(enumerate(pool.map(rows, range(THREADS * EACH))))
    assert len(results) == THREADS * EACH
    assert_nothing_lost_or_mixed(results, service)


@pytest.mark.parametrize("stack", SHARED)
def test_two_hundred_tasks_share_a_client(service: Emulator, stack: str) -> None:
    results: dict[int, list[Any]] = {}

    async def collect(client: AsyncQueryClient, number: int) -> None:
        query = await client.run(numbers(size(number)), timeout=60)
        results[number] = [row async for row in query.rows()]

    async def collect_all() -> None:
        async with (
            AsyncQueryClient(service.key, base_url=service.url, page_size=PAGE, **SHARED[stack], **UNPACED) as client,
            anyio.create_task_group() as group,
        ):
            for number in range(TASKS):
                group.start_soon(collect, client, number)

    anyio.run(collect_all, backend=backend_of(stack))
    assert len(results) == TASKS
    assert_nothing_lost_or_mixed(results, service)


@define
class Keys:
    """A token provider that counts how often it is asked, and an API that refuses its first key."""

    asked: int = 0
    refused: int = 0
    together: threading.Barrier = field(factory=lambda: threading.Barrier(THREADS))

    def provide(self) -> str:
        self.asked += 1
        return f"key_{self.asked}"

    async def provide_async(self) -> str:
        await anyio.lowlevel.checkpoint()
        return self.provide()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Refuse the first key, once every thread has sent a request with it."""
        if request.headers["authorization"] == "Bearer key_2":
            return success()
        self.together.wait(30)
        return self.refusal()

    def refusal(self) -> httpx.Response:
        self.refused += 1
        return envelope(401, "ACCESS_TOKEN_INVALID")


ONCE = RetryPolicy(attempts=1)


def test_threads_whose_key_is_refused_at_the_same_time_renew_it_once() -> None:
    keys = Keys()
    options = {"transport": httpx.MockTransport(keys.answer)}
    with (
        QueryClient(
            token_provider=keys.provide, base_url=BASE_URL, retry=ONCE, http_options=options, **UNPACED
        ) as client,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        seen = [*pool.map(client.status, ["night-1"] * THREADS)]
    assert all(each.is_success for each in seen)
    assert (keys.asked, keys.refused) == (2, THREADS)


@each_async_backend
def test_tasks_whose_key_is_refused_at_the_same_time_renew_it_once(backend: str) -> None:
    keys, codes = Keys(), list[str]()

    async def poll_all() -> None:
        everybody = anyio.Event()

        async def answer(request: httpx.Request) -> httpx.Response:
            if request.headers["authorization"] == "Bearer key_2":
                return success()
            refusal = keys.refusal()
            if keys.refused == TASKS:
                everybody.set()
            await everybody.wait()
            return refusal

        async def poll_once() -> None:
            codes.append((await client.status("night-1")).code)

        options = {"transport": httpx.MockTransport(answer)}
        async with (
            AsyncQueryClient(
                token_provider=keys.provide_async,
                base_url=BASE_URL,
                retry=ONCE,
                http_options=options,
                limiter=NoLimiter(),
            ) as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(TASKS):
                group.start_soon(poll_once)

    anyio.run(poll_all, backend=backend)
    assert codes == ["SUCCESS"] * TASKS
    assert (keys.asked, keys.refused) == (2, TASKS)


class Overtaken(Credentials):
    """Credentials that another thread renews just after this one has found them missing."""

    @property
    def is_missing(self) -> bool:
        missing = super().is_missing
        if missing:
            self.replace(self.ask())
        return missing


def test_a_thread_that_is_overtaken_by_another_does_not_ask_for_a_first_key_again() -> None:
    keys = Keys(asked=1)
    transport = Transport(BASE_URL, {"transport": httpx.MockTransport(keys.answer)})
    driver = Driver(transport, Overtaken(None, keys.provide), Clock())
    outcome = driver._outcome(Send(get_query_status("night-1", 0, 9), 30.0))
    driver.close()
    assert outcome.error is None
    assert keys.asked == 2


def test_a_cookie_of_an_answer_is_not_sent_back(backend: str) -> None:
    answer = success()
    answer.headers["Set-Cookie"] = "session=of-somebody; Path=/"
    subject = scripted_client(backend, answer)
    for _ in range(2):
        subject.call(subject.client, "status", "night-1")
    assert [request.headers.get("cookie") for request in subject.script.seen] == [None, None]


def test_headers_and_parameters_of_the_user_go_with_every_request_and_replace_none_of_ours() -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return about("", success())

    options = {
        "transport": httpx.MockTransport(answer),
        "headers": {"X-Team": "night", "USER-AGENT": "mine", "content-type": "text/plain"},
        "params": {"gateway": "1"},
    }
    with QueryClient("key", base_url=BASE_URL, http_options=options) as client:
        client.start(DataQuery(ds_id="WEATHER", fields=["date"]))
        client.status("night-1")
    assert [request.headers["x-team"] for request in requests] == ["night", "night"]
    assert [request.url.params["gateway"] for request in requests] == ["1", "1"]
    assert requests[0].headers.get_list("content-type") == ["application/json"]
    assert all(request.headers.get_list("user-agent")[0].startswith("supermetrics-query/") for request in requests)
    assert all(len(request.headers.get_list("user-agent")) == 1 for request in requests)
