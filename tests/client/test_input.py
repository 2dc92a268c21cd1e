"""Bad input is refused before any request: what was wrong, the value, what to do."""

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

from tests.support.answers import success
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
        ({"base_url": "https://api.test:99999"}, "not a URL"),
        ({"page_size": 0}, "page_size"),
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
    with pytest.raises(ConfigurationError, match=part.replace("?", r"\?")) as caught:
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
    "make",
    [
        lambda: PollPolicy(floor=-1),
        lambda: PollPolicy(floor=0),
        lambda: PollPolicy(floor=40),
        lambda: PollPolicy(jitter=2),
        lambda: PollPolicy(max_errors=0),
        lambda: PollPolicy(start_wait=7200),
        lambda: RetryPolicy(attempts=0),
        lambda: RetryPolicy(base=float("nan")),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"must be|is above|in '>|duration"):
        make()


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
