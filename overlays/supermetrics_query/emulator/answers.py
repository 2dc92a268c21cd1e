"""What is told about a run: its state at any time, and its rows once it has succeeded."""

from collections.abc import Iterable

import attrs

from .behaviour import SUCCESS
from .formats import DEFAULT_FORM, JSON, Form, dumped
from .links import NONE, Links
from .pages import EVERYTHING, Page, Window, page
from .problems import ServiceError, status_of
from .runs import Order, Run
from .selection import Selection, names
from .state import World

Body = dict[str, object]
AS_REQUESTED: Body = {
    "compare_type": "none",
    "compare_show": "perc_change",
    "compare_start_date": None,
    "compare_end_date": None,
    "cache_minutes": None,
}


@attrs.frozen
class Reply:
    """An answer that is not an error, in pieces that are made when they are sent."""

    status: int
    pieces: Iterable[bytes]
    media_type: str = JSON
    rows: int = 0


@attrs.frozen(kw_only=True)
class View:
    """A run as it is at one moment."""

    world: World
    run: Run
    now: float
    request_id: str

    @property
    def code(self) -> str:
        """The status code."""
        return self.run.code(self.now)

    def reply(self, form: Form = DEFAULT_FORM, shown: Window = EVERYTHING, paginate: Links = NONE) -> Reply:
        """Answer with the rows if there are any, else with the state; with an error if the plan wants it."""
        self._refuse_failed()
        if self.code != SUCCESS:
            return Reply(200, [dumped({"meta": self._state(), "data": []})])
        rows = self._page(form, shown if form.has_pages else EVERYTHING)
        meta = self._state() | _details(self.run) | {"paginate": paginate}
        return Reply(200, form.write(meta, rows), form.media_type, len(rows.rows))

    def _page(self, form: Form, shown: Window) -> Page:
        titled = form.has_titles and self.run.order.has_titles
        return page(self.run.result, shown, self.world.behaviour.header if titled else None)

    def _refuse_failed(self) -> None:
        plan = self.run.plan
        if self.run.ended(self.now) and self.code != SUCCESS and plan.error:
            status = plan.error_status or status_of(plan.error)
            raise ServiceError(plan.error, "The query failed.", status)

    def _state(self) -> Body:
        ready, total = self.run.progress(self.now)
        waiting, running = self.world.licence.workload(self.now)
        return {
            "request_id": self.request_id,
            "schedule_id": self.run.order.schedule_id,
            "status_code": self.code,
            "progress": {"queries_ready": ready, "queries_total": total},
            "workflow": {"tasks_scheduled": min(waiting, 1000), "tasks_running": min(running, 1000)},
        }


def _details(run: Run) -> Body:
    rows = len(run.result.rows)
    return {
        "query": _query(run.order, run.selection),
        "result": {
            "total_columns": len(run.result.columns) if rows else 0,
            "total_rows": rows,  # whether a header row counts is not documented; here it does not
            "run_seconds": round(run.times.ends - run.times.begins, 3),
            "data_sampled": False,
            "cache_used": False,
            "cache_time": None,
        },
    }


def _query(order: Order, selection: Selection) -> Body:
    defaults = {name: order.query.get(name, default) for name, default in AS_REQUESTED.items()}
    days = selection.days
    return defaults | {
        "start_date": days.first and days.first.isoformat(),
        "end_date": days.last and days.last.isoformat(),
        "ds_accounts": list(selection.accounts[:100]),
        "ds_segments": names(order.query.get("ds_segments"))[:1000],
        "fields": _fields(selection),
        "settings": order.settings or [],  # the API writes an empty object as an empty list
    }


def _fields(selection: Selection) -> list[Body]:
    return [
        {
            "id": column.id,
            "field_id": column.id,
            "field_name": column.name,
            "field_type": "met" if column.is_metric else "dim",
            "field_split": "row",
            "data_type": column.data_type,
            "data_column": selection.delivered.index(column),
            "visible": True,
        }
        for column in selection.requested
    ]
