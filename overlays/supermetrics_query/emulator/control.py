r"""Control over HTTP, for tests in other languages: below `/_emulator`, without a key.

POST   /_emulator/faults    {"faults": ["status:3*503", {"kind": "drop", "operation": "start"}]}
DELETE /_emulator/faults
POST   /_emulator/plan      {"run_seconds": 3, "outcome": "FAILURE"}
POST   /_emulator/advance   {"seconds": 3600}
POST   /_emulator/sources   {"ds_id": "GAWA", "csv": "date,sessions\n2026-10-01,120\n"}
POST   /_emulator/keys      {"key": "another_fake_key"}
POST   /_emulator/reset
GET    /_emulator/requests
"""

from collections.abc import Awaitable, Callable, Mapping

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .behaviour import Plan, override_plan
from .faults import make_fault, parse_fault
from .formats import JSON, dump_json
from .problems import ServiceError
from .sources import parse_csv
from .state import State
from .validation import as_object, decode_json

PATH = "/_emulator"
CENTURY = 3_155_760_000  # seconds
Members = Mapping[str, object]
Command = Callable[[State, Members], Members]


def _faults(state: State, sent: Members) -> Members:
    wanted = sent.get("faults")
    listed = wanted if isinstance(wanted, list) else [wanted]
    faults = [parse_fault(item) if isinstance(item, str) else make_fault(as_object(item)) for item in listed]
    for fault in faults:
        state.faults.add(fault)
    return {"faults": [attrs.asdict(fault) for fault in faults]}


def _no_faults(state: State, _sent: Members) -> Members:
    state.faults.clear()
    return {"faults": []}


def _plan(state: State, sent: Members) -> Members:
    state.plan = override_plan(Plan(), sent)
    return {"plan": attrs.asdict(state.plan)}


def _advance(state: State, sent: Members) -> Members:
    seconds = sent.get("seconds")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= CENTURY:
        raise ValueError(f"seconds must be a number from 0 to {CENTURY}")
    state.timeline.advance(seconds)
    return {"now": state.timeline.now()}


def _source(state: State, sent: Members) -> Members:
    ds_id, source = _text(sent, "ds_id"), parse_csv(_text(sent, "csv"))
    state.sources[ds_id] = source
    return {"ds_id": ds_id, "fields": list(source.ids), "rows": len(source.rows)}


def _key(state: State, sent: Members) -> Members:
    state.keys.add(_text(sent, "key"))
    return {}


def _text(sent: Members, name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a non-empty string")
    return value


def _reset(state: State, _sent: Members) -> Members:
    state.reset()
    return {}


def _requests(state: State, _sent: Members) -> Members:
    return {
        "requests": [
            attrs.asdict(seen) | {"operation": seen.operation, "schedule_id": seen.schedule_id}
            for seen in tuple(state.request_log)
        ]
    }


COMMANDS: Mapping[tuple[str, str], Command] = {
    ("POST", "faults"): _faults,
    ("DELETE", "faults"): _no_faults,
    ("POST", "plan"): _plan,
    ("POST", "advance"): _advance,
    ("POST", "sources"): _source,
    ("POST", "keys"): _key,
    ("POST", "reset"): _reset,
    ("GET", "requests"): _requests,
}


def control(state: State) -> list[Route]:
    """Return the routes of the control endpoint."""
    return [
        Route(f"{PATH}/{name}", _endpoint(state, command), methods=[method])
        for (method, name), command in COMMANDS.items()
    ]


def _endpoint(state: State, command: Command) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            body = await request.body()
            answer = command(state, as_object(decode_json(body)) if body else {})
        except ServiceError as error:
            return _answered(400, {"error": error.description})
        except (TypeError, ValueError) as error:
            return _answered(400, {"error": str(error.args[0])})
        return _answered(200, answer)

    return serve


def _answered(status: int, body: Members) -> Response:
    return Response(dump_json(body), status, media_type=JSON)
