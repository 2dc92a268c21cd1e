"""The outermost layer: it reads a request to its end, notes it down, and hands it on."""

import asyncio
from collections.abc import Awaitable

import attrs
from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from supermetrics_query.emulator.decoding import decoded, parameters
from supermetrics_query.emulator.journal import SeenRequest
from supermetrics_query.emulator.problems import ServiceError
from supermetrics_query.emulator.world import World

SECRET = {"authorization"}


@attrs.frozen
class Front:
    """An ASGI application around another one."""

    world: World
    inner: ASGIApp
    bases: tuple[str, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        body = await _whole(receive)
        self.world.journal.append(self._seen(scope, body))
        await unless_gone(self.inner(scope, _again(body, receive), send), receive)

    def _seen(self, scope: Scope, body: bytes) -> SeenRequest:
        base = next((base for base in self.bases if scope["path"].startswith(base)), "")
        return SeenRequest(
            at=self.world.timeline.now(),
            method=scope["method"],
            path=scope["path"].removeprefix(base),
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


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
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
