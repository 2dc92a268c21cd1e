"""A quota ends a wait at once, an unknown refusal after a few polls; a refusal for the rate and silence end none."""

import threading
from typing import Any

import httpx
import pytest
from supermetrics_query import QuotaExceededError, RateLimitError, RetryPolicy

from tests.support.answers import about, bare, envelope, gateway, problem, status, success, too_many
from tests.support.performing import performed
from tests.support.scripted import a_query, scripted_client
from tests.support.servers import STAYS, Exchange, a_server, raw

ROWS = "API_ROW_QUOTA_EXCEEDED"
QUOTAS = {
    "an envelope": envelope(429, ROWS),
    "an envelope with Retry-After": envelope(429, ROWS, **{"Retry-After": "60"}),
    "a problem": problem(429, "api-row-quota-exceeded"),
    "a bare string": bare(429, ROWS),
    "an error with 200": envelope(200, ROWS),
    "the queries of the day": envelope(429, "LICENSE_DAILY_QUERY_LIMIT_EXCEEDED"),
}
UNLISTED = {
    "a code": envelope(429, "API_COLUMN_QUOTA_EXCEEDED"),
    "a problem": problem(429, "api-column-quota-exceeded"),
    "text": gateway(429, "COLUMN_QUOTA_EXCEEDED: no more columns"),
}
RATES = {
    "the code": too_many(),
    "the older code": envelope(429, "RATE_LIMIT_EXCEEDED"),
    "a problem": problem(429, "too-many-requests"),
    "another problem": httpx.Response(429, json={"type": "https://gateway.test/429", "title": "Slow down"}),
    "nothing": gateway(429, ""),
    "a page": gateway(429),
    "text of a gateway": httpx.Response(429, json={"error": "rate_limited", "message": "Slow down"}),
}


@pytest.mark.parametrize("answer", QUOTAS.values(), ids=QUOTAS)
def test_a_quota_ends_a_wait_at_once_and_says_what_to_do(backend: str, answer: httpx.Response) -> None:
    subject = scripted_client(backend, answer)
    with pytest.raises(QuotaExceededError, match="wait until it is renewed, or have it raised") as caught:
        subject.call(subject.client.attach("night-1"), "wait")
    assert subject.log == ["poll 0..9999"]
    assert caught.value.token


@pytest.mark.parametrize("answer", QUOTAS.values(), ids=QUOTAS)
def test_a_quota_ends_a_query_of_many_at_once(backend: str, answer: httpx.Response) -> None:
    subject = scripted_client(backend, status("QUEUED"), answer)
    (query,) = subject.collect(subject.client, "run_many", [a_query()])
    assert isinstance(query.error, QuotaExceededError)
    assert [line for line in subject.log if not line.startswith("sleep")] == ["start 0", "poll 0..9999"]


@pytest.mark.parametrize("answer", QUOTAS.values(), ids=QUOTAS)
def test_a_quota_ends_a_start_at_once(backend: str, answer: httpx.Response) -> None:
    subject = scripted_client(backend, answer)
    with pytest.raises(QuotaExceededError):
        subject.start()
    assert subject.log == ["start 0"]


@pytest.mark.parametrize("answer", UNLISTED.values(), ids=UNLISTED)
def test_a_refusal_that_nobody_has_listed_ends_a_wait_after_max_errors(backend: str, answer: httpx.Response) -> None:
    subject = scripted_client(backend, answer)
    with pytest.raises(RateLimitError) as caught:
        subject.call(subject.client.attach("night-1"), "wait")
    assert subject.log.count("poll 0..9999") == 8
    assert len(caught.value.attempts) == 7


@pytest.mark.parametrize("answer", RATES.values(), ids=RATES)
def test_a_refusal_for_the_rate_ends_no_wait(backend: str, answer: httpx.Response) -> None:
    subject = scripted_client(backend, *[answer] * 20, success())
    assert subject.call(subject.client.attach("night-1"), "wait").status.is_success


def test_polls_without_an_answer_do_not_hold_back_the_other_queries(stack: str) -> None:
    silent = [f"silent-{number}" for number in range(8)]
    others = [f"other-{number}" for number in range(4)]
    answered: list[str] = []
    all_answered = threading.Event()

    def behave(exchange: Exchange) -> bool:
        name = exchange.asked["schedule_id"]
        if name in silent:
            # The others are answered before these polls have failed, or this server never answers them.
            all_answered.wait(10)
            exchange.send(raw(about(name, status("FAILURE" if len(answered) == len(others) else "SUCCESS"))))
            return STAYS
        answered.append(name)
        if len(answered) == len(others):
            all_answered.set()
        exchange.send(raw(about(name, success())))
        return STAYS

    def scenario(client: Any) -> Any:
        return (yield client.as_completed([client.attach(name) for name in [*silent, *others]]))

    with a_server(behave) as server:
        queries = performed(stack, scenario, base_url=server.base_url, retry=RetryPolicy(attempts=1))
    assert {query.schedule_id for query in queries if query.error is None} == {*others}
    assert {query.status.code for query in queries if query.error} == {"FAILURE"}
