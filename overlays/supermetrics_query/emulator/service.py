"""The emulator as a Python object: served by a thread, mounted somewhere, or run in the foreground."""

from contextlib import ExitStack
from typing import Self

import attrs
import uvicorn
from starlette.types import ASGIApp

from supermetrics_query.emulator.behaviour import Behaviour
from supermetrics_query.emulator.front import Front
from supermetrics_query.emulator.journal import SeenRequest
from supermetrics_query.emulator.server import config, loopback, serving
from supermetrics_query.emulator.sources import Source
from supermetrics_query.emulator.web import BASES, application
from supermetrics_query.emulator.world import World


def _world(behaviour: Behaviour) -> World:
    return World(behaviour)


@attrs.frozen(kw_only=True, eq=False)
class Emulator(Behaviour):
    """A service that behaves like the Supermetrics Data API.

    As a context manager it serves real HTTP on a free port of this machine; `app` mounts it anywhere else.
    """

    _world: World = attrs.field(init=False, default=attrs.Factory(_world, takes_self=True))
    _open: ExitStack = attrs.field(init=False, factory=ExitStack)
    _origin: list[str] = attrs.field(init=False, factory=list)

    def __enter__(self) -> Self:
        """Serve in a thread."""
        bound = loopback()
        self._origin.append("http://{}:{}".format(*bound.getsockname()))
        self._open.enter_context(serving(self.app, bound))
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop, and leave nothing behind."""
        self._open.close()

    @property
    def app(self) -> ASGIApp:
        """The service as an ASGI application."""
        return Front(self._world, application(self._world), BASES)

    @property
    def origin(self) -> str:
        """Where the service is: scheme, host and port."""
        if not self._origin:
            raise RuntimeError("the emulator is not running; use it as a context manager")
        return self._origin[-1]

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return self.origin + BASES[0]

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """What was asked, in the order of arrival."""
        return tuple(self._world.journal)

    def advance(self, seconds: float) -> None:
        """Let time pass for the service; may be called from any thread."""
        self._world.timeline.advance(seconds)

    def add_key(self, key: str) -> None:
        """Accept another key."""
        self._world.keys.add(key)

    def add_source(self, ds_id: str, source: Source) -> None:
        """Offer another data source."""
        self._world.sources[ds_id] = source

    def serve(self, host: str = "127.0.0.1", port: int = 8000) -> None:
        """Serve in the foreground until the process is told to stop."""
        settings = config(self.app)
        settings.host, settings.port, settings.timeout_graceful_shutdown = host, port, 1
        uvicorn.Server(settings).run()
