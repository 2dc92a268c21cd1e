import multiprocessing
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import pytest
from supermetrics_query.emulator import INSTANT, Emulator, Plan, app, read_csv
from supermetrics_query.emulator.server import bind_socket

from tests.emulator.helpers import Api, code_of, mounted


def serve_in_the_foreground(urls: Connection) -> None:
    service = Emulator()
    service.serve(ready=lambda: urls.send(service.url))


def test_the_fixture_serves_an_emulator_that_is_fast(supermetrics_emulator: Emulator) -> None:
    with Api(supermetrics_emulator) as api:
        answer = api.start(sync_timeout=60)
    assert (answer.status_code, code_of(answer)) == (200, "SUCCESS")


def test_stopping_leaves_no_thread_and_no_open_port() -> None:
    before = threading.active_count()
    with Emulator() as service:
        during = threading.active_count()
        address = service.origin.removeprefix("http://").split(":")
    assert (during, threading.active_count()) == (before + 1, before)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address[0], int(address[1])))


def test_an_emulator_can_be_started_again_and_remembers() -> None:
    service = Emulator(plan=INSTANT)
    with service, Api(service) as api:
        api.start(schedule_id="q")
    with service, Api(service) as api:
        assert code_of(api.poll("q")) == "SUCCESS"


def test_emulators_are_independent_of_each_other() -> None:
    with Emulator() as one, Emulator() as two, Api(one) as api, Api(two) as other:
        api.start(schedule_id="q")
        assert (api.poll("q").status_code, other.poll("q").status_code) == (200, 404)


def test_an_emulator_that_does_not_run_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="context manager"):
        assert Emulator().url


def test_an_emulator_that_cannot_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> socket.socket:
        unusable = socket.socket()
        unusable.close()
        return unusable

    monkeypatch.setattr("supermetrics_query.emulator.service.bind_socket", broken)
    monkeypatch.setattr("supermetrics_query.emulator.service.origin_of", lambda _bound: "")
    monkeypatch.setattr(threading, "excepthook", lambda _args: None)
    with pytest.raises(RuntimeError, match="could not be started"), Emulator():
        pass


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"concurrency": 0}, {"per_second": 0}])
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Emulator(**wrong)


def test_the_service_can_be_mounted_anywhere() -> None:
    assert mounted(Emulator(), "/v2/query/status").status_code == 401
    assert callable(app())


def test_time_cannot_go_back(service: Emulator) -> None:
    with pytest.raises(ValueError, match="back"):
        service.advance(-1)


def test_the_behaviour_of_queries_can_be_changed_while_the_service_runs(service: Emulator, api: Api) -> None:
    service.use(Plan(scheduled_seconds=0))
    assert code_of(api.start()) == "QUEUED"


def test_the_foreground_ends_at_a_signal() -> None:
    spawning = multiprocessing.get_context("spawn")
    urls, sender = spawning.Pipe(duplex=False)
    process = spawning.Process(target=serve_in_the_foreground, args=(sender,))
    process.start()
    status = httpx.get(urls.recv() + "/query/status").status_code
    process.terminate()
    process.join(timeout=30)
    with urls, sender:
        assert (status, process.exitcode) == (401, -signal.SIGTERM)
    process.close()


def test_a_port_in_use_is_refused_at_once() -> None:
    with bind_socket("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            bind_socket("127.0.0.1", taken.getsockname()[1])


def test_two_hundred_concurrent_clients_lose_and_duplicate_nothing() -> None:
    ids = [f"q{number}" for number in range(200)]

    def work(schedule_id: str) -> tuple[str, int]:
        with Api(service) as client:
            begun = client.started(schedule_id=schedule_id, max_rows=20)
            client.start(schedule_id=schedule_id, max_rows=20, sync_timeout=60)
            return begun, len(client.rows(schedule_id))

    with Emulator(speed=20) as service, ThreadPoolExecutor(200) as pool:
        found = list(pool.map(work, ids))
        seen = [(request.operation, request.schedule_id) for request in service.requests]
    assert found == [(name, 21) for name in ids]
    assert sorted(seen) == sorted([("start", name) for name in ids * 2] + [("status", name) for name in ids])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "names"), ("a,a\n1,2\n", "differ"), ("a,b\n1\n", "1 cells under 2"), ("a\n1\n", "no column 'day'")],
)
def test_a_csv_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    table = tmp_path / "table.csv"
    table.write_text(text)
    with pytest.raises(ValueError, match=complaint):
        read_csv(table, date="day" if complaint.startswith("no") else None)


def test_columns_called_account_and_date_are_found_by_name(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("\ufeffaccount,date,code\nA,2026-01-01,007\n")
    source = read_csv(table)
    assert (source.accounts, str(source.last_day)) == (("A",), "2026-01-01")
    assert source.rows == [("A", "2026-01-01", "007")]
