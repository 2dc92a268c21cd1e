import json
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Self

import httpx
from supermetrics_query.emulator import Emulator

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # httpx would read all certificates of the machine
INSTANT = {"scheduled_seconds": 0, "queued_seconds": 0, "run_seconds": 0}


class Api:
    """A client as thin as can be, so that tests see what really comes over the wire."""

    def __init__(self, service: Emulator, key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key or service.key}"}
        self.http = httpx.Client(base_url=service.url, headers=headers, timeout=30, verify=NO_TLS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.http.close()

    def start(self, *, form: object = "json", plan: object = None, **query: object) -> httpx.Response:
        body = {"ds_id": "WEATHER", "fields": "date,airport,temp", "sync_timeout": 0} | query
        if plan is not None:
            body["settings"] = {"emulator": plan}
        return self.http.post(f"/query/data/{form}", json=body)

    def started(self, **query: object) -> str:
        found = self.start(**query).json()["meta"]["schedule_id"]
        assert isinstance(found, str)
        return found

    def look(self, schedule_id: str, **offsets: int) -> httpx.Response:
        sent = json.dumps({"schedule_id": schedule_id, **offsets})
        return self.http.get("/query/status", params={"json": sent})

    def rows(self, schedule_id: str, **offsets: int) -> list[list[object]]:
        found = self.look(schedule_id, **offsets).json()["data"]
        assert isinstance(found, list)
        return found


def code_of(response: httpx.Response) -> object:
    return response.json()["meta"]["status_code"]


def error_of(response: httpx.Response) -> object:
    return response.json()["error"]["code"]


def held(service: Emulator, request: Callable[[], httpx.Response], seconds: float) -> httpx.Response:
    """Make a request that the service holds back, and then let time pass."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(request)
        while not service.held and not wait([answer], timeout=0.001).done:
            pass
        service.advance(seconds)
        return answer.result()
