import asyncio
import json
import math
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Self

import httpx
from supermetrics_query.emulator import Emulator

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # otherwise httpx loads the certificates of the machine
INSTANT = {"scheduled_seconds": 0, "queued_seconds": 0, "run_seconds": 0}


class StandingClock:
    """A clock that stands still: only `Emulator.advance` moves the time of a service that uses it."""

    def now(self) -> float:
        return 0.0

    async def wait_until(self, moment: float) -> None:
        await asyncio.sleep(math.inf if moment > 0 else 0)


class Api:
    """A minimal client, so that tests see what the service sends."""

    def __init__(self, service: Emulator, key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key or service.key}"}
        self.http = httpx.Client(base_url=service.url, headers=headers, timeout=30, verify=NO_TLS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.http.close()

    def start(self, *, format: object = "json", plan: object = None, **query: object) -> httpx.Response:
        body = {"ds_id": "WEATHER", "fields": "date,airport,temp", "sync_timeout": 0} | query
        if plan is not None:
            body["settings"] = {"emulator": plan}
        return self.http.post(f"/query/data/{format}", json=body)

    def started(self, **query: object) -> str:
        found = self.start(**query).json()["meta"]["schedule_id"]
        assert isinstance(found, str)
        return found

    def poll(self, schedule_id: str, **offsets: int) -> httpx.Response:
        sent = json.dumps({"schedule_id": schedule_id, **offsets})
        return self.http.get("/query/status", params={"json": sent})

    def rows(self, schedule_id: str, **offsets: int) -> list[list[object]]:
        found = self.poll(schedule_id, **offsets).json()["data"]
        assert isinstance(found, list)
        return found


def code_of(response: httpx.Response) -> object:
    return response.json()["meta"]["status_code"]


def error_of(response: httpx.Response) -> object:
    return response.json()["error"]["code"]


def held(service: Emulator, request: Callable[[], httpx.Response], seconds: float) -> httpx.Response:
    """Return the answer to a request that waits until `seconds` of the service have passed."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(request)
        while not service.held and not wait([answer], timeout=0.001).done:
            pass
        assert not answer.done(), "the answer came at once"
        service.advance(seconds)
        return answer.result()


def raw(service: Emulator, path: str, **headers: str) -> tuple[bytes, bool]:
    """Return what the service sends until the connection ends, and whether a reset ended it."""
    host, port = service.origin.removeprefix("http://").split(":")
    sent = {"Host": host, "Authorization": f"Bearer {service.key}", **headers}
    lines = [f"GET /enterprise/v2{path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    received = b""
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            return received, True
    return received, False


def mounted(service: Emulator, path: str) -> httpx.Response:
    """Return the answer of a service that is mounted in another server."""

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), verify=NO_TLS) as client:
            return await client.get("http://mounted" + path)

    return asyncio.run(ask())
