"""What the service knows: its keys, its data sources, and every run of a query."""

import hashlib
import json
from collections.abc import Mapping

import attrs

from supermetrics_query.emulator.behaviour import Behaviour
from supermetrics_query.emulator.clock import Timeline
from supermetrics_query.emulator.journal import SeenRequest
from supermetrics_query.emulator.licence import Licence
from supermetrics_query.emulator.limits import Members
from supermetrics_query.emulator.plans import SUCCESS, Plan, planned
from supermetrics_query.emulator.problems import ServiceError, bad_request
from supermetrics_query.emulator.runs import Run
from supermetrics_query.emulator.selection import select
from supermetrics_query.emulator.sources import Source, weather

# These say how to deliver a query, not which one it is.
DELIVERY = {"schedule_id", "offset_start", "offset_end", "sync_timeout"}


@attrs.define(eq=False)
class World:
    """The memory of the service."""

    behaviour: Behaviour
    timeline: Timeline = attrs.field(init=False)
    keys: set[str] = attrs.field(init=False)
    sources: dict[str, Source] = attrs.field(init=False)
    licence: Licence = attrs.field(init=False)
    runs: dict[tuple[str, str], Run] = attrs.field(init=False, factory=dict)
    journal: list[SeenRequest] = attrs.field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        """Begin."""
        chosen = self.behaviour
        self.timeline = Timeline(chosen.clock, chosen.speed)
        self.keys = {chosen.key}
        self.sources = {"WEATHER": weather(), **chosen.sources}
        self.licence = Licence(chosen.concurrency)

    def start(self, key: str, form: str, query: Members) -> Run:
        """Run a query, or join the run of the same id that is under way or whose result is kept."""
        now = self.timeline.now()
        identity = _identity(form, query)
        schedule_id = str(query.get("schedule_id") or identity[:40])
        known = self.runs.get((key, schedule_id))
        if known and self._joins(known, identity, now):
            return known
        run = self._run(key, form, schedule_id, query)
        self.runs[key, schedule_id] = run
        return run

    def find(self, key: str, schedule_id: str) -> Run:
        """Return the run that a key has started under an id, while its status is kept."""
        run = self.runs.get((key, schedule_id))
        if run is None or self.timeline.now() >= run.times.ends + self.behaviour.result_seconds:
            raise ServiceError("STATUS_NOT_FOUND", status=self.behaviour.not_found_status)
        return run

    def _joins(self, run: Run, identity: str, now: float) -> bool:
        # That only one run exists at a time is documented; what becomes of an id after its run has ended is
        # not. Here the same query gets the kept result; another query, and one that ended badly, runs again.
        if not run.ended(now):
            return True
        kept = now < run.times.ends + self.behaviour.result_seconds
        return kept and run.outcome == SUCCESS and _identity(run.format, run.query) == identity

    def _run(self, key: str, form: str, schedule_id: str, query: Members) -> Run:
        source = self.sources.get(str(query["ds_id"]))
        if source is None:
            raise bad_request(
                f"The data source {query['ds_id']} is not known; there are {', '.join(self.sources)}."
            )
        plan = self._plan(query)
        return Run(
            schedule_id=schedule_id,
            key=key,
            format=form,
            query=query,
            selection=select(source, query, reorder=self.behaviour.reorder_columns),
            plan=plan,
            times=self.licence.admit(plan, self.timeline.now()),
        )

    def _plan(self, query: Members) -> Plan:
        chosen = self.behaviour.plan
        settings = query.get("settings")
        wishes = settings.get("emulator") if isinstance(settings, Mapping) else None
        return planned(chosen if isinstance(chosen, Plan) else chosen(query), wishes)


def _identity(form: str, query: Members) -> str:
    what = {name: value for name, value in query.items() if name not in DELIVERY}
    return hashlib.sha256(json.dumps([form, what], sort_keys=True).encode()).hexdigest()
