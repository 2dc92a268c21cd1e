"""Whatever a server does, a caller gets exactly its rows or one of our exceptions, in time, and a whole file or none.

Each life is one call against a server that spoils a share of its answers. A life that fails is repeated by its number:
`Random(number)` decides all that the server and the caller do.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import anyio
import pytest
from attrs import define
from supermetrics_query import (
    AsyncQueryClient,
    DataQuery,
    NoLimiter,
    PollPolicy,
    QueryClient,
    RetryPolicy,
    SupermetricsQueryError,
)

from tests.hostile.attack import PAGE, Liar, file_of, rows_of
from tests.support.calling import Caller, calling
from tests.support.servers import a_server

KEY = "api_secret_of_the_tests"
TIMEOUT = 2.0  # seconds for a wait
SLACK = 0.25  # by which a wait may outlast its timeout
LOAD = 1.0  # more where the machine is busy
AFTERWARDS = 6.0  # seconds for the requests of rows and files, which no deadline binds
OPTIONS: dict[str, Any] = {
    "poll": PollPolicy(first=0.01, floor=0.01, ceiling=0.02, start_wait=0),
    "retry": RetryPolicy(attempts=3, base=0.01, cap=0.02),
    "timeout": 0.5,
    "page_size": PAGE,
    "limiter": NoLimiter(),
}
OLD = b"what stood there before"


@define
class Life:
    """One call, and what it did."""

    number: int
    caller: Caller
    liar: Liar
    folder: Path
    random: Random

    def query(self, number: int = 0) -> DataQuery:
        """Return a query with an id of its own."""
        return DataQuery(ds_id="WEATHER", fields=["of", "row"], schedule_id=f"q-{self.number}-{number}")

    def run(self) -> Iterator[str]:
        """Run a query and read its rows."""
        handle = self.in_time("run", self.query(), timeout=TIMEOUT)
        yield self.rows(handle)

    def resume(self) -> Iterator[str]:
        """Run a named query twice, as a process does that was killed in between."""
        for _ in range(2):
            try:
                query = DataQuery(ds_id="WEATHER", fields=["of", "row"])
                handle = self.in_time("run", query, timeout=TIMEOUT, resume=f"life {self.number}")
            except SupermetricsQueryError:
                yield "an error"
            else:
                yield self.rows(handle)

    def run_many(self) -> Iterator[str]:
        """Run some queries at once and read the rows of those that succeeded."""
        queries = [self.query(number) for number in range(4)]
        began = time.monotonic()
        handles = self.caller.collect(self.caller.client, "run_many", queries, timeout=TIMEOUT)
        assert time.monotonic() - began < TIMEOUT + SLACK + LOAD
        assert len(handles) == len(queries)
        for handle in handles:
            assert handle.error is None or isinstance(handle.error, SupermetricsQueryError)
            yield "an error" if handle.error else self.rows(handle)

    def download(self) -> Iterator[str]:
        """Run a query and save its file over an old one."""
        path = self.folder / "result.csv"
        path.write_bytes(OLD)
        try:
            handle = self.in_time("run", self.query(), timeout=TIMEOUT, format="csv")
            self.caller.call(handle, "download", path)
        finally:
            assert [each.name for each in self.folder.iterdir()] == [path.name]
            assert path.read_bytes() in {OLD, file_of(f"q-{self.number}-0")}
        assert path.read_bytes() != OLD
        yield "a whole file"

    def leave(self) -> Iterator[str]:
        """Close the client in the middle of a call, or cancel the task that calls."""
        seconds = self.random.random() / 2
        if isinstance(self.caller.client, QueryClient):
            timer = threading.Timer(seconds, self.caller.client.close)
            timer.start()
        began = time.monotonic()
        try:
            if isinstance(self.caller.client, QueryClient):
                self.caller.client.run(self.query(), timeout=TIMEOUT)
            else:
                self.caller.perform(cancelled, self.caller.client, self.query(), seconds)
            yield "left"
        finally:
            assert time.monotonic() - began < seconds + SLACK + LOAD

    def in_time(self, method: str, *given: Any, **named: Any) -> Any:
        """Call a method of the client, which has a deadline."""
        began = time.monotonic()
        try:
            return self.caller.call(self.caller.client, method, *given, **named)
        finally:
            assert time.monotonic() - began < TIMEOUT + SLACK + LOAD

    def rows(self, handle: Any) -> str:
        """Read the rows of a query that has succeeded."""
        try:
            self.caller.collect(handle, "rows", prefetch=self.random.choice((0, 2)))
            end = "its rows"
        except SupermetricsQueryError:
            end = "an error"
        given, all_rows = [[*row.values()] for row in self.caller.seen], rows_of(handle.schedule_id)
        assert given == (all_rows if end == "its rows" else all_rows[: len(given)])
        return end


CALLS: tuple[Callable[[Life], Iterator[str]], ...] = (Life.run, Life.resume, Life.run_many, Life.download, Life.leave)


async def cancelled(client: AsyncQueryClient, query: DataQuery, seconds: float) -> None:
    """Run a query, and cancel that after so many seconds."""
    with anyio.move_on_after(seconds):
        await client.run(query, timeout=TIMEOUT)


@contextmanager
def lives(stack: str, number: int, folder: Path) -> Iterator[Life]:
    """Make a client and a server that spoils its answers; the number decides everything."""
    random = Random(number)
    liar = Liar(Random(number), random.choice((0.05, 0.2, 0.5)))
    folder.mkdir()
    with a_server(liar) as server, calling(stack, KEY, base_url=server.base_url, **OPTIONS) as caller:
        yield Life(number, caller, liar, folder, random)


def lived(life: Life) -> Counter[str]:
    """Live one life, and return how its calls ended."""
    began = time.monotonic()
    ends: Counter[str] = Counter()
    try:
        for end in life.random.choice(CALLS)(life):
            ends[end] += 1
    except SupermetricsQueryError as error:
        ends["an error"] += 1
        told = f"{error!r} {error}"
        assert KEY not in told
    assert time.monotonic() - began < TIMEOUT + AFTERWARDS + LOAD
    assert not life.liar.repeated
    return ends


@pytest.mark.timeout(900)
def test_a_caller_gets_exactly_its_rows_or_one_of_our_exceptions(
    stack: str, request: pytest.FixtureRequest, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    threads, ends = threading.active_count(), Counter[str]()
    until = time.monotonic() + request.config.getoption("--attack-seconds")
    for number in itertools.count(request.config.getoption("--attack-from")):
        with lives(stack, number, tmp_path / str(number)) as life:
            try:
                ends += lived(life) + Counter({"lives": 1, "answers": life.liar.answers})
            except BaseException as error:
                error.add_note(f"in life {number} of {stack}: {dict(life.liar.spoiled)}")
                raise
            ends["spoiled"] += life.liar.spoiled.total()
        if time.monotonic() > until:
            break
    for name, count in ends.items():
        record_property(name, count)
    assert threading.active_count() <= threads + 1
    assert ends["its rows"]
    assert ends["spoiled"]
