"""An answer that names another query is never taken for one's own: neither its rows nor its status nor its error."""

from typing import Any

import httpx
import pytest
from supermetrics_query import PollPolicy, RetryPolicy, UnreadableResponseError

from tests.support.answers import NOT_FOUND, about, cut, envelope, status, success
from tests.support.performing import Scenario, performed
from tests.support.scripted import a_query, scripted_client
from tests.support.servers import STAYS, Behaviour, Exchange, a_server, raw

OTHER = "night-2"
PAGE = [["Date", "Temp"], ["2013-01-01", 1.0], ["2013-01-02", 2.0]]
NEXT = [["2013-01-03", 3.0], ["2013-01-04", 4.0]]
FOREIGN = {
    "a success": about(OTHER, success()),
    "a failure": about(OTHER, status("FAILURE")),
    "a status": about(OTHER, status("RUNNING")),
    "an error of the query": about(OTHER, envelope(500, "QUERY_ERROR")),
    "not found": about(OTHER, envelope(404, "STATUS_NOT_FOUND")),
    "an error with 200": about(OTHER, envelope(200, "QUERY_ERROR")),
    "a problem": httpx.Response(403, json={"type": "about:blank", "title": "No", "schedule_id": OTHER}),
}
EAGER = {"poll": PollPolicy(first=0.01, floor=0.01, ceiling=0.05, jitter=0), "retry": RetryPolicy(base=0.01, cap=0.02)}


def twice_at_first() -> Behaviour:
    """Answer with a row that names the query, and send the first answer twice."""

    def behave(exchange: Exchange) -> bool:
        name = exchange.asked["schedule_id"]
        answer = raw(about(name, success([["Date", "Temp"], [name, 1.0]])))
        exchange.send(answer * (2 if (exchange.connection, exchange.request) == (1, 1) else 1))
        return STAYS

    return behave


def test_a_gateway_that_sends_an_answer_twice_gives_no_query_the_rows_of_another(stack: str) -> None:
    names = [f"query-{number}" for number in range(4)]

    def scenario(client: Any) -> Scenario:
        found = []
        for name in names:
            found += yield client.attach(name).rows()
        return [row["date"] for row in found]

    with a_server(twice_at_first()) as server:
        assert performed(stack, scenario, base_url=server.base_url, **EAGER) == names


@pytest.mark.parametrize("answer", FOREIGN.values(), ids=FOREIGN)
def test_a_poll_whose_answer_is_about_another_query_has_failed_and_the_wait_goes_on(
    backend: str, answer: httpx.Response
) -> None:
    subject = scripted_client(backend, answer, status("RUNNING"), answer, success())
    query = subject.call(subject.client.attach("night-1"), "wait")
    assert [page.rows for page in subject.collect(query, "pages")] == [[("2013-01-01", 39.0), ("2013-01-02", None)]]
    assert subject.log.count("poll 0..9999") == 4


def test_a_wait_whose_polls_are_all_about_another_query_ends_as_with_any_unreadable_answer(backend: str) -> None:
    subject = scripted_client(backend, FOREIGN["a success"])
    query = subject.client.attach("night-1")
    with pytest.raises(UnreadableResponseError, match="about the query 'night-2', and 'night-1' was asked") as caught:
        subject.call(query, "wait")
    assert (query.status, query.columns, caught.value.schedule_id) == (None, [], "night-1")
    assert len(subject.log) == 8 + 7  # polls and pauses


@pytest.mark.parametrize("prefetch", [0, 2])
def test_a_page_of_another_query_is_asked_for_again(backend: str, prefetch: int) -> None:
    foreign = about(OTHER, success([["2013-01-03", 9.0], ["2013-01-04", 9.0]]))
    subject = scripted_client(backend, success(PAGE), foreign, success(NEXT), success([]), page_size=3)
    rows = subject.collect(subject.client.attach("night-1"), "rows", prefetch=prefetch)
    assert 9.0 not in [row["temp"] for row in rows]
    assert [row["temp"] for row in rows][:2] == [1.0, 2.0]


def test_pages_that_are_all_of_another_query_are_refused(backend: str) -> None:
    subject = scripted_client(backend, success(PAGE), FOREIGN["a success"], page_size=3)
    with pytest.raises(UnreadableResponseError, match="about the query 'night-2'"):
        subject.collect(subject.client.attach("night-1"), "rows")


@pytest.mark.parametrize("format", ["json", "csv"])
@pytest.mark.parametrize("answer", FOREIGN.values(), ids=FOREIGN)
def test_a_start_answered_under_another_id_is_in_doubt_and_polled_under_its_own(
    backend: str, format: str, answer: httpx.Response
) -> None:
    subject = scripted_client(backend, answer, status("RUNNING"))
    query = subject.start(format=format)
    assert (query.status.code, query.status.schedule_id) == ("RUNNING", "night-1")
    assert subject.log == ["start 0", "sleep 0.25", "poll 0..9999"]


@pytest.mark.parametrize("answer", FOREIGN.values(), ids=FOREIGN)
def test_run_many_hands_over_no_status_of_another_query(backend: str, answer: httpx.Response) -> None:
    subject = scripted_client(backend, answer, answer, status("RUNNING"), answer, success())
    (query,) = subject.collect(subject.client, "run_many", [a_query()])
    assert query.error is None
    assert query.status.response.meta.schedule_id == "night-1"


@pytest.mark.parametrize("answer", FOREIGN.values(), ids=FOREIGN)
def test_a_status_of_another_query_is_raised_as_unreadable(backend: str, answer: httpx.Response) -> None:
    subject = scripted_client(backend, answer)
    with pytest.raises(UnreadableResponseError, match="about the query 'night-2'"):
        subject.call(subject.client, "status", "night-1")


def test_the_connection_of_an_answer_about_another_query_is_not_used_again(stack: str) -> None:
    def behave(exchange: Exchange) -> bool:
        exchange.send(raw(FOREIGN["a status"] if exchange.connection == 1 else success()))
        return STAYS

    def wait(client: Any) -> Scenario:
        query = yield client.attach("night-1").wait()
        return str(query.status.code)

    with a_server(behave) as server:
        assert performed(stack, wait, base_url=server.base_url, **EAGER) == "SUCCESS"
    assert server.seen == [(1, 1), (2, 1)]


@pytest.mark.parametrize("named", [None, "", 7, "absent"])
def test_an_answer_that_names_no_query_is_taken_as_it_is(named: object) -> None:
    meta = {"status_code": "SUCCESS"} | ({} if named == "absent" else {"schedule_id": named})
    subject = scripted_client("sync", httpx.Response(200, json={"meta": meta, "data": [["Date"], ["2013-01-01"]]}))
    assert subject.call(subject.client, "status", "night-1").is_success


def test_a_lost_start_is_not_found_through_the_answer_of_another_query() -> None:
    subject = scripted_client("sync", cut(), FOREIGN["a status"], NOT_FOUND, status("QUEUED"))
    assert subject.start().status.code == "QUEUED"
    assert [line for line in subject.log if not line.startswith("sleep")] == [
        "start 0",
        *["poll 0..9999"] * 2,
        "start 0",
    ]
