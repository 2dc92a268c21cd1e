"""The bodies that describe a query."""

from collections.abc import Mapping

import attrs

from supermetrics_query.emulator.pages import Window, has_header, page
from supermetrics_query.emulator.plans import SUCCESS
from supermetrics_query.emulator.problems import ServiceError, status_of
from supermetrics_query.emulator.runs import Run
from supermetrics_query.emulator.selection import Selection
from supermetrics_query.emulator.world import World

Body = dict[str, object]
AS_REQUESTED: Body = {
    "compare_type": "none",
    "compare_show": "perc_change",
    "compare_start_date": None,
    "compare_end_date": None,
    "ds_segments": [],
    "cache_minutes": None,
}


@attrs.frozen(kw_only=True)
class Question:
    """A look at a run."""

    request_id: str
    now: float
    window: Window
    next_page: str | None = None


def answer(world: World, run: Run, question: Question) -> Body:
    """Describe a run; with its rows if it has succeeded."""
    refuse_failed(run, question.now)
    meta = {"request_id": question.request_id} | _state(world, run, question.now)
    if meta["status_code"] != SUCCESS:
        return {"meta": meta, "data": []}
    header = world.behaviour.header if has_header(run.query) else None
    return {"meta": meta | _details(run, question), "data": page(run.result, question.window, header)}


def refuse_failed(run: Run, now: float) -> None:
    """Raise the error of a run that has ended badly, if its plan has one."""
    code = run.plan.error
    if run.ended(now) and run.outcome != SUCCESS and code:
        raise ServiceError(code, "The query failed.", run.plan.error_status or status_of(code))


def _state(world: World, run: Run, now: float) -> Body:
    ready, total = run.progress(now)
    waiting, running = world.licence.workload(now)
    return {
        "schedule_id": run.schedule_id,
        "status_code": run.code(now),
        "progress": {"queries_ready": ready, "queries_total": total},
        "workflow": {"tasks_scheduled": min(waiting, 1000), "tasks_running": min(running, 1000)},
    }


def _details(run: Run, question: Question) -> Body:
    rows = len(run.result.rows)
    return {
        "query": _query(run.query, run.selection),
        "result": {
            "total_columns": len(run.result.columns) if rows else 0,
            "total_rows": rows,  # whether a header row counts is not documented; here it does not
            "run_seconds": round(run.times.ends - run.times.begins, 3),
            "data_sampled": False,
            "cache_used": False,
            "cache_time": None,
        },
        "paginate": {"prev": None, "next": question.next_page},
    }


def _query(query: Mapping[str, object], selection: Selection) -> Body:
    defaults = {name: query.get(name, default) for name, default in AS_REQUESTED.items()}
    return defaults | {
        "start_date": selection.first_day and selection.first_day.isoformat(),
        "end_date": selection.last_day and selection.last_day.isoformat(),
        "ds_accounts": list(selection.accounts),
        "fields": _fields(selection),
        "settings": query.get("settings") or [],  # the API writes an empty object as an empty list
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
