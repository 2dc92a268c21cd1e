"""The outermost layer: it reads a request to its end, notes it down, and hands it on."""

import asyncio
from collections.abc import Awaitable

import attrs
from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .control import PATH as CONTROL
from .faults import Fault
from .mischief import Exchange, perform
from .problems import ServiceError
from .state import SeenRequest, World
from .validation import decoded, parameters

SECRET = {"authorization"}


@attrs.frozen
class Front:
    """An ASGI application around another one."""

    world: World
    inner: ASGIApp
    bases: tuple[str, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self._path(scope).startswith(CONTROL):
            await self.inner(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return
        seen = self._seen(scope, body)
        self.world.journal.append(seen)
        fault = self.world.faults.take(seen.operation)
        await unless_gone(self._served(fault, scope, _again(body, receive), send), receive)

    async def _served(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is None:
            await self.inner(scope, receive, send)
            return
        await perform(
            Exchange(world=self.world, fault=fault, inner=self.inner, scope=scope, receive=receive, send=send)
        )

    def _path(self, scope: Scope) -> str:
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        base = next((base for base in self.bases if path.startswith(base)), "")
        return path.removeprefix(base)

    def _seen(self, scope: Scope, body: bytes) -> SeenRequest:
        return SeenRequest(
            at=self.world.timeline.now(),
            method=scope["method"],
            path=self._path(scope),
            params=_parameters(QueryParams(scope["query_string"])),
            json=_json(body),
            headers={name: value for name, value in Headers(scope=scope).items() if name not in SECRET},
        )


async def unless_gone(work: Awaitable[None], receive: Receive) -> None:
    """Do some work to its end, or until the client has gone."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(client_gone(receive))
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        working.cancel()
        gone.cancel()


async def client_gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _whole(receive: Receive) -> bytes | None:
    """Return the body, or None when the client went away in the middle of it."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _parameters(query: QueryParams) -> dict[str, object]:
    try:
        return parameters(query)
    except ServiceError:
        return dict(query)


def _json(body: bytes) -> object:
    try:
        return decoded(body)
    except ServiceError:
        return None
