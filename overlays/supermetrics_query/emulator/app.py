"""HTTP around the operations: middleware for the request log and faults, routes with keys and rate limits."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import attrs
from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.datastructures import Headers, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .answers import error_response, new_request_id, reply_response
from .control import PATH as CONTROL
from .control import control
from .faults import PATHS, Fault
from .injection import Exchange, inject
from .keys import body_of, key_of, parameters_of, without_key
from .operations import Call, Operation, history, results, start, status
from .problems import ServiceError
from .state import SeenRequest, State

Endpoint = Callable[[Request], Awaitable[Response]]

SECRET = {"authorization"}
BASES = ("/enterprise/v2", "/v2")
ROUTING_CODES: Mapping[int, str] = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


@attrs.frozen
class Middleware:
    """Logs every request, injects faults, and cancels requests whose client has disconnected."""

    state: State
    inner: ASGIApp
    bases: tuple[str, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; control requests are neither logged nor faulted."""
        if scope["type"] != "http" or self._path(scope).startswith(CONTROL):
            await self.inner(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return
        seen = self._record(scope, body)
        self.state.request_log.append(seen)
        fault = self.state.faults.next_for(seen.operation)
        await run_until_disconnected(self._served(fault, scope, _replay(body, receive), send), receive)

    async def _served(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is None:
            await self.inner(scope, receive, send)
            return
        await inject(Exchange(state=self.state, fault=fault, inner=self.inner, scope=scope, receive=receive, send=send))

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        base = next((base for base in self.bases if path.startswith(base)), "")
        return path.removeprefix(base)

    def _record(self, scope: Scope, body: bytes) -> SeenRequest:
        sent = body_of(body)
        return SeenRequest(
            at=self.state.timeline.now(),
            method=scope["method"],
            path=self._path(scope),
            params=without_key(parameters_of(QueryParams(scope["query_string"]))),
            json=without_key(sent) if isinstance(sent, Mapping) else sent,
            headers={name: value for name, value in Headers(scope=scope).items() if name not in SECRET},
        )


async def run_until_disconnected(work: Awaitable[None], receive: Receive) -> None:
    """Run work to its end, and cancel it if the client disconnects."""
    working = asyncio.ensure_future(work)
    disconnected = asyncio.ensure_future(wait_for_disconnect(receive))
    try:
        await asyncio.wait((working, disconnected), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        working.cancel()
        disconnected.cancel()


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body, or None if the client disconnected before its end."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("POST", PATHS["start"] + "{format:supermetrics_format}", start),
    ("GET", PATHS["status"], status),
    ("GET", PATHS["results"], results),
    ("GET", PATHS["history"], history),
)


class FormatConvertor(StringConvertor):
    """Matches any text, so that a malformed format gets the same error as an unknown one."""

    regex = r"[\s\S]*"


register_url_convertor("supermetrics_format", FormatConvertor())


def application(state: State) -> Starlette:
    """Return the API as an ASGI application."""
    operations = [
        Route(base + path, _endpoint(state, operation), methods=[method])
        for base in BASES
        for method, path, operation in OPERATIONS
    ]

    def unrouted(request: Request, problem: Exception) -> Response:
        known = problem if isinstance(problem, HTTPException) else HTTPException(500)
        code = ROUTING_CODES.get(known.status_code, "BAD_REQUEST")
        error = ServiceError(code, status=known.status_code, headers=known.headers or {})
        return _error(state, request, error)

    served = Starlette(routes=[*operations, *control(state)], exception_handlers={HTTPException: unrouted})
    served.router.redirect_slashes = False  # the API documents no redirects
    return served


def url_without_query(request: Request) -> str:
    """Return the URL of a request without its query."""
    return str(request.url.replace(query=""))


def _endpoint(state: State, operation: Operation) -> Endpoint:
    async def serve(request: Request) -> Response:
        key = await _key(request)
        try:
            _authorize(state, key)
            reply = await operation(state, await _read_call(request, key))
        except ServiceError as error:
            return _error(state, request, error, key)
        return reply_response(reply, _rate_limit_headers(state, key))

    return serve


async def _read_call(request: Request, key: str) -> Call:
    return Call(
        key=key,
        request_id=new_request_id(),
        url=url_without_query(request),
        path=request.path_params,
        query=request.query_params,
        body=await request.body(),
    )


async def _key(request: Request) -> str:
    return key_of(request.headers.get("authorization", ""), request.query_params, await request.body())


def _authorize(state: State, key: str) -> None:
    if not key:
        raise ServiceError("API_KEY_REQUIRED")
    if key not in state.keys:
        raise ServiceError("API_KEY_INVALID")
    state.rate_limiter(key).acquire(state.timeline.now(), state.timeline.speed)


def _error(state: State, request: Request, error: ServiceError, key: str = "") -> Response:
    headers = _rate_limit_headers(state, key)
    return error_response(error, state.behaviour.errors, url_without_query(request), headers)


def _rate_limit_headers(state: State, key: str) -> Mapping[str, str]:
    return state.rate_limiter(key).headers(state.timeline.now())
