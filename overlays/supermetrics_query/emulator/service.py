"""The emulator as a Python object: served by a thread, mounted in another server, or run in the foreground."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

import attrs
import uvicorn
from starlette.types import ASGIApp

from .app import BASES, Middleware, application
from .behaviour import Behaviour, Plan, Planner, SourceMaker
from .faults import Fault
from .server import bind_socket, config, origin_of, serving
from .sources import Source
from .state import SeenRequest, State


def _new_state(behaviour: Behaviour) -> State:
    return State(behaviour)


@attrs.frozen(kw_only=True, eq=False)
class Emulator(Behaviour):
    """A service that behaves like the Supermetrics Data API.

    As a context manager it serves HTTP on a free port of this machine; `app` can be mounted in any ASGI server.
    """

    _state: State = attrs.field(init=False, repr=False, default=attrs.Factory(_new_state, takes_self=True))
    _open: ExitStack = attrs.field(init=False, repr=False, factory=ExitStack)
    _origin: list[str] = attrs.field(init=False, repr=False, factory=list)

    def __enter__(self) -> Self:
        """Serve in a thread, and return the emulator."""
        listener = bind_socket("127.0.0.1", 0)
        self._origin.append(origin_of(listener))
        self._open.enter_context(serving(self.app, listener))
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop the server and its thread."""
        self._open.close()

    @property
    def app(self) -> ASGIApp:
        """The service as an ASGI application."""
        return Middleware(self._state, application(self._state), BASES)

    @property
    def origin(self) -> str:
        """The scheme, host and port of the service; RuntimeError if it is not running."""
        if not self._origin:
            raise RuntimeError("the emulator is not running; use it as a context manager")
        return self._origin[-1]

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return self.origin + BASES[0]

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """The request log: every request in the order of arrival."""
        return tuple(self._state.request_log)

    @property
    def now(self) -> float:
        """The age of the service in its own seconds, as in `SeenRequest.at` and `advance`."""
        return self._state.timeline.now()

    @property
    def held(self) -> int:
        """How many requests wait for time to pass, so that a test knows when to call `advance`."""
        return self._state.timeline.sleepers

    def advance(self, seconds: float) -> None:
        """Move the time of the service forward, from any thread.

        Args:
            seconds: How much, in seconds of the service.

        Raises:
            ValueError: They are negative.
        """
        self._state.timeline.advance(seconds)

    def fault(self, fault: Fault | str) -> None:
        """Add a fault for coming requests.

        Args:
            fault: A `Fault`, or a text such as `status:3*503`.

        Raises:
            ValueError: The text describes no fault.
        """
        self._state.add_fault(fault)

    def clear_faults(self) -> None:
        """Remove every fault."""
        self._state.faults.clear()

    def use(self, plan: Plan | Planner) -> None:
        """Set the plan of queries that start from now on.

        Args:
            plan: One plan for all, or a function that returns the plan for a query.
        """
        self._state.plan = plan

    def reset(self) -> None:
        """Forget queries, requests, faults and added keys; time and data sources stay."""
        self._state.reset()

    def add_key(self, key: str) -> None:
        """Accept another key in addition.

        Args:
            key: The key.
        """
        self._state.keys.add(key)

    def add_source(self, ds_id: str, source: Source | SourceMaker) -> None:
        """Add a data source, or replace the one with this id.

        Args:
            ds_id: The id, as queries say it.
            source: The table, or a function that returns the table for a query.
        """
        self._state.sources[ds_id] = source

    def serve(self, host: str = "127.0.0.1", port: int = 0, *, ready: Callable[[], None]) -> None:
        """Serve in the foreground until SIGINT or SIGTERM.

        Args:
            host: The address to listen on.
            port: The port; 0 stands for any free one.
            ready: Called once `url` is known.
        """
        settings = config(self.app)
        settings.timeout_graceful_shutdown = 1
        with bind_socket(host, port) as listener:
            listener.listen()
            self._origin.append(origin_of(listener))
            ready()
            uvicorn.Server(settings).run([listener])
