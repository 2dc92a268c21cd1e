"""A start runs its query once: never lost, never twice, and never taken for expired because it was late."""

from random import Random
from typing import Any

import httpx
import pytest
from attrs import define
from supermetrics_query import ApiError, PollPolicy, QueryClient, SupermetricsQueryError, UnreadableResponseError

from tests.support.answers import NOT_FOUND, cut, envelope, gateway, problem, refused, status, success, too_many
from tests.support.scripted import BASE_URL, KEY, Clock, ScriptedClient, Step, a_query, scripted_client

CSV = httpx.Response(200, content="Date,Temp\n2013-01-01,39\n", headers={"content-type": "text/csv"})
QUEUED, RUNNING = status("QUEUED", http=202), status("RUNNING")
START, POLL = "start 0", "poll 0..9999"
CONFLICTS: dict[str, Step] = {
    "the code": envelope(409, "CONFLICT_ERROR"),
    "a problem": problem(409, "conflict-error"),
    "a gateway": gateway(409, ""),
    "the code with 200": envelope(200, "CONFLICT_ERROR"),
}
NOT_YET: dict[str, Step] = {
    "refused for the rate": too_many(),
    "refused for the rate until later": too_many(retry_after="7"),
    "a refused connection": refused(),
    "a reset connection": cut(),
    "a gateway": gateway(502),
    "replica lag": NOT_FOUND,
}


def requests(subject: ScriptedClient) -> list[str]:
    """Return what was sent."""
    return [line.split()[0] for line in subject.log if not line.startswith("sleep")]


@pytest.mark.parametrize("failure", NOT_YET.values(), ids=NOT_YET)
def test_a_start_whose_rows_came_at_once_is_never_repeated(backend: str, failure: Step) -> None:
    subject = scripted_client(backend, CSV, *[failure] * 3, success())
    query = subject.start(format="csv")
    assert subject.call(query, "wait").status.is_success
    assert requests(subject) == ["start", *["poll"] * 4]


@pytest.mark.parametrize("failure", NOT_YET.values(), ids=NOT_YET)
def test_run_repeats_no_start_whose_rows_came_at_once(backend: str, failure: Step) -> None:
    subject = scripted_client(backend, CSV, *[failure] * 3, success())
    assert subject.run(format="csv").status.is_success
    assert requests(subject) == ["start", *["poll"] * 4]


@pytest.mark.parametrize("failure", NOT_YET.values(), ids=NOT_YET)
def test_run_many_repeats_no_start_whose_rows_came_at_once(backend: str, failure: Step) -> None:
    subject = scripted_client(backend, CSV, *[failure] * 3, success())
    (query,) = subject.collect(subject.client, "run_many", [a_query()], format="csv")
    assert query.error is None
    assert requests(subject) == ["start", *["poll"] * 4]


def test_the_status_of_a_start_whose_rows_came_at_once_is_polled_for(backend: str) -> None:
    subject = scripted_client(backend, CSV, success())
    assert subject.start(format="csv").status.is_success
    assert requests(subject) == ["start", "poll"]


def test_a_page_to_sign_in_is_no_start_whose_rows_came_at_once() -> None:
    subject = scripted_client("sync", gateway(200, "<html><title>Sign in</title></html>"))
    with pytest.raises(UnreadableResponseError):
        subject.start(format="csv")


HELD_BACK = too_many(retry_after="31")


def test_the_lag_of_a_replica_counts_from_the_answer_to_a_start_and_not_from_its_first_try(backend: str) -> None:
    subject = scripted_client(backend, HELD_BACK, QUEUED, NOT_FOUND, success())
    assert subject.call(subject.start(), "wait").status.is_success
    assert requests(subject) == ["start", "start", "poll", "poll"]


def test_run_bears_the_lag_of_a_replica_after_a_start_that_was_held_back(backend: str) -> None:
    subject = scripted_client(backend, HELD_BACK, QUEUED, NOT_FOUND, success())
    assert subject.run().status.is_success


def test_run_many_bears_the_lag_of_a_replica_after_a_start_that_was_held_back(backend: str) -> None:
    subject = scripted_client(backend, HELD_BACK, QUEUED, NOT_FOUND, success())
    (query,) = subject.collect(subject.client, "run_many", [a_query()])
    assert query.error is None


def test_a_refresh_bears_the_lag_of_a_replica_after_a_start_whose_answer_took_long(backend: str) -> None:
    subject = scripted_client(backend, QUEUED, NOT_FOUND, RUNNING, takes=31.0)
    assert subject.call(subject.start(), "refresh").code == "RUNNING"


@pytest.mark.parametrize("conflict", CONFLICTS.values(), ids=CONFLICTS)
def test_a_lost_start_whose_repeat_finds_its_id_in_use_has_started(backend: str, conflict: Step) -> None:
    subject = scripted_client(backend, cut(), NOT_FOUND, conflict, RUNNING)
    assert subject.start().status.code == "RUNNING"
    assert requests(subject) == ["start", "poll", "start", "poll"]


@pytest.mark.parametrize("conflict", CONFLICTS.values(), ids=CONFLICTS)
def test_a_lost_start_whose_repeat_finds_its_id_in_use_is_waited_for(backend: str, conflict: Step) -> None:
    subject = scripted_client(backend, cut(), NOT_FOUND, conflict, NOT_FOUND, NOT_FOUND, RUNNING, success())
    assert subject.run().status.is_success
    assert requests(subject) == ["start", "poll", "start", *["poll"] * 4]


@pytest.mark.parametrize("before", [(), (too_many(),), (refused(),)], ids=["first", "after a 429", "after a refusal"])
@pytest.mark.parametrize("conflict", CONFLICTS.values(), ids=CONFLICTS)
def test_a_conflict_of_a_start_that_reached_nobody_before_is_an_error(
    backend: str, before: tuple[Step, ...], conflict: Step
) -> None:
    subject = scripted_client(backend, *before, conflict)
    with pytest.raises(ApiError) as caught:
        subject.start()
    assert type(caught.value) is ApiError
    assert requests(subject) == ["start"] * (len(before) + 1)


def test_a_start_that_was_lost_once_stays_in_doubt_when_its_repeat_is_refused() -> None:
    subject = scripted_client("sync", cut(), NOT_FOUND, refused(), RUNNING)
    assert subject.start().status.code == "RUNNING"
    assert requests(subject) == ["start", "poll", "start", "poll"]


@define
class Api:
    """An API whose gateway fails at random, whose replicas lag, and which allows one run for each id."""

    random: Random
    clock: Clock
    format: str
    runs: int = 0  # how often a query was started
    accepted: int = 0  # how often a start was answered as accepted
    after: int = 0  # how many starts came after that
    visible: float = 0.0  # when replicas show the query
    ends: float = 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a start or a poll, or fail before or after it has acted."""
        self.clock.advance(self.random.choice((0.0, 0.3, 20.0)))
        is_start = request.method == "POST"
        self.after += bool(is_start and self.accepted)
        trouble = self.random.random()
        if trouble < 0.3:
            return given(self.random.choice((refused(), too_many(), too_many(retry_after="40"), gateway(408, ""))))
        answer = self.start() if is_start else self.poll()
        if trouble < 0.5:
            return given(self.random.choice((cut(), gateway(502), gateway(200), gateway(504, ""))))
        self.accepted += is_start and answer.is_success
        return answer

    def start(self) -> httpx.Response:
        """Start the query, unless its id is in use."""
        if self.runs:
            return given(envelope(409, "CONFLICT_ERROR"))
        self.runs, self.visible = 1, self.clock.now() + self.random.choice((0.0, 3.0, 25.0))
        self.ends = self.clock.now() + self.random.choice((0.0, 5.0, 300.0))
        return given(CSV if self.format == "csv" and self.random.random() < 0.5 else QUEUED)

    def poll(self) -> httpx.Response:
        """Show the query, once it is there."""
        if not self.runs or self.clock.now() < self.visible:
            return given(NOT_FOUND)
        return given(success() if self.clock.now() >= self.ends else RUNNING)


def given(step: Step) -> httpx.Response:
    """Raise an error, or return a fresh copy of an answer."""
    if isinstance(step, BaseException):
        raise step
    return httpx.Response(step.status_code, headers=step.headers, content=step.content)


def lived(seed: int, method: str) -> tuple[Api, SupermetricsQueryError | None, bool]:
    """Run a query on such an API; return the API, the error, and whether the query succeeded."""
    clock, random = Clock(), Random(seed)
    api = Api(random, clock, random.choice(("json", "csv")))
    options: dict[str, Any] = {"clock": clock, "http_options": {"transport": httpx.MockTransport(api)}}
    with QueryClient(KEY, base_url=BASE_URL, poll=PollPolicy(max_errors=50), **options) as client:
        try:
            if method == "run_many":
                (query,) = client.run_many([a_query()], format=api.format)
            elif method == "start":
                query = client.start(a_query(), format=api.format)
                query.wait()
            else:
                query = client.run(a_query(), format=api.format)
        except SupermetricsQueryError as error:
            return api, error, False
    return api, query.error, query.error is None


@pytest.mark.parametrize("method", ["start", "run", "run_many"])
def test_whatever_fails_a_query_runs_once_and_a_start_that_was_answered_is_neither_repeated_nor_lost(
    method: str,
) -> None:
    ended = {True: 0, False: 0}
    for seed in range(100):
        api, error, is_success = lived(seed, method)
        assert api.after == 0, f"{seed=}: repeated after it was accepted"
        assert not api.accepted or is_success, f"{seed=}: {error!r} after it was accepted"
        assert error is None or error.token, f"{seed=}"
        ended[is_success] += 1
    assert min(ended.values()) > 0, ended
