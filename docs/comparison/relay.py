"""An emulator that also accepts a start as GET with query parameters, which is how the official SDK sends it.

The API accepts these requests; the emulator alone accepts only what this package sends. Repeated parameters count as a
list, the interpretation that favours the SDK.
"""

import json
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from supermetrics_query.emulator import Emulator

LISTS = ("ds_accounts", "fields")
NUMBERS = ("sync_timeout",)


class BothWays(Emulator):
    """The emulator behind the relay."""

    @property
    def app(self) -> ASGIApp:
        """The service as an ASGI application."""
        return Relay(super().app)


class Relay:
    """Turns a GET that starts a query into a POST."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Forward a request, converted if it is a start."""
        if scope["type"] == "http" and scope["method"] == "GET" and "/query/data/" in scope["path"]:
            receive = replay(body_of(scope["query_string"]), receive)
            headers = [*scope["headers"], (b"content-type", b"application/json")]
            scope = {**scope, "method": "POST", "query_string": b"", "headers": headers}
        await self._app(scope, receive, send)


def body_of(query: bytes) -> bytes:
    """Return query parameters as a JSON object."""
    members: dict[str, object] = {}
    for name, values in parse_qs(query.decode()).items():
        members[name] = values if name in LISTS else int(values[0]) if name in NUMBERS else values[0]
    return json.dumps(members).encode()


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that yields this body first, then the messages of the client."""
    given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return given.pop() if given else await receive()

    return next_message
