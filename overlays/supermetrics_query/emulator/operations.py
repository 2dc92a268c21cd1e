"""The operations of the API: from what was sent to what is answered, without any HTTP."""

from collections.abc import Awaitable, Callable, Mapping

import attrs

from supermetrics_query.emulator import limits
from supermetrics_query.emulator.answers import Body, Question, answer
from supermetrics_query.emulator.decoding import an_object, decoded, parameters
from supermetrics_query.emulator.pages import window
from supermetrics_query.emulator.problems import bad_request
from supermetrics_query.emulator.runs import Run
from supermetrics_query.emulator.world import World

DEFAULT_WAIT = 1800
FORMATS = {
    *("json", "keyjson", "ndjson", "csv", "tsv", "parquet", "html"),
    *("powerbi", "pbijson", "qlik", "tableau"),
}


@attrs.frozen(kw_only=True)
class Call:
    """A request that has passed the door."""

    key: str
    request_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@attrs.frozen
class Reply:
    """An answer that is not an error."""

    status: int
    body: Body


Operation = Callable[[World, Call], Awaitable[Reply]]


async def start(world: World, call: Call) -> Reply:
    """Start a query, and wait for its end as long as `sync_timeout` says."""
    form = call.path["format"]
    if form not in FORMATS:
        raise bad_request(f"The format {form} is not known; there are {', '.join(sorted(FORMATS))}.")
    query = an_object(decoded(call.body))
    limits.check(query, limits.QUERY, "ds_id")
    shown = window(query)
    run = world.start(call.key, form, query)
    now = await _waited(world, run, float(str(query.get("sync_timeout", DEFAULT_WAIT))))
    body = answer(world, run, Question(request_id=call.request_id, now=now, window=shown))
    accepted = 200 if world.behaviour.legacy_accepted else 202
    return Reply(200 if run.ended(now) else accepted, body)


async def look(world: World, call: Call) -> Reply:
    """Tell how far a query is."""
    sent = parameters(call.query)
    limits.check(sent, limits.STATUS, "schedule_id")
    shown = window(sent)
    run = world.find(call.key, str(sent["schedule_id"]))
    now = world.timeline.now()
    return Reply(200, answer(world, run, Question(request_id=call.request_id, now=now, window=shown)))


async def _waited(world: World, run: Run, patience: float) -> float:
    time = world.timeline
    await time.sleep_until(min(run.times.ends, time.now() + patience))
    return time.now()
