"""A scripted API, a clock that only sleeps move, and one interface to the sync and the async client."""

import json
from typing import Any

import httpx
from attrs import define, evolve, field
from supermetrics_query import AsyncQueryClient, DataQuery, PollPolicy, QueryClient
from supermetrics_query.testing import FakeClock

from tests.support.calling import Caller, directly, in_loop

KEY = "api_secret_of_the_tests"
BASE_URL = "https://api.test/enterprise/v2"
STEADY = PollPolicy(jitter=0)

Step = httpx.Response | BaseException


class Clock(FakeClock):
    """A clock that only sleeps and slow answers move. The log lists what happened."""

    def __init__(self) -> None:
        super().__init__()
        self.advance(1000.0)
        self.log: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.log.append(f"sleep {seconds:.2f}")
        super().sleep(seconds)


@define
class Script:
    """An API that answers from a list, and repeats the last answer when the list is exhausted.

    It has not seen the id of a query before that is started first; the list does not say so.
    """

    steps: list[Step]
    clock: Clock = field(factory=Clock)
    takes: float = 0.0  # seconds of the clock for each answer
    knows_id: bool = False  # whether a query is known before it is started here
    seen: list[httpx.Request] = field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if is_check(request) and not self.seen and not self.knows_id:
            return httpx.Response(404, json={"error": {"code": "STATUS_NOT_FOUND", "message": "No such query."}})
        self.seen.append(request)
        self.clock.log.append(summary(request))
        self.clock.advance(self.takes)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, BaseException):
            raise step
        # Reading consumes a response, so each request gets a fresh copy.
        return httpx.Response(step.status_code, headers=step.headers, content=step.content)


def is_check(request: httpx.Request) -> bool:
    """Return whether a request asks for one row, as the check of an id does before a start."""
    asked = json.loads(request.url.params.get("json", "{}"))
    return request.url.path.endswith("/status") and (asked["offset_start"], asked.get("offset_end")) == (0, 0)


def summary(request: httpx.Request) -> str:
    """Describe a request in one line."""
    if request.method == "POST":
        return f"start {json.loads(request.content).get('sync_timeout')}"
    name, asked = request.url.path.rpartition("/")[2], json.loads(request.url.params["json"])
    if name == "status":
        return f"poll {asked['offset_start']}..{asked.get('offset_end', '')}"
    return f"{name} {asked.get('offset', 0)}"


@define
class ScriptedClient(Caller):
    """A client whose API answers from a script."""

    script: Script

    def start(self, **named: Any) -> Any:
        """Start a query."""
        return self.call(self.client, "start", a_query(), **named)

    def run(self, **named: Any) -> Any:
        """Run a query."""
        return self.call(self.client, "run", a_query(), **named)

    @property
    def log(self) -> list[str]:
        """The requests and pauses so far."""
        return self.script.clock.log


def a_query(**members: Any) -> DataQuery:
    """Make a query; the script decides what it returns."""
    return new_query(schedule_id="night-1", **members)


def new_query(**members: Any) -> DataQuery:
    """Make a query whose id is new, for an API that knows every other one."""
    return DataQuery(ds_id="WEATHER", fields=["date", "temp"], **members)


def scripted_client(
    backend: str, *steps: Step, takes: float = 0.0, knows_id: bool = False, **options: Any
) -> ScriptedClient:
    """Make a client whose API answers with these steps."""
    script = Script(list(steps), takes=takes, knows_id=knows_id)
    kind = QueryClient if backend == "sync" else AsyncQueryClient
    settings: dict[str, Any] = {"poll": STEADY, "base_url": BASE_URL, **options}
    transport = httpx.MockTransport(script)
    client = kind(KEY, clock=script.clock, http_options={"transport": transport}, **settings)
    client._context = evolve(client._context, draw=lambda: 0.5)
    perform = directly if backend == "sync" else in_loop(backend)
    return ScriptedClient(client, perform, script)
