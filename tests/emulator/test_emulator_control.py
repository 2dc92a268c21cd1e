import json
import urllib.request
from typing import Any, get_args

import attrs
import httpx
import pytest
from supermetrics_query.emulator import Emulator, Fault, Plan
from supermetrics_query.emulator.faults import Kind, parse_fault

from tests.emulator.helpers import INSTANT, Api, code_of, error_of


def test_faults_can_be_added_without_python(service: Emulator, api: Api) -> None:
    control = service.origin + "/_emulator/"
    ordered = api.http.post(control + "faults", json={"faults": ["status:503", {"kind": "drop"}]})
    found = api.poll("q").status_code
    with pytest.raises(httpx.RemoteProtocolError):
        api.poll("q")
    assert (ordered.status_code, found) == (200, 503)


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        ("faults", '{"faults": ["explode"]}'),
        ("faults", '{"faults": [{"kind": "explode"}]}'),
        ("faults", '{"faults": [{"size": 1.5}]}'),
        ("faults", '{"faults": 7}'),
        ("faults", "{}"),
        ("faults", "{"),
        ("plan", '{"run_seconds": -1}'),
        ("advance", '{"seconds": -1}'),
        ("advance", '{"seconds": "1"}'),
        ("advance", '{"seconds": NaN}'),
        ("advance", "{}"),
        ("sources", "{}"),
        ("sources", '{"ds_id": "X", "csv": ""}'),
        ("sources", '{"ds_id": "X", "csv": "a,a"}'),
        ("sources", '{"ds_id": 7, "csv": "a"}'),
        ("keys", '{"key": ""}'),
    ],
)
def test_a_command_without_sense_is_refused(service: Emulator, api: Api, command: str, sent: str) -> None:
    answer = api.http.post(f"{service.origin}/_emulator/{command}", content=sent)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_service_can_be_scripted_without_python(service: Emulator, api: Api) -> None:
    control = service.origin + "/_emulator/"
    planned = api.http.post(control + "plan", json={"run_seconds": 30, "outcome": "STOPPED"})
    api.start(schedule_id="q")
    now = api.http.post(control + "advance", json={"seconds": 60}).json()["now"]
    code = code_of(api.poll("q"))
    seen = api.http.get(control + "requests").json()["requests"]
    assert api.http.post(control + "reset").status_code == 200
    assert (planned.json()["plan"]["run_seconds"], now, code) == (30, 60, "STOPPED")
    assert [request["operation"] for request in seen] == ["start", "status"]
    assert {request["schedule_id"] for request in seen} == {"q"}
    assert (error_of(api.poll("q")), len(service.requests)) == ("STATUS_NOT_FOUND", 1)


def command(service: Emulator, method: str, name: str, sent: object = None) -> Any:
    """Return the answer to a control request that is sent with the standard library alone."""
    body = None if sent is None else json.dumps(sent).encode()
    request = urllib.request.Request(f"{service.origin}/_emulator/{name}", body, method=method)  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def test_a_data_source_can_be_uploaded_as_csv(service: Emulator, api: Api) -> None:
    table = 'date,campaign,clicks\n2026-10-01,"a, b",7\n2026-10-02,,9\n'
    answer = command(service, "POST", "sources", {"ds_id": "MINE", "csv": table})
    api.start(schedule_id="q", ds_id="MINE", fields="date,campaign,clicks", plan=INSTANT)
    rows = api.rows("q")
    assert answer == {"ds_id": "MINE", "fields": ["date", "campaign", "clicks"], "rows": 2}
    assert {frozenset(row) for row in rows[1:]} == {
        frozenset({"2026-10-01", "a, b", 7}),
        frozenset({"2026-10-02", None, 9}),
    }


def test_another_key_can_be_added(service: Emulator) -> None:
    command(service, "POST", "keys", {"key": "fake_other"})
    with Api(service, "fake_other") as other:
        assert error_of(other.poll("q")) == "STATUS_NOT_FOUND"


def test_faults_can_be_cleared(service: Emulator, api: Api) -> None:
    command(service, "POST", "faults", {"faults": ["every*503"]})
    broken = api.poll("q").status_code
    command(service, "DELETE", "faults")
    assert (broken, api.poll("q").status_code) == (503, 404)


def test_faults_can_be_cleared_in_python(service: Emulator, api: Api) -> None:
    api.start(schedule_id="q")
    service.fault("every*503")
    broken = api.poll("q").status_code
    service.clear_faults()
    assert (broken, code_of(api.poll("q"))) == (503, "SCHEDULED")


# Each kind of fault as a specification and as an object.
KINDS = {
    "status": ("status:2*429,retry_after=7", Fault(operation="status", times=2, status=429, retry_after="7")),
    "drop": ("drop", Fault(kind="drop")),
    "reset": ("every*reset", Fault(kind="reset", times=0)),
    "lost": ("start:lost", Fault(kind="lost", operation="start")),
    "truncate": ("results:truncate,size=3", Fault(kind="truncate", operation="results", size=3)),
    "slow": ("slow,seconds=5", Fault(kind="slow", seconds=5)),
    "drip": ("drip,seconds=0.5,size=9", Fault(kind="drip", seconds=0.5, size=9)),
    "endless": ("history:endless", Fault(kind="endless", operation="history")),
    "redirect": ("redirect,location=/there", Fault(kind="redirect", location="/there")),
}


def test_the_table_holds_every_kind_of_fault() -> None:
    assert KINDS.keys() == set(get_args(Kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_the_same_in_python_on_one_line_and_as_an_object(service: Emulator, kind: str) -> None:
    line, fault = KINDS[kind]
    members = attrs.asdict(fault)
    ordered = command(service, "POST", "faults", {"faults": [line, members]})
    assert parse_fault(line) == fault
    assert ordered["faults"] == [members, members]


def test_a_service_can_run_faster_than_the_clock_on_the_wall() -> None:
    with Emulator(speed=1000, plan=Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=60)) as service:
        with Api(service) as api:
            answer = api.start(sync_timeout=100)
        assert code_of(answer) == "SUCCESS"
        assert service.now >= 60
