"""Well-known mistakes of polling clients, see docs/pitfalls.md: those that the scenarios do not cover."""

import inspect
import json
import pickle
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import httpx
import pytest
import supermetrics_query
from anyio.lowlevel import checkpoint
from supermetrics_query import (
    AsyncQueryClient,
    ConfigurationError,
    QueryClient,
    QueryStatus,
    RetryPolicy,
    ServerError,
    WaitTimeoutError,
)
from supermetrics_query._core.run import Ticket
from supermetrics_query._io.httpx_transport import client_options

from tests.support.answers import envelope, gateway, status, success, too_many
from tests.support.calling import each_async_backend
from tests.support.scripted import BASE_URL, KEY, STEADY, Clock, ScriptedClient, a_query, scripted_client

Handler = Callable[[httpx.Request], httpx.Response]

RUNNING = status("RUNNING")
HOUR = 3600.0
POLL = "poll 0..9999"


def options_of(handler: Handler) -> dict[str, Any]:
    """Return the options of a client whose requests a function answers."""
    return {"base_url": BASE_URL, "poll": STEADY, "http_options": {"transport": httpx.MockTransport(handler)}}


def fresh(response: httpx.Response) -> httpx.Response:
    """Copy a response, because reading consumes it."""
    return httpx.Response(response.status_code, headers=response.headers, content=response.content)


def read_timeouts(subject: ScriptedClient) -> list[float]:
    """Return how long each request would have waited for its answer."""
    return [request.extensions["timeout"]["read"] for request in subject.script.seen]


def test_no_property_of_a_handle_sends_a_request_or_seems_live() -> None:
    subject = scripted_client("sync", success())
    handle = subject.client.attach("night-1")
    seen = (handle.schedule_id, handle.token, handle.status, handle.error, handle.columns, repr(handle))
    assert seen == ("night-1", "night-1", None, None, [], "<Query night-1 not seen yet>")
    assert subject.log == []
    assert not {"done", "is_done", "result"} & set(dir(handle))


def test_the_timeout_of_a_client_bounds_one_request_and_not_the_wait(backend: str) -> None:
    subject = scripted_client(backend, *[RUNNING] * 9, success(), timeout=2)
    subject.call(subject.client.attach("night-1"), "wait")
    assert set(read_timeouts(subject)) == {2.0}
    assert subject.script.clock.now() > 1000 + 2


def test_a_wait_outlasts_the_longest_query_and_needs_few_polls() -> None:
    subject = scripted_client("sync", RUNNING)
    with pytest.raises(WaitTimeoutError):
        subject.call(subject.client.attach("night-1"), "wait")
    assert subject.script.clock.now() == pytest.approx(1000 + 4.25 * HOUR)
    assert len(subject.script.seen) < 600


def test_a_request_gets_no_more_time_than_the_wait_has_left(backend: str) -> None:
    subject = scripted_client(backend, RUNNING, takes=8.0)
    with pytest.raises(WaitTimeoutError):
        subject.call(subject.client.attach("night-1"), "wait", timeout=20)
    assert read_timeouts(subject) == pytest.approx([20.0, 11.0, 0.2], abs=0.1)


def test_one_attempt_is_one_request(backend: str) -> None:
    subject = scripted_client(backend, gateway(503), retry=RetryPolicy(attempts=1))
    with pytest.raises(ServerError) as caught:
        subject.start()
    assert subject.log == ["start 0"]
    assert caught.value.attempts == ()


def test_a_start_that_was_interrupted_is_found_by_the_id_that_its_caller_chose() -> None:
    sent: list[str] = []

    def interrupt(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return envelope(404, "STATUS_NOT_FOUND")
        sent.append(json.loads(request.content)["schedule_id"])
        raise KeyboardInterrupt

    with QueryClient(KEY, **options_of(interrupt)) as client:
        with pytest.raises(KeyboardInterrupt):
            client.start(a_query())
        assert sent == [client.attach("night-1").schedule_id]


class Interrupting(Clock):
    """A clock whose first pause ends with Ctrl-C."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.log) == 1:
            raise KeyboardInterrupt


def test_an_interrupted_wait_sends_nothing_and_can_be_resumed() -> None:
    answers, asked = iter([RUNNING, success()]), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return fresh(next(answers))

    with QueryClient(KEY, **options_of(answer), clock=Interrupting()) as client:
        handle = client.attach("night-1")
        with pytest.raises(KeyboardInterrupt):
            handle.wait()
        assert asked == ["GET"]
        assert handle.wait().error is None
        assert asked == ["GET", "GET"]


class Cancelling(Clock):
    """A clock during whose first pause the task is cancelled."""

    scope: anyio.CancelScope

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.log) == 1:
            self.scope.cancel()


@each_async_backend
def test_a_cancelled_wait_sends_nothing_and_can_be_resumed(backend: str) -> None:
    answers, asked, clock = iter([RUNNING, success()]), [], Cancelling()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return fresh(next(answers))

    async def wait_twice() -> QueryStatus | None:
        async with AsyncQueryClient(KEY, **options_of(answer), clock=clock) as client:
            handle = client.attach("night-1")
            with anyio.CancelScope() as clock.scope:
                await handle.wait()
            assert clock.scope.cancelled_caught
            assert asked == ["GET"]
            return (await handle.wait()).status

    seen = anyio.run(wait_twice, backend=backend)
    assert seen is not None
    assert seen.is_success


def test_what_on_progress_raises_ends_the_wait_and_not_the_query(backend: str) -> None:
    subject = scripted_client(backend, RUNNING, success())
    handle = subject.client.attach("night-1")

    def complain(seen: QueryStatus) -> None:
        raise LookupError(seen.code)

    with pytest.raises(LookupError, match="RUNNING"):
        subject.call(handle, "wait", on_progress=complain)
    assert subject.log == [POLL]
    assert subject.call(handle, "wait").status.is_success


def token_of(content: bytes) -> str:
    """Encode a token by hand."""
    return "sq1." + urlsafe_b64encode(content).decode().rstrip("=")


def test_a_token_is_the_id_or_json_that_says_more_and_holds_no_key() -> None:
    client = scripted_client("sync", success()).client
    assert client.attach("night-1").token == "night-1"
    token = client.attach(Ticket("night-1", "csv").token).token.removeprefix("sq1.")
    content = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert content == {"schedule_id": "night-1", "format": "csv", "first_row": 0, "last_row": 1_000_000}


def test_a_token_that_says_no_more_than_an_id_is_read() -> None:
    token = token_of(b'{"schedule_id": "night-1", "format": "json", "first_row": 0, "last_row": 1000000}')
    assert scripted_client("sync", success()).client.attach(token).token == "night-1"


def test_a_token_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    token = token_of(b'{"schedule_id": "night-1", "colour": "blue"}')
    assert scripted_client("sync", success()).client.attach(token).schedule_id == "night-1"


def test_a_pickle_in_a_token_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        scripted_client("sync", success()).client.attach(token_of(pickle.dumps({"schedule_id": "night-1"})))


@each_async_backend
def test_tasks_that_share_a_client_do_not_share_their_attempts(backend: str) -> None:
    tries: list[int] = []

    async def fail(client: AsyncQueryClient, name: str) -> None:
        with pytest.raises(ServerError) as caught:
            await client.status(name)
        tries.append(len(caught.value.attempts))

    async def fail_together() -> None:
        options = options_of(lambda _: httpx.Response(503))
        async with AsyncQueryClient(KEY, **options, clock=Clock()) as client, anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(fail, client, f"night-{number}")

    anyio.run(fail_together, backend=backend)
    assert tries == [4] * 5


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ZeroDivisionError])
def test_what_is_not_an_error_of_a_call_is_never_tried_again(kind: type[BaseException]) -> None:
    asked: list[str] = []

    def fail(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        raise kind

    with QueryClient(KEY, **options_of(fail), clock=Clock()) as client:
        with pytest.raises(kind):
            client.attach("night-1").wait()
        assert asked == ["GET"]


def test_options_of_http_are_passed_on_and_no_transport_takes_their_place() -> None:
    given = {"verify": False, "http2": False, "proxy": "http://127.0.0.1:3128"}
    options = client_options(BASE_URL, given)
    assert {name: options[name] for name in given} == given
    assert "transport" not in options


class NotBlocking(Clock):
    """A clock that fails when a thread sleeps on it."""

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"the loop was blocked for {seconds} s")

    async def sleep_async(self, seconds: float) -> None:
        super().sleep(seconds)
        await checkpoint()


@each_async_backend
def test_no_pause_of_async_code_blocks_its_loop(backend: str) -> None:
    answers, clock = iter([too_many(retry_after="7"), RUNNING, success()]), NotBlocking()

    async def wait() -> None:
        options = options_of(lambda _: fresh(next(answers)))
        async with AsyncQueryClient(KEY, **options, clock=clock) as client:
            await client.attach("night-1").wait()

    anyio.run(wait, backend=backend)
    assert clock.log == ["sleep 7.00", "sleep 1.00"]


def test_retry_after_is_read_anew_from_every_answer(backend: str) -> None:
    subject = scripted_client(backend, too_many(retry_after="7"), too_many(retry_after="5"), success())
    subject.call(subject.client.attach("night-1"), "wait")
    assert subject.log == [POLL, "sleep 7.00", POLL, "sleep 5.00", POLL]


def test_the_key_is_sent_in_one_header_and_nowhere_else(backend: str) -> None:
    subject = scripted_client(backend, RUNNING, success())
    subject.call(subject.start(), "wait")
    for request in subject.script.seen:
        assert KEY.encode() not in str(request.url).encode() + request.read()
        assert [name for name, value in request.headers.items() if KEY in value] == ["authorization"]


def signatures() -> Iterator[tuple[str, str]]:
    """Yield every public call with its annotations."""
    for name in supermetrics_query.__all__:
        public = getattr(supermetrics_query, name)
        for member, value in inspect.getmembers(public, inspect.isroutine):
            if not member.startswith("_") or member == "__init__":
                yield f"{name}.{member}", repr(getattr(value, "__annotations__", {}))


def test_no_public_signature_names_a_type_of_the_http_library() -> None:
    validated = dict(signatures())
    assert "QueryClient.start" in validated
    assert [name for name, annotations in validated.items() if "httpx." in annotations] == []
