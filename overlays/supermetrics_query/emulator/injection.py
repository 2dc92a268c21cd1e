"""How faults are injected: in place of an answer, into an answer, or into the connection."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .answers import error_response
from .faults import Fault, Kind
from .problems import Family, ServiceError
from .server import Connection, connection_of
from .state import State

_CODES: Mapping[int, str] = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT_ERROR",
    422: "UNPROCESSABLE_CONTENT",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}

_WITHOUT_BODY = {204, 304}


@attrs.frozen(kw_only=True)
class Exchange:
    """A request with its fault, and the application that would serve it."""

    state: State
    fault: Fault
    inner: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    @property
    def connection(self) -> Connection:
        """The connection of the request."""
        return connection_of(self.scope)

    @property
    def rate_limit_headers(self) -> Mapping[str, str]:
        """The headers that report the rate limit."""
        return self.state.rate_limiter("").headers(self.state.timeline.now())

    async def send_response(self, response: Response) -> None:
        """Send a response."""
        await response(self.scope, self.receive, self.send)

    async def forward(self) -> None:
        """Let the application serve the request."""
        await self.inner(self.scope, self.receive, self.send)

    async def capture(self) -> tuple[Message, bytes]:
        """Let the application serve the request, and return its answer, head and body, instead of sending it."""
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self.inner(self.scope, self.receive, keep)
        return kept[0], b"".join(message.get("body", b"") for message in kept[1:])


async def inject(exchange: Exchange) -> None:
    """Answer a request as its fault says."""
    await _HANDLERS[exchange.fault.kind](exchange)


async def _status(exchange: Exchange) -> None:
    fault = exchange.fault
    headers = {"Retry-After": _retry_after(fault.retry_after)} if fault.retry_after else {}
    body = "empty" if fault.status in _WITHOUT_BODY else fault.body
    if body in _FIXED:
        media_type, text = _FIXED[body](fault)
        await exchange.send_response(Response(text, fault.status, headers, media_type))
        return
    code = fault.code or _CODES.get(fault.status, "INTERNAL_SERVER_ERROR")
    error = ServiceError(code, "As the fault demands.", fault.status, headers)
    family = _FAMILIES.get(body, exchange.state.behaviour.errors)
    url = str(Request(exchange.scope).url.replace(query=""))
    await exchange.send_response(error_response(error, family, url, exchange.rate_limit_headers))


async def _drop(exchange: Exchange) -> None:
    exchange.connection.drop()
    await _until_cancelled()


async def _reset(exchange: Exchange) -> None:
    exchange.connection.reset()
    await _until_cancelled()


async def _lost(exchange: Exchange) -> None:
    await exchange.capture()
    await _drop(exchange)


async def _truncate(exchange: Exchange) -> None:
    head, body = await exchange.capture()
    length = (b"content-length", str(len(body)).encode())
    headers = [header for header in head["headers"] if header[0] != b"content-length"]
    await exchange.send({**head, "headers": [*headers, length]})
    part = body[: min(exchange.fault.size, len(body) - 1)]
    await exchange.send({"type": "http.response.body", "body": part, "more_body": True})
    exchange.connection.hang_up()
    await _until_cancelled()


async def _slow(exchange: Exchange) -> None:
    await exchange.state.timeline.sleep(exchange.fault.seconds)
    await exchange.forward()


async def _drip(exchange: Exchange) -> None:
    head, body = await exchange.capture()
    fault = exchange.fault
    await exchange.send(head)
    for start in range(0, len(body), fault.size):
        piece = body[start : start + fault.size]
        await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
        await exchange.state.timeline.sleep(fault.seconds)
    await exchange.send({"type": "http.response.body"})


async def _endless(exchange: Exchange) -> None:
    headers = [(b"content-type", b"application/json")]
    await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
    piece = b'{"data":['
    while True:
        await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
        piece = b"[0],\n" * 1000
        await asyncio.sleep(0)  # lets the middleware cancel this task


async def _redirect(exchange: Exchange) -> None:
    await exchange.send_response(Response(status_code=302, headers={"Location": exchange.fault.location}))


_HANDLERS: Mapping[Kind, Callable[[Exchange], Awaitable[None]]] = {
    "status": _status,
    "drop": _drop,
    "reset": _reset,
    "lost": _lost,
    "truncate": _truncate,
    "slow": _slow,
    "drip": _drip,
    "endless": _endless,
    "redirect": _redirect,
}


async def _until_cancelled() -> None:
    # The connection is closed, so the middleware cancels the request.
    await asyncio.get_running_loop().create_future()


def _retry_after(text: str) -> str:
    # A date counts from the time of the machine, because that is what the client compares it with.
    seconds = text.removeprefix("date:")
    if seconds == text:
        return text
    return format_datetime(datetime.now(UTC) + timedelta(seconds=float(seconds)), usegmt=True)


def _html(fault: Fault) -> tuple[str, str]:
    return "text/html", f"<html><head><title>{fault.status}</title></head><body>Gateway</body></html>"


_FIXED: Mapping[str, Callable[[Fault], tuple[str, str]]] = {
    "html": _html,
    "text": lambda fault: ("application/json", fault.text),
    "empty": lambda _fault: ("text/plain", ""),
}
_FAMILIES: Mapping[str, Family] = {"envelope": "envelope", "problem": "problem", "string": "string"}
