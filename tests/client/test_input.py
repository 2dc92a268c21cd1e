"""Bad input is refused before any request: what was wrong, the value, what to do."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from supermetrics_query import (
    AsyncQueryClient,
    ConfigurationError,
    DataQuery,
    PollPolicy,
    QueryClient,
    RetryPolicy,
)

from tests.support.answers import status, success
from tests.support.scripted import KEY, scripted_client


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPERMETRICS_API_KEY", raising=False)
    monkeypatch.delenv("SUPERMETRICS_BASE_URL", raising=False)


@pytest.mark.parametrize("kind", [QueryClient, AsyncQueryClient])
@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"api_key": None}, "SUPERMETRICS_API_KEY"),
        ({"api_key": ""}, "SUPERMETRICS_API_KEY"),
        ({"api_key": "api_1\n"}, "line end"),
        ({"base_url": "http://api.supermetrics.com/v2"}, "use https"),
        ({"base_url": "http://localhost.example.com"}, "use https"),
        ({"base_url": "ftp://api.test"}, "https://host/path"),
        ({"base_url": "api.test"}, "https://host/path"),
        ({"base_url": "https://user:secret@api.test"}, "must not hold a user"),
        ({"base_url": "https://api.test/?a=1"}, "must not hold"),
        ({"base_url": "https://api.test/v2/query/status"}, "base_url must end before /query: 'https://api.test/v2'"),
        ({"base_url": "https://api.test/v2/query"}, "base_url must end before /query: 'https://api.test/v2'"),
        ({"base_url": "https://[::g]/v2"}, "not a URL"),
        ({"base_url": "https://" + "x" * 64 + ".test"}, "not a URL"),
        ({"base_url": "https://api.test:0"}, "https://host/path"),
        ({"base_url": "https://api.test/a b"}, "https://host/path"),
        ({"base_url": "https://api.test/\n"}, "https://host/path"),
        ({"base_url": b"https://api.test"}, "base_url must be text such as 'https://host/path', not bytes"),
        ({"base_url": "https://api.test/#a"}, "must not hold"),
        ({"base_url": "https://api.test:99999"}, "not a URL"),
        ({"poll": 5}, "poll must be a PollPolicy, not 5"),
        ({"retry": PollPolicy()}, "retry must be a RetryPolicy, not PollPolicy"),
        ({"limiter": 20}, "limiter must be a BaseLimiter, not 20"),
        ({"on_event": "print"}, "on_event must be a function, not 'print'"),
        ({"token_provider": "api_1"}, "token_provider must be a function, not 'api_1'"),
        ({"transport": "requests"}, "transport must be 'httpx' or 'aiohttp', not 'requests'"),
        ({"clock": 5}, "clock must have now, sleep and sleep_async"),
        ({"http_options": [1]}, "http_options must be a Mapping"),
        ({"http_options": {5: 1}}, "a name in http_options must be a str, not 5"),
        ({"http_options": {"headers": {"X-A": " x"}}}, "must map names to text on one line: 'X-A'"),
        ({"http_options": {"headers": {"X-A": 5}}}, "must map names to text on one line: 'X-A'"),
        ({"http_options": {"headers": {"X A": "x"}}}, "must map names to text on one line: 'X A'"),
        ({"http_options": {"headers": {"X-A": "x\ny"}}}, "must map names to text on one line: 'X-A'"),
        ({"http_options": {"headers": {5: "x"}}}, "must map names to text on one line: 5"),
        ({"page_size": 0}, "page_size must be a whole number from 1 to 1000000, not 0"),
        ({"page_size": 1_000_001}, "page_size must be a whole number from 1 to 1000000, not 1000001"),
        ({"page_size": 1.5}, "page_size"),
        ({"page_size": True}, "page_size"),
        ({"timeout": 0}, "timeout=0"),
        ({"timeout": -1}, "-1"),
        ({"timeout": float("inf")}, "inf"),
        ({"timeout": "30"}, "'30'"),
        ({"http_options": {"base_url": "x", "auth": "y"}}, "auth, base_url"),
        ({"http_options": {"headers": {"Authorization": "x"}}}, "Authorization"),
        ({"http_options": {"cookies": {"session": "1"}}}, "cookies"),
    ],
)
def test_a_client_that_cannot_work_is_not_made(kind: Any, options: dict[str, Any], part: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(part)) as caught:
        kind(**{"api_key": KEY, **options})
    assert KEY not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:8080", "http://127.0.0.1:1/v2", "http://[::1]:8080/v2", "https://api.test/v2/"]
)
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    with QueryClient(KEY, base_url=url) as client:
        assert KEY not in repr(vars(client))


@pytest.mark.parametrize(
    "call",
    [
        ("status", ("",), {}),
        ("status", ("a b",), {}),
        ("status", ("x" * 51,), {}),
        ("status", ("night-1\n",), {}),
        ("status", (None,), {}),
        ("status", ("night-1",), {"offset_start": -1}),
        ("status", ("night-1",), {"offset_start": 1_000_001}),
        ("status", ("night-1",), {"offset_start": 5, "offset_end": 4}),
        ("status", ("night-1",), {"offset_start": True}),
        ("start", ({"ds_id": "GA"},), {}),
        ("start", (DataQuery(ds_id="GA", schedule_id="no spaces"),), {}),
        ("start", (DataQuery(ds_id="GA"),), {"format": "xlsx"}),
        ("run", (DataQuery(ds_id="GA"),), {"timeout": -1}),
        ("run", (DataQuery(ds_id="GA"),), {"timeout": float("nan")}),
        ("attach", ("sq1.not-a-token",), {}),
        ("attach", ("no spaces",), {}),
    ],
    ids=lambda call: call[0],
)
def test_a_call_that_cannot_work_sends_nothing(backend: str, call: tuple[str, Any, Any]) -> None:
    subject = scripted_client(backend, success())
    method, given, named = call
    with pytest.raises(ConfigurationError):
        subject.call(subject.client, method, *given, **named)
    assert subject.script.seen == []


def test_a_configuration_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="SUPERMETRICS_API_KEY"):
        QueryClient()


@pytest.mark.parametrize(
    ("policy", "options", "said"),
    [
        (PollPolicy, {"floor": -1}, "finite and not negative: -1"),
        (PollPolicy, {"floor": 0}, "floor must be a number from 0.001 to 1e+09, not 0"),
        (PollPolicy, {"floor": 40}, "floor=40.0 is above ceiling=30.0"),
        (PollPolicy, {"jitter": 1.01}, "jitter must be a number from 0 to 1, not 1.01"),
        (PollPolicy, {"jitter": -0.01}, "jitter must be a number from 0 to 1, not -0.01"),
        (PollPolicy, {"jitter": "0.1"}, "jitter must be a number from 0 to 1, not '0.1'"),
        (PollPolicy, {"jitter": True}, "jitter must be a number from 0 to 1, not True"),
        (PollPolicy, {"max_errors": 0}, "max_errors must be a whole number from 1 on, not 0"),
        (PollPolicy, {"max_errors": True}, "max_errors must be a whole number from 1 on, not True"),
        (PollPolicy, {"max_errors": 1.5}, "max_errors must be a whole number from 1 on, not 1.5"),
        (PollPolicy, {"start_wait": 3601}, "start_wait must be a number from 0 to 3600, not 3601"),
        (PollPolicy, {"use_progress": 1}, "use_progress must be a bool, not 1"),
        (PollPolicy, {"first": "1"}, "finite and not negative: '1'"),
        (PollPolicy, {"ceiling": float("inf")}, "finite and not negative: inf"),
        (PollPolicy, {"unknown_patience": True}, "finite and not negative: True"),
        (RetryPolicy, {"attempts": 0}, "attempts must be a whole number from 1 on, not 0"),
        (RetryPolicy, {"base": float("nan")}, "finite and not negative: nan"),
        (RetryPolicy, {"cap": -1}, "finite and not negative: -1"),
        (RetryPolicy, {"retry_after_ceiling": timedelta(seconds=-1)}, "finite and not negative"),
    ],
    ids=str,
)
def test_a_policy_that_makes_no_sense_is_refused(policy: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        policy(**options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("policy", "options"),
    [
        (PollPolicy, {"floor": 30, "ceiling": 30}),
        (PollPolicy, {"floor": 0.001}),
        (PollPolicy, {"jitter": 0}),
        (PollPolicy, {"jitter": 1}),
        (PollPolicy, {"max_errors": 1}),
        (PollPolicy, {"start_wait": 0}),
        (PollPolicy, {"start_wait": 3600}),
        (PollPolicy, {"first": 0}),
        (RetryPolicy, {"attempts": 1}),
        (RetryPolicy, {"base": 0, "cap": 0}),
    ],
    ids=str,
)
def test_a_policy_may_be_at_its_limits(policy: Any, options: dict[str, Any]) -> None:
    made = policy(**options)
    assert {name: getattr(made, name) for name in options} == options


def test_durations_may_be_timedeltas() -> None:
    assert PollPolicy(ceiling=timedelta(minutes=1)).ceiling == 60.0


def test_the_environment_stands_in_for_what_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERMETRICS_API_KEY", KEY)
    monkeypatch.setenv("SUPERMETRICS_BASE_URL", "http://api.test")
    with pytest.raises(ConfigurationError, match="use https"):
        QueryClient()


def test_a_closed_client_says_so() -> None:
    client = QueryClient(KEY)
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        client.status("night-1")


@pytest.mark.parametrize("page_size", [1, 1_000_000])
def test_a_page_may_be_as_small_or_as_large_as_the_api_allows(page_size: int) -> None:
    QueryClient(KEY, page_size=page_size).close()


@pytest.mark.parametrize("prefetch", [-1, 17, True, "1"])
def test_pages_under_way_are_a_few(backend: str, prefetch: Any) -> None:
    subject = scripted_client(backend, success())
    query = subject.client.attach("night-1")
    with pytest.raises(ConfigurationError, match="prefetch must be a whole number from 0 to 16, not"):
        subject.collect(query, "rows", prefetch=prefetch)
    assert subject.script.seen == []
    assert len(subject.collect(query, "rows", prefetch=16)) == len(subject.collect(query, "rows", prefetch=0)) > 0


class Promise:
    """What can be awaited and is no coroutine."""

    def __await__(self) -> Iterator[None]:
        yield


def test_a_function_of_sync_code_must_not_return_what_nobody_awaits() -> None:
    subject = scripted_client("sync", status("RUNNING"))
    with pytest.raises(ConfigurationError, match="use AsyncQueryClient, or a plain function"):
        subject.call(subject.client.attach("night-1"), "wait", on_progress=lambda _: Promise())


def test_a_window_of_one_row_is_a_window(backend: str) -> None:
    subject = scripted_client(backend, success())
    subject.call(subject.client, "status", "night-1", offset_start=5, offset_end=5)
    assert len(subject.script.seen) == 1
