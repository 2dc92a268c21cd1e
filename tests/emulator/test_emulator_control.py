import httpx
import pytest
from supermetrics_query.emulator import Emulator

from tests.emulator.helpers import Api, code_of, error_of


def test_faults_can_be_ordered_without_python(service: Emulator, api: Api) -> None:
    control = service.origin + "/_emulator/"
    ordered = api.http.post(control + "faults", json={"faults": ["status:503", {"kind": "drop"}]})
    found = api.look("q").status_code
    with pytest.raises(httpx.RemoteProtocolError):
        api.look("q")
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
    code = code_of(api.look("q"))
    seen = api.http.get(control + "requests").json()["requests"]
    assert api.http.post(control + "reset").status_code == 200
    assert (planned.json()["plan"]["run_seconds"], now, code) == (30, 60, "STOPPED")
    assert [request["operation"] for request in seen] == ["start", "status"]
    assert {request["schedule_id"] for request in seen} == {"q"}
    assert (error_of(api.look("q")), len(service.requests)) == ("STATUS_NOT_FOUND", 1)
