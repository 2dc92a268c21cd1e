"""The emulator, also for starts that are sent as GET with a parameter for each member, as the official SDK sends them.

The API takes these; the emulator takes what this package sends. Repeated parameters count as a list, the reading that
is best for the SDK.
"""

import json
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from supermetrics_query.emulator import Emulator

LISTS = ("ds_accounts", "fields")
NUMBERS = ("sync_timeout",)


class BothWays(Emulator):
    """An emulator behind a relay."""

    @property
    def app(self) -> ASGIApp:
        """The service as an ASGI application."""
        return Relay(super().app)


class Relay:
    """Turns a start by GET into one by POST."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["method"] == "GET" and "/query/data/" in scope["path"]:
            receive = replay(body_of(scope["query_string"]), receive)
            headers = [*scope["headers"], (b"content-type", b"application/json")]
            scope = {**scope, "method": "POST", "query_string": b"", "headers": headers}
        await self._app(scope, receive, send)


def body_of(query: bytes) -> bytes:
    """Return parameters as the members of a JSON object."""
    members: dict[str, object] = {}
    for name, values in parse_qs(query.decode()).items():
        members[name] = values if name in LISTS else int(values[0]) if name in NUMBERS else values[0]
    return json.dumps(members).encode()


def replay(body: bytes, receive: Receive) -> Receive:
    """Give a body first, then whatever comes from the client."""
    given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return given.pop() if given else await receive()

    return next_message
