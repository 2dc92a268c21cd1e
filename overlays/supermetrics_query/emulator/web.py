"""HTTP around the operations: routes, keys, and allowances."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .answers import answered, failed, request_id
from .control import control
from .operations import Call, Operation, history, look, results, start
from .problems import ServiceError
from .state import World

BASES = ("/enterprise/v2", "/v2")
OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("POST", "/query/data/{format:supermetrics_format}", start),
    ("GET", "/query/status", look),
    ("GET", "/query/results", results),
    ("GET", "/query/history", history),
)
ROUTING_CODES: Mapping[int, str] = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


class FormatConvertor(StringConvertor):
    """Takes anything for the name of a form, so that a strange one is refused like every unknown one."""

    regex = r"[\s\S]*"


register_url_convertor("supermetrics_format", FormatConvertor())
Endpoint = Callable[[Request], Awaitable[Response]]


def application(world: World) -> Starlette:
    """Return the API as an ASGI application."""
    operations = [
        Route(base + path, _endpoint(world, does), methods=[method])
        for base in BASES
        for method, path, does in OPERATIONS
    ]

    def unrouted(request: Request, problem: Exception) -> Response:
        known = problem if isinstance(problem, HTTPException) else HTTPException(500)
        code = ROUTING_CODES.get(known.status_code, "BAD_REQUEST")
        error = ServiceError(code, status=known.status_code, headers=known.headers or {})
        return failed(error, world.behaviour.errors, address(request), _allowance(world, ""))

    served = Starlette(routes=[*operations, *control(world)], exception_handlers={HTTPException: unrouted})
    served.router.redirect_slashes = False  # no redirect is documented
    return served


def address(request: Request) -> str:
    """Return the URL of a request without its query."""
    return str(request.url.replace(query=""))


def _endpoint(world: World, operation: Operation) -> Endpoint:
    async def serve(request: Request) -> Response:
        key = _key(request)
        try:
            _let_in(world, key)
            reply = await operation(world, await _call(request, key))
        except ServiceError as error:
            return failed(error, world.behaviour.errors, address(request), _allowance(world, key))
        return answered(reply, _allowance(world, key))

    return serve


async def _call(request: Request, key: str) -> Call:
    return Call(
        key=key,
        request_id=request_id(),
        address=address(request),
        path=request.path_params,
        query=request.query_params,
        body=await request.body(),
    )


def _key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _let_in(world: World, key: str) -> None:
    if not key:
        raise ServiceError("API_KEY_REQUIRED")
    if key not in world.keys:
        raise ServiceError("API_KEY_INVALID")
    world.throttle(key).take(world.timeline.now(), world.timeline.speed)


def _allowance(world: World, key: str) -> Mapping[str, str]:
    return world.throttle(key).headers(world.timeline.now())
