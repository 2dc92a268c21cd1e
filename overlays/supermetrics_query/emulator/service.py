"""The emulator as a Python object: served by a thread, mounted somewhere, or run in the foreground."""

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


def _state(behaviour: Behaviour) -> State:
    return State(behaviour)


@attrs.frozen(kw_only=True, eq=False)
class Emulator(Behaviour):
    """A service that behaves like the Supermetrics Data API.

    As a context manager it serves real HTTP on a free port of this machine; `app` mounts it anywhere else.
    """

    _state: State = attrs.field(init=False, repr=False, default=attrs.Factory(_state, takes_self=True))
    _open: ExitStack = attrs.field(init=False, repr=False, factory=ExitStack)
    _origin: list[str] = attrs.field(init=False, repr=False, factory=list)

    def __enter__(self) -> Self:
        """Serve in a thread."""
        listener = bind_socket("127.0.0.1", 0)
        self._origin.append(origin_of(listener))
        self._open.enter_context(serving(self.app, listener))
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop, and leave nothing behind."""
        self._open.close()

    @property
    def app(self) -> ASGIApp:
        """The service as an ASGI application."""
        return Middleware(self._state, application(self._state), BASES)

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
        return tuple(self._state.request_log)

    @property
    def now(self) -> float:
        """The age of the service in seconds of its own, on which `SeenRequest.at` and `advance` count."""
        return self._state.timeline.now()

    @property
    def held(self) -> int:
        """How many requests wait for time to pass, so that a test knows when to let it."""
        return self._state.timeline.sleepers

    def advance(self, seconds: float) -> None:
        """Let time pass for the service; may be called from any thread."""
        self._state.timeline.advance(seconds)

    def fault(self, fault: Fault | str) -> None:
        """Let something go wrong with coming requests, for instance `status:3*503`; see `faults`."""
        self._state.add_fault(fault)

    def clear_faults(self) -> None:
        """Let nothing more go wrong."""
        self._state.faults.clear()

    def use(self, plan: Plan | Planner) -> None:
        """Let queries that start from now on behave in another way."""
        self._state.plan = plan

    def reset(self) -> None:
        """Forget queries, requests, faults and added keys; time and data sources stay."""
        self._state.reset()

    def add_key(self, key: str) -> None:
        """Accept another key."""
        self._state.keys.add(key)

    def add_source(self, ds_id: str, source: Source | SourceMaker) -> None:
        """Offer another data source."""
        self._state.sources[ds_id] = source

    def serve(self, host: str = "127.0.0.1", port: int = 0, *, ready: Callable[[], None]) -> None:
        """Serve in the foreground until SIGINT or SIGTERM; `ready` is called once `url` is known."""
        settings = config(self.app)
        settings.timeout_graceful_shutdown = 1
        with bind_socket(host, port) as listener:
            listener.listen()
            self._origin.append(origin_of(listener))
            ready()
            uvicorn.Server(settings).run([listener])
