import asyncio
import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from supermetrics_query.emulator import INSTANT, Emulator
from supermetrics_query.emulator.faults import OPERATIONS, PATHS, Fault, parse_fault
from supermetrics_query.emulator.validation import HISTORY, QUERY, RESULTS, STATUS

from tests.emulator.helpers import NO_TLS

DOCUMENTED = {200, 202, 400, 401, 403, 404, 405, 422, 429}
SERVICE = Emulator(plan=INSTANT)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
words = st.sampled_from(["WEATHER", "NUMBERS", "date", "temp", "JFK", "today", "custom", "temp > 1"])
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
plans = st.dictionaries(st.sampled_from(["run_seconds", "parts", "outcome", "error", "error_status"]), values)


def members(names: list[str]) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from([*names, "unknown"]), values, max_size=6)


def asked(method: str, path: str, *, body: object = None, params: dict[str, str] | None = None) -> int:
    async def ask() -> httpx.Response:
        headers = {"Authorization": f"Bearer {SERVICE.key}"}
        transport = httpx.ASGITransport(SERVICE.app)
        async with httpx.AsyncClient(transport=transport, verify=NO_TLS, headers=headers) as client:
            content = body if isinstance(body, str) or body is None else json.dumps(body)
            return await client.request(method, "http://mounted/v2" + path, content=content, params=params)

    return asyncio.run(ask()).status_code


@given(members(sorted(QUERY)), st.sampled_from(["WEATHER", "NUMBERS"]) | values)
@settings(deadline=None, max_examples=60)
def test_no_query_breaks_the_service(query: dict[str, object], ds_id: object) -> None:
    assert asked("POST", "/query/data/json", body={"sync_timeout": 0, **query, "ds_id": ds_id}) in DOCUMENTED


@given(plans)
@settings(deadline=None, max_examples=60)
def test_no_plan_breaks_the_service(plan: dict[str, object]) -> None:
    query = {"ds_id": "WEATHER", "sync_timeout": 0, "settings": {"emulator": plan}}
    # A plan may ask for any status, also for 500.
    assert asked("POST", "/query/data/json", body=query) in DOCUMENTED | set(range(200, 600))


@given(st.sampled_from(sorted(PATHS.keys() - {"start"})), members(sorted({*STATUS, *RESULTS, *HISTORY})))
@settings(deadline=None, max_examples=60)
def test_no_parameter_breaks_the_service(operation: str, sent: dict[str, object]) -> None:
    assert asked("GET", PATHS[operation], params={"json": json.dumps(sent)}) in DOCUMENTED
    plain = {name: str(value).encode("ascii", "replace").decode() for name, value in sent.items()}
    assert asked("GET", PATHS[operation], params=plain) in DOCUMENTED


@given(st.sampled_from(OPERATIONS), st.integers(1, 10**6), st.integers(200, 599))
def test_a_fault_means_what_it_says(operation: str, times: int, status: int) -> None:
    assert parse_fault(f"{operation}:{times}*{status}") == Fault(operation=operation, times=times, status=status)


@pytest.mark.parametrize("depth", [10, 900, 950, 960, 970, 980, 990, 1000, 100_000])
def test_no_depth_breaks_the_service(depth: int) -> None:
    body = '{"ds_id": "WEATHER", "sync_timeout": 0, "max_rows": 1, "deep": ' + "[" * depth + "]" * depth + "}"
    assert asked("POST", "/query/data/json", body=body) in {200, 400}
