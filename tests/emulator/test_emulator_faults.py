import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest
from supermetrics_query.emulator import Emulator, Fault
from supermetrics_query.emulator.faults import make_fault, parse_fault
from supermetrics_query.emulator.problems import Family

from tests.emulator.helpers import INSTANT, Api, code_of, error_of, held, mounted, raw

STATUS_PATH = "/query/status?schedule_id=q"


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("503", Fault(status=503)),
        ("status:3*503", Fault(operation="status", times=3, status=503)),
        ("*:drop", Fault(kind="drop")),
        ("every*slow,seconds=5", Fault(times=0, kind="slow", seconds=5)),
        ("start:2*429,retry_after=7", Fault(operation="start", times=2, status=429, retry_after="7")),
        ("results:truncate,size=3", Fault(operation="results", kind="truncate", size=3)),
        ("200,body=text,text=a=b", Fault(status=200, body="text", text="a=b")),
        ("500,body=html,code=", Fault(status=500, body="html")),
    ],
)
def test_a_fault_can_be_written_on_one_line(spec: str, fault: Fault) -> None:
    assert parse_fault(spec) == fault


@pytest.mark.parametrize("spec", ["", "50", "5033", "everything:503", "-1*503", "status:503,body", "a:b:503"])
def test_a_text_that_is_no_fault_is_refused_with_examples_of_some(spec: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{spec!r} is no fault; write it like")):
        parse_fault(spec)


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ("explode", "kind"),
        ("status:503,body=pdf", "body"),
        ("status:503,color=red", "'color'"),
        ("slow,seconds=soon", "float: 'soon'"),
        ("slow,seconds=-1", "seconds"),
        ("429,retry_after=date:soon", "retry_after"),
        ("999", "status"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_the_member_that_does_not(spec: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_fault(spec)


LIMITS: list[tuple[str, list[object], list[object]]] = [
    ("kind", ["status", "endless"], ["explode", 5]),
    ("operation", ["*", "start", "status", "results", "history"], ["everything", 5]),
    ("times", [0, 1, "7"], [-1, 1.5, None]),
    ("status", [200, 599, "503"], [199, 600, 503.0]),
    ("body", ["", "empty"], ["pdf"]),
    ("text", ["", "x"], [5]),
    ("code", ["", "X"], [5]),
    ("retry_after", ["", "soon", 5, "date:5"], ["date:soon", "date:", "\n", "date:1234567890"]),
    ("seconds", [0, 0.5, "1.5"], [-0.5, None]),
    ("size", [1, "16"], [0, 1.5]),
    ("location", ["", "https://a"], ["\n", 5]),
]


@pytest.mark.parametrize(
    ("name", "within", "beyond"), LIMITS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_member_of_a_fault_has_its_limits(name: str, within: list[object], beyond: list[object]) -> None:
    for value in within:
        assert str(getattr(make_fault({name: value}), name)) == str(value)
    for value in beyond:
        with pytest.raises((ValueError, TypeError), match=name):
            make_fault({name: value})


def test_a_fault_that_says_nothing_is_one_answer_with_503() -> None:
    assert make_fault({}) == Fault(kind="status", operation="*", times=1, status=503, body="", seconds=1.0, size=16)


def test_a_fault_affects_the_given_number_of_requests_of_its_operation(service: Emulator, api: Api) -> None:
    service.fault("status:2*503")
    found = [api.start(schedule_id="q").status_code, *(api.poll("q").status_code for _ in range(3))]
    assert found == [202, 503, 503, 200]


def test_faults_happen_in_the_order_in_which_they_were_added(service: Emulator, api: Api) -> None:
    service.fault("status:500")
    service.fault(Fault(status=520, body="empty"))
    assert [api.poll("q").status_code for _ in range(3)] == [500, 520, 404]


def test_a_fault_without_an_end_lasts_until_the_reset(service: Emulator, api: Api) -> None:
    service.fault("every*503")
    found = [api.poll("q").status_code for _ in range(5)]
    service.reset()
    assert (found, api.poll("q").status_code) == ([503] * 5, 404)


def test_faults_can_be_given_as_an_option_and_survive_a_reset() -> None:
    with Emulator(faults=["503"]) as service, Api(service) as api:
        found = [api.poll("q").status_code for _ in range(2)]
        service.reset()
        assert [*found, api.poll("q").status_code] == [503, 404, 503]


@pytest.mark.parametrize(
    ("body", "media_type", "text"),
    [
        ("envelope", "application/json", '"error":{"code":"SERVICE_UNAVAILABLE"'),
        ("problem", "application/problem+json", "problems/service-unavailable"),
        ("string", "application/json", '"error":"SERVICE_UNAVAILABLE"'),
        ("html", "text/html", "<html>"),
        ("empty", "text/plain", ""),
        ('text,text={"meta": null}', "application/json", '{"meta": null}'),
    ],
)
def test_an_error_has_the_requested_body(service: Emulator, api: Api, body: str, media_type: str, text: str) -> None:
    service.fault(f"503,body={body}")
    answer = api.poll("q")
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    assert text in answer.text


@pytest.mark.parametrize(("body", "member"), [("envelope", "meta"), ("problem", "type"), ("string", "message")])
@pytest.mark.parametrize("family", ["envelope", "problem", "string"])
def test_a_fault_has_the_body_that_it_asks_for_whatever_the_others_have(family: Family, body: str, member: str) -> None:
    with Emulator(errors=family, faults=[f"503,body={body}"]) as service, Api(service) as api:
        assert member in api.poll("q").json()


def test_an_error_can_come_with_status_200(service: Emulator, api: Api) -> None:
    service.fault("200,code=QUERY_ERROR")
    answer = api.poll("q")
    assert (answer.status_code, error_of(answer)) == (200, "QUERY_ERROR")


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_that_has_no_body_gets_none(service: Emulator, api: Api, status: int) -> None:
    service.fault(f"{status},body=envelope")
    answer = api.poll("q")
    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("value", ["7", "1000000000", "soon", ""])
def test_retry_after_is_sent_as_written(service: Emulator, api: Api, value: str) -> None:
    service.fault(f"429,retry_after={value}")
    assert api.poll("q").headers.get("Retry-After", "") == value


def test_retry_after_can_be_a_date(service: Emulator, api: Api) -> None:
    service.fault("429,retry_after=date:60")
    left = parsedate_to_datetime(api.poll("q").headers["Retry-After"]) - datetime.now(UTC)
    assert timedelta(seconds=50) < left <= timedelta(seconds=60)


def test_a_dropped_connection_ends_without_a_byte(service: Emulator) -> None:
    service.fault("status:drop")
    assert raw(service, STATUS_PATH) == (b"", False)


def test_a_connection_can_be_reset(service: Emulator) -> None:
    service.fault("status:reset")
    assert raw(service, STATUS_PATH) == (b"", True)


def test_a_lost_answer_leaves_a_query_that_was_started(service: Emulator, api: Api) -> None:
    service.fault("start:lost")
    with pytest.raises(httpx.RemoteProtocolError):
        api.start(schedule_id="q")
    assert code_of(api.poll("q")) == "SCHEDULED"


def test_a_dropped_start_leaves_nothing(service: Emulator, api: Api) -> None:
    service.fault("start:drop")
    with pytest.raises(httpx.RemoteProtocolError):
        api.start(schedule_id="q")
    assert error_of(api.poll("q")) == "STATUS_NOT_FOUND"


def test_a_truncated_body_is_shorter_than_it_claims(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q", plan=INSTANT)
    service.fault("status:truncate,size=100")
    received, was_reset = raw(service, STATUS_PATH)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    assert (len(body), length > 50_000, was_reset) == (100, True, False)
    assert [head.lower().count(name) for name in (b"content-length:", b"content-type:")] == [1, 1]


def test_a_truncated_body_lacks_something_even_if_it_is_short(service: Emulator) -> None:
    service.fault("status:truncate,size=1000000")
    head, _, body = raw(service, STATUS_PATH)[0].partition(b"\r\n\r\n")
    assert f"content-length: {len(body) + 1}".encode() in head.lower()


def test_a_slow_answer_comes_late(service: Emulator, api: Api) -> None:
    service.fault("status:slow,seconds=30")
    answer = held(service, lambda: api.poll("q"), 30)
    assert answer.status_code == 404


def test_a_dripping_answer_comes_in_pieces_and_whole() -> None:
    with Emulator(speed=1000) as service, Api(service) as api:
        whole = api.poll("q")
        service.fault("status:drip,seconds=1,size=40")
        dripped = api.poll("q")
    assert (dripped.status_code, error_of(dripped)) == (404, error_of(whole))


def test_an_endless_body_lasts_as_long_as_the_client_reads(service: Emulator, api: Api) -> None:
    service.fault("status:endless")
    size = 0
    with api.http.stream("GET", STATUS_PATH) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_bytes():
            size += len(piece)
            if size > 1_000_000:
                break
    assert size > 1_000_000
    assert api.poll("q").status_code == 404


def test_a_redirect_leads_elsewhere(service: Emulator, api: Api) -> None:
    service.fault(Fault(kind="redirect", location="http://localhost/elsewhere"))
    answer = api.poll("q")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://localhost/elsewhere")


def test_cutting_a_connection_needs_the_server_of_the_emulator() -> None:
    with pytest.raises(RuntimeError, match="own server"):
        mounted(Emulator(faults=["drop"]), "/v2/query/status")


def test_requests_that_met_a_fault_are_in_the_request_log(service: Emulator, api: Api) -> None:
    service.fault("503")
    api.poll("q")
    assert [seen.operation for seen in service.requests] == ["status"]


def test_the_error_names_an_unknown_member_of_a_fault() -> None:
    with pytest.raises(ValueError, match="'color'"):
        parse_fault("503,color=red")


def test_a_body_that_is_cut_off_starts_nothing(service: Emulator, api: Api) -> None:
    body = json.dumps({"ds_id": "WEATHER", "schedule_id": "q"})

    def broken() -> Iterator[bytes]:
        yield body[:10].encode()
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        api.http.post("/query/data/json", content=broken(), headers={"Content-Length": str(len(body))})
    assert error_of(api.poll("q")) == "STATUS_NOT_FOUND"
    assert [seen.operation for seen in service.requests] == ["status"]
