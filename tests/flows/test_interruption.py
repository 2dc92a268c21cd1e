"""A wait may be interrupted at any moment: nothing is sent after that, nothing leaks, and the query goes on."""

import threading
from collections.abc import Callable
from contextlib import aclosing
from inspect import GEN_CLOSED, getgeneratorstate
from itertools import count, islice
from typing import Any

import anyio
import pytest
from attrs import frozen
from supermetrics_query import RetryPolicy
from supermetrics_query._client.query import AsyncQuery
from supermetrics_query._core.context import ClientContext
from supermetrics_query._core.effects import Call, Effect, Flow
from supermetrics_query._core.polling import NEVER
from supermetrics_query._core.run import Run, Ticket
from supermetrics_query._flows import pages as paging
from supermetrics_query._flows import poll as polling
from supermetrics_query._flows import poll as waiting
from supermetrics_query._flows import start as starting

from tests.support.answers import envelope, gateway, status, success, too_many
from tests.support.calling import each_async_backend
from tests.support.interrupting import InterruptedAsyncDriver, InterruptedDriver, InterruptError, Moment
from tests.support.scripted import STEADY, Script, Step, a_query, scripted_client

SETTINGS = ClientContext(poll=STEADY, retry=RetryPolicy(), timeout=30.0, page_size=3, renewable=True, draw=lambda: 0.5)
QUEUED, RUNNING = status("QUEUED", http=202), status("RUNNING", ready=1, total=4)
REFUSED = envelope(401, "ACCESS_TOKEN_INVALID")
LATER = [["2013-01-03", 1.0], ["2013-01-04", 2.0], ["2013-01-05", 3.0]]


def on_change(seen: object) -> Effect:
    """Call a function of the user, as `on_progress` does."""
    return Call(lambda _: None, seen)


@frozen
class FlowCase:
    """A flow, and what the API answers in it; `yields` says whether one iterates over it."""

    name: str
    make: Callable[[Run], Flow[Any]]
    answers: tuple[Step, ...]
    yields: bool = False

    def begin(self) -> tuple[Flow[Any], Script]:
        """Make the flow and its API anew."""
        return self.make(Run(Ticket("night-1"))), Script([*self.answers])


CASES = (
    FlowCase(
        "start",
        lambda run: starting.start(SETTINGS, run, a_query(), NEVER, held=0),
        (gateway(502), gateway(503), REFUSED, QUEUED),
    ),
    FlowCase(
        "run",
        lambda run: starting.run_to_end(SETTINGS, run, a_query(), 600.0, on_change),
        (too_many(), QUEUED, RUNNING, success()),
    ),
    FlowCase(
        "wait",
        lambda run: waiting.wait(SETTINGS, run, 600.0, on_change),
        (RUNNING, gateway(502), REFUSED, QUEUED, success()),
    ),
    FlowCase(
        "watch",
        lambda run: waiting.watch(SETTINGS, run, 600.0),
        (QUEUED, RUNNING, gateway(502), status("FAILURE")),
        yields=True,
    ),
    FlowCase("refresh", lambda run: waiting.refresh(SETTINGS, run), (gateway(502), REFUSED, RUNNING)),
    FlowCase(
        "pages",
        lambda run: paging.pages(SETTINGS, run, prefetch=0),
        (RUNNING, success(), gateway(503), success(LATER), success([])),
        yields=True,
    ),
    FlowCase("status", lambda run: polling.fetch_window(SETTINGS, run, 0, 9), (gateway(502), REFUSED, RUNNING)),
)
YIELDING = [case for case in CASES if case.yields]

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
each_yielding_case = pytest.mark.parametrize("case", YIELDING, ids=lambda case: case.name)


def assert_left_alone(flow: Flow[Any], script: Script, sent: int) -> None:
    """Assert that nothing was sent after an interruption, nothing stopped the query, and the flow is closed."""
    assert getgeneratorstate(flow) == GEN_CLOSED
    assert len(script.seen) == sent
    assert {(each.method, each.url.path.split("/query/")[1]) for each in script.seen} <= {
        ("POST", "data/json"),
        ("GET", "status"),
    }


def perform(case: FlowCase, at: int) -> bool:
    """Perform a flow in a thread that is interrupted, and return whether the moment came."""
    flow, script = case.begin()
    moment = Moment(at)
    driver = InterruptedDriver(script, moment)
    try:
        if case.yields:
            for _ in driver.iterate(flow):
                pass
        else:
            driver.run(flow)
    except InterruptError as error:
        assert_left_alone(flow, script, len(script.seen))
        return error is moment.error
    finally:
        driver.close()
    assert moment.passed <= at, "an interruption was swallowed"
    return False


@each_case
def test_an_interrupted_thread_stops_at_once_and_lets_the_interruption_through(case: FlowCase) -> None:
    threads = threading.enumerate()
    moments = next(at for at in count() if not perform(case, at))
    assert moments > 2 * len(case.answers)
    assert threading.enumerate() == threads


async def perform_async(case: FlowCase, at: int) -> bool:
    """Perform a flow in a task that is cancelled, and return whether the moment came."""
    flow, script = case.begin()
    tasks = len(anyio.get_running_tasks())
    with anyio.CancelScope() as scope:
        driver = InterruptedAsyncDriver(script, Moment(at, scope=scope))
        if case.yields:
            async with aclosing(driver.iterate(flow)) as items:
                async for _ in items:
                    pass
        else:
            await driver.run(flow)
    sent = len(script.seen)
    await anyio.lowlevel.checkpoint()
    await driver.close()
    assert_left_alone(flow, script, sent)
    assert len(anyio.get_running_tasks()) == tasks
    return scope.cancelled_caught


async def moments_of(case: FlowCase) -> int:
    """Cancel a task at each moment of a flow, and count them."""
    for at in count():
        if not await perform_async(case, at):
            return at
    return 0


@each_async_backend
@each_case
def test_a_cancelled_task_stops_at_once_and_leaves_nothing_behind(case: FlowCase, backend: str) -> None:
    threads = threading.enumerate()
    assert anyio.run(moments_of, case, backend=backend) > 2 * len(case.answers)
    assert threading.enumerate() == threads


@each_yielding_case
def test_an_iterator_closed_midway_sends_nothing_more(case: FlowCase) -> None:
    for taken in (1, 2):
        flow, script = case.begin()
        driver = InterruptedDriver(script, Moment())
        items = driver.iterate(flow)
        assert len([*islice(items, taken)]) == taken
        sent = len(script.seen)
        items.close()
        driver.close()
        assert_left_alone(flow, script, sent)


async def take_one(script: Script, method: str) -> Flow[None]:
    """Take one item of what a handle yields, close the iterator, and return the flow behind it."""
    driver = InterruptedAsyncDriver(script, Moment())
    handle = AsyncQuery(driver, SETTINGS, Run(Ticket("night-1")))
    async with aclosing(getattr(handle, method)()) as items:
        async for _ in items:
            break
    (flow,) = driver.flows
    assert_left_alone(flow, script, len(script.seen))
    await driver.close()
    return flow


@each_async_backend
@pytest.mark.parametrize("method", ["watch", "pages", "rows"])
def test_an_async_iterator_closed_midway_closes_its_flow_at_once(method: str, backend: str) -> None:
    flow = anyio.run(take_one, Script([RUNNING, success(), success(LATER)]), method, backend=backend)
    assert getgeneratorstate(flow) == GEN_CLOSED


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("method", ["start", "run", "wait", "rows", "to_arrow"])
def test_what_interrupts_a_query_says_once_how_to_continue(
    method: str, kind: type[BaseException], backend: str
) -> None:
    token = Ticket("night-1").token
    subject = scripted_client(backend, kind())
    is_new = method in {"start", "run"}
    target = subject.client if is_new else subject.client.attach(token)
    call = subject.collect if method == "rows" else subject.call
    with pytest.raises(kind) as caught:
        call(target, method, *([a_query()] if is_new else []))
    assert caught.value.__notes__ == [f"query 'night-1' is not stopped by this: client.attach({token!r})"]


@pytest.mark.parametrize("method", ["run_many", "as_completed"])
def test_what_interrupts_many_queries_says_how_each_continues(method: str) -> None:
    subject = scripted_client("sync", RUNNING, KeyboardInterrupt(), takes=1.0)
    given = [a_query()] if method == "run_many" else [subject.client.attach("night-1")]
    with pytest.raises(KeyboardInterrupt) as caught:
        subject.collect(subject.client, method, given)
    assert caught.value.__notes__ == ["query 'night-1' is not stopped by this: client.attach('night-1')"]


@each_async_backend
def test_a_cancelled_task_knows_how_to_continue(backend: str) -> None:
    notes: list[str] = []

    async def cancelled() -> None:
        query: Any = scripted_client(backend, RUNNING).client.attach("night-1")
        with anyio.CancelScope() as scope:
            try:
                await query.wait(on_progress=lambda _: scope.cancel())
            except anyio.get_cancelled_exc_class() as error:
                notes.extend(error.__notes__)
                raise

    anyio.run(cancelled, backend=backend)
    assert notes == [f"query 'night-1' is not stopped by this: client.attach({Ticket('night-1').token!r})"]


@each_async_backend
def test_a_cancelled_task_knows_how_its_many_queries_continue(backend: str) -> None:
    notes: list[str] = []

    async def cancelled() -> None:
        with anyio.CancelScope() as scope:
            client: Any = scripted_client(backend, RUNNING, on_event=lambda _: scope.cancel()).client
            try:
                async for _ in client.as_completed([client.attach("night-1")]):
                    pass
            except anyio.get_cancelled_exc_class() as error:
                notes.extend(error.__notes__)
                raise

    anyio.run(cancelled, backend=backend)
    assert notes == ["query 'night-1' is not stopped by this: client.attach('night-1')"]
