"""Whatever a body holds, it becomes one of our exceptions, which says what happened and can be pickled."""

import copy
import pickle
from typing import Any

import httpx
import pytest
import supermetrics_query
from supermetrics_query import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    LimitExceededError,
    NotFoundError,
    PermissionDeniedError,
    QueryFailedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
    StatusNotFoundError,
    SupermetricsQueryError,
    TransportError,
    UnprocessableError,
    UnreadableResponseError,
    WaitTimeoutError,
)

from tests.support.answers import bare, cut, envelope, gateway, problem, status, success, too_many
from tests.support.scripted import KEY, Step, scripted_client

ONCE = supermetrics_query.RetryPolicy(attempts=1)


def error_from(answer: Step) -> ApiError:
    """Return what one poll of this answer raises."""
    subject = scripted_client("sync", answer, retry=ONCE)
    with pytest.raises(ApiError) as caught:
        subject.call(subject.client, "status", "night-1")
    return caught.value


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (envelope(400, "BAD_REQUEST"), BadRequestError),
        (problem(400, "bad-request"), BadRequestError),
        (bare(400, "BAD_REQUEST"), BadRequestError),
        (envelope(401, "API_KEY_INVALID"), AuthenticationError),
        (problem(401, "unauthorized"), AuthenticationError),
        (envelope(403, "LICENSE_EXPIRED"), PermissionDeniedError),
        (problem(404, "status-not-found"), StatusNotFoundError),
        (envelope(404, "NOT_FOUND"), NotFoundError),
        (problem(422, "unprocessable-content"), UnprocessableError),
        (too_many(), RateLimitError),
        (problem(500, "internal-server-error"), ServerError),
        (gateway(520, ""), ServerError),
        (gateway(418, "I'm a teapot"), ApiError),
    ],
)
def test_each_family_becomes_the_exception_of_its_code_type_or_status(answer: Step, kind: type[ApiError]) -> None:
    assert type(error_from(answer)) is kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (envelope(500, "LICENSE_NOT_FOUND"), PermissionDeniedError),
        (envelope(400, "STATUS_NOT_FOUND"), StatusNotFoundError),
        (envelope(429, "LICENSE_DAILY_QUERY_LIMIT_EXCEEDED"), QuotaExceededError),
        (problem(500, "unauthorized"), AuthenticationError),
        (envelope(200, "API_KEY_INVALID"), AuthenticationError),
    ],
)
def test_the_code_wins_over_the_type_and_the_type_over_the_status(answer: Step, kind: type[ApiError]) -> None:
    assert type(error_from(answer)) is kind


def test_problem_details_are_kept_and_the_http_status_wins() -> None:
    error = error_from(problem(404, "gone", status=500, detail="It went away", instance="/q/1", balance=3))
    assert (error.status, error.problem.status, error.problem.detail) == (404, 404, "It went away")
    assert error.problem.additional_properties == {"balance": 3}


def test_a_relative_problem_type_is_resolved_against_the_url() -> None:
    assert error_from(problem(404, "x", type="/problems/x")).problem.type_ == "https://api.test/problems/x"


def test_members_of_a_wrong_type_are_ignored() -> None:
    error = error_from(problem(400, "x", type=7, title=["no"], status=True, detail=None))
    assert error.problem.to_dict() == {"type": "about:blank", "title": "Bad Request", "status": 400}


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (gateway(502), "Bad gateway"),
        (gateway(503, ""), "Service Unavailable"),
        (gateway(500, "OUT_OF_LUCK: try tomorrow"), "OUT_OF_LUCK"),
        (gateway(200, "<html><title>Sign in</title></html>"), "cannot be read"),
        (gateway(301), "redirects are not followed"),
        (envelope(401, "API_KEY_INVALID"), "SUPERMETRICS_API_KEY"),
        (too_many(retry_after="30"), "retry after 30 s"),
        (envelope(500, "QUERY_ERROR"), "request id request_2"),
    ],
)
def test_the_message_says_what_a_person_needs(answer: Step, part: str) -> None:
    assert part in str(error_from(answer))


def test_an_answer_that_cannot_be_read_keeps_its_status_and_the_beginning_of_its_body() -> None:
    error = error_from(gateway(200, "x" * 100_000))
    assert isinstance(error, UnreadableResponseError)
    assert (error.status, len(error.body)) == (200, 64 * 1024)


def test_the_address_of_an_error_has_no_query() -> None:
    error = error_from(gateway(500, "INTERNAL_SERVER_ERROR: no"))
    assert (error.method, error.url) == ("GET", "https://api.test/enterprise/v2/query/status")


def test_limits_and_retry_after_are_read_from_the_headers() -> None:
    error = error_from(too_many(x_ratelimit_limit="5000", x_ratelimit_remaining="0", retry_after="1.5"))
    assert error.rate_limit == supermetrics_query.RateLimit(5000, 0)
    assert error.retry_after == 1.5


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0.5", 0.5),
        ("-5", 0.0),
        ("1000000000", 1e9),
        ("Tue, 24 Nov 2026 10:01:00 GMT", 60.0),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_clock_of_the_server(value: str, seconds: float | None) -> None:
    assert error_from(too_many(retry_after=value, date="Tue, 24 Nov 2026 10:00:00 GMT")).retry_after == seconds


def test_an_error_lists_the_attempts_that_came_before_it() -> None:
    subject = scripted_client("sync", gateway(503))
    with pytest.raises(ServerError) as caught:
        subject.call(subject.client, "status", "night-1")
    assert [attempt.pause for attempt in caught.value.attempts] == [0.25, 0.5, 1.0, 2.0]


def test_an_error_about_a_query_carries_the_token_that_resumes_it() -> None:
    subject = scripted_client("sync", cut(), retry=ONCE)
    with pytest.raises(TransportError) as caught:
        subject.start()
    assert caught.value.sent
    assert caught.value.schedule_id == "night-1"
    assert subject.client.attach(caught.value.token or "").schedule_id == "night-1"


def test_the_cause_of_a_failed_query_is_the_error_of_the_api() -> None:
    subject = scripted_client("sync", envelope(500, "QUERY_ERROR", "An account cannot be queried"))
    handle = subject.client.attach("night-1")
    with pytest.raises(QueryFailedError, match="An account cannot be queried") as caught:
        subject.call(handle, "wait")
    assert isinstance(caught.value.__cause__, ServerError)
    assert handle.error is caught.value


def test_a_timeout_hands_back_the_handle() -> None:
    subject = scripted_client("sync", status("RUNNING", ready=3, total=8))
    handle = subject.client.attach("night-1")
    with pytest.raises(WaitTimeoutError, match=r"still RUNNING \(3 of 8 parts ready\)") as caught:
        subject.call(handle, "wait", timeout=0)
    assert caught.value.query is handle
    assert isinstance(caught.value, TimeoutError)


def examples() -> list[SupermetricsQueryError]:
    """Make one of each exception, as they are raised."""
    kinds = [getattr(supermetrics_query, name) for name in supermetrics_query.__all__ if name.endswith("Error")]
    api = error_from(too_many(retry_after="5"))
    members = {name: value for name, value in vars(api).items() if name != "message"}
    needed: dict[type[SupermetricsQueryError], dict[str, Any]] = {
        ApiError: members,
        LimitExceededError: {"sent": False, "retry_after": 5.0},
        TransportError: {"sent": True},
    }
    made: list[SupermetricsQueryError] = []
    for kind in kinds:
        own = next((members for base, members in needed.items() if issubclass(kind, base)), {})
        made.append(kind("it happened", **{**own, "schedule_id": "night-1", "token": "sq1.x"}))
    return made


@pytest.mark.parametrize("error", examples(), ids=lambda error: type(error).__name__)
def test_every_exception_pickles_and_copies_with_all_it_holds(error: SupermetricsQueryError) -> None:
    error.__cause__ = TransportError("before", sent=False)
    error.add_note("a note")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301
        assert type(twin) is type(error)
        assert (str(twin), twin.args) == ("it happened", ("it happened",))
        assert repr(vars(twin)) == repr(vars(error))
        assert str(twin.__cause__) == "before"


def test_neither_an_exception_nor_its_context_holds_the_key() -> None:
    subject = scripted_client("sync", httpx.ConnectError("no route"), retry=ONCE)
    with pytest.raises(TransportError) as caught:
        subject.start()
    assert caught.value.__context__ is None
    assert KEY.encode() not in pickle.dumps(caught.value)


def test_an_error_of_another_query_that_a_callback_raises_keeps_what_it_carries() -> None:
    other: Any = scripted_client("sync", status("RUNNING")).client
    with pytest.raises(WaitTimeoutError) as first:
        other.attach("night-2").wait(timeout=0)

    def nested(_: object) -> None:
        raise first.value

    client: Any = scripted_client("sync", status("RUNNING"), success()).client
    with pytest.raises(WaitTimeoutError) as caught:
        client.attach("night-1").wait(on_progress=nested)
    assert caught.value is first.value
    assert caught.value.schedule_id == "night-2"
    assert caught.value.query is not None
    assert caught.value.query.schedule_id == "night-2"


@pytest.mark.parametrize("see", ["refresh", "watch"])
def test_the_error_of_a_query_that_nobody_waited_for_carries_what_continues(see: str) -> None:
    client: Any = scripted_client("sync", status("FAILURE")).client
    query = client.attach("night-1")
    list(query.watch()) if see == "watch" else query.refresh()
    assert (query.error.schedule_id, query.error.token) == ("night-1", query.token)
