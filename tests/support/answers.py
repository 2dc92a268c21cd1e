"""Answers of the API and of the gateways in front of it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

ROWS = [["Date", "Temp"], ["2013-01-01", 39.0], ["2013-01-02", None]]
FIELDS = [
    {"id": "date", "field_id": "date", "field_name": "Date", "field_type": "dim", "data_column": 0},
    {"id": "temp", "field_id": "temp", "field_name": "Temp", "field_type": "met", "data_column": 1},
]


def status(code: str, *, ready: int = 0, total: int = 0, http: int = 200, **members: Any) -> httpx.Response:
    """Return the status of a query."""
    meta = {
        "request_id": "request_1",
        "schedule_id": "night-1",
        "status_code": code,
        "progress": {"queries_ready": ready, "queries_total": total},
    }
    return httpx.Response(http, json={"meta": meta, "data": [], **members})


def success(
    rows: Sequence[Any] | None = ROWS, fields: Sequence[Mapping[str, Any]] | None = FIELDS, **query: Any
) -> httpx.Response:
    """Return a result with rows."""
    meta: dict[str, Any] = {"schedule_id": "night-1", "status_code": "SUCCESS"}
    if fields is not None:
        meta["query"] = {"fields": fields, **query}
    return httpx.Response(200, json={"meta": meta, "data": rows})


def about(name: str, answer: httpx.Response, **members: Any) -> httpx.Response:
    """Return an answer that names a query, with more members of `meta`."""
    body = answer.json()
    meta = {**body.get("meta", {}), "schedule_id": name, **members}
    return httpx.Response(answer.status_code, json={**body, "meta": meta})


def envelope(http: int, code: str, message: str = "It did not work", **headers: str) -> httpx.Response:
    """Return an error in the envelope that the API uses today."""
    body = {"meta": {"request_id": "request_2"}, "error": {"code": code, "message": message}}
    return httpx.Response(http, json=body, headers=headers)


def problem(http: int, slug: str, **members: Any) -> httpx.Response:
    """Return an error as RFC 9457 defines it."""
    body = {"type": f"https://supermetrics.com/problems/{slug}", "title": "A problem", "status": http, **members}
    return httpx.Response(http, content=json.dumps(body), headers={"content-type": "application/problem+json"})


def bare(http: int, code: str) -> httpx.Response:
    """Return an error as a bare string."""
    return httpx.Response(http, json={"error": code, "message": "It did not work"})


def gateway(http: int, content: str = "<html><title>Bad gateway</title></html>") -> httpx.Response:
    """Return the answer of a gateway in front of the API."""
    return httpx.Response(http, content=content, headers={"content-type": "text/html"})


def too_many(**headers: str) -> httpx.Response:
    """Return a refusal because of the rate limit."""
    return envelope(429, "TOO_MANY_REQUESTS", **{name.replace("_", "-"): value for name, value in headers.items()})


def cut() -> httpx.ReadError:
    """Drop the connection after the request was sent."""
    return httpx.ReadError("connection reset")


def refused() -> httpx.ConnectError:
    """Refuse the connection."""
    return httpx.ConnectError("connection refused")


NOT_FOUND = envelope(404, "STATUS_NOT_FOUND")
