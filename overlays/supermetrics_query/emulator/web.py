"""HTTP around the operations: the key, the headers, and the form of errors."""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from supermetrics_query.emulator.operations import Call, Operation, look, start
from supermetrics_query.emulator.problems import BODIES, MEDIA_TYPES, Report, ServiceError, bad_request
from supermetrics_query.emulator.world import World

BASES = ("/enterprise/v2", "/v2")
OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("POST", "/query/data/{format}", start),
    ("GET", "/query/status", look),
)
ROUTING_CODES: Mapping[int, str] = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
Endpoint = Callable[[Request], Awaitable[Response]]


def application(world: World) -> Starlette:
    """Return the API as an ASGI application."""
    routes = [Route(path, endpoint(world, does), methods=[method]) for method, path, does in OPERATIONS]

    def unrouted(request: Request, problem: Exception) -> Response:
        status = problem.status_code if isinstance(problem, HTTPException) else 500
        headers = dict(problem.headers or {}) if isinstance(problem, HTTPException) else {}
        error = ServiceError(ROUTING_CODES.get(status, "BAD_REQUEST"), status=status, headers=headers)
        return failed(world, request, error)

    return Starlette(
        routes=[Mount(base, routes=routes) for base in BASES],
        exception_handlers={HTTPException: unrouted},
    )


def endpoint(world: World, operation: Operation) -> Endpoint:
    """Wrap an operation for the web."""

    async def serve(request: Request) -> Response:
        try:
            reply = await operation(world, await _call(world, request))
        except ServiceError as error:
            return failed(world, request, error)
        except RecursionError:
            return failed(world, request, bad_request("That is nested too deeply."))
        return _response(reply.status, reply.body, "application/json", _allowance(world))

    return serve


def failed(world: World, request: Request, error: ServiceError) -> Response:
    """Return an error in the family that was chosen."""
    family = world.behaviour.errors
    report = Report(error, _request_id(), str(request.url.replace(query="")))
    # The documentation promises the allowance with every error but those of status 500 and above.
    headers = {**(_allowance(world) if error.status < 500 else {}), **error.headers}
    return _response(error.status, BODIES[family](report), MEDIA_TYPES[family], headers)


async def _call(world: World, request: Request) -> Call:
    return Call(
        key=authenticated(world, request.headers.get("authorization", "")),
        request_id=_request_id(),
        path=request.path_params,
        query=request.query_params,
        body=await request.body(),
    )


def authenticated(world: World, authorization: str) -> str:
    """Return the key that was sent, or refuse the request."""
    scheme, _, key = authorization.partition(" ")
    challenge = {"WWW-Authenticate": 'Bearer realm="Supermetrics API"'}
    if scheme.lower() != "bearer" or not key.strip():
        raise ServiceError("API_KEY_REQUIRED", headers=challenge)
    if key.strip() not in world.keys:
        raise ServiceError("API_KEY_INVALID", headers=challenge)
    return key.strip()


def _request_id() -> str:
    return secrets.token_urlsafe(24)


def _allowance(world: World) -> dict[str, str]:
    allowance = world.behaviour.allowance
    return {"X-RateLimit-Limit": str(allowance), "X-RateLimit-Remaining": str(allowance - 1)}


def _response(status: int, body: object, media_type: str, headers: Mapping[str, str]) -> Response:
    content = json.dumps(body, separators=(",", ":")).encode()
    return Response(content, status, {"Access-Control-Allow-Origin": "*", **headers}, media_type)
