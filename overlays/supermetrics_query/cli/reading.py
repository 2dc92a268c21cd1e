"""Polling queries that were started before, and reading their rows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import options as o
from .durations import duration
from .forms import Rows
from .output import Outlet, as_it_comes, outlet, without_parquet
from .sessions import Session

if TYPE_CHECKING:
    from .._models import QueryStatus


def status(
    query: o.Token,
    output: o.OutputForm = None,
    key_file: o.KeyFile = None,
    base_url: o.BaseUrl = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Poll once where a query stands. How it ended is told by `wait --timeout 0`."""
    target = outlet(output, None)
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    with session.client(page_size=1) as client:
        seen = told(client.attach(query).refresh())
    # One object and no list, so that `jq .status` finds it.
    form = Outlet("ndjson") if target.form == o.Output.JSON else target
    form.write(Rows(list(seen), [[tuple(seen.values())]]))


def told(status: "QueryStatus") -> Mapping[str, object]:
    """Return what a poll has shown, by column."""
    progress, workflow = status.progress, status.workflow
    return {
        "schedule_id": status.schedule_id,
        "status": str(status.code),
        "parts_ready": progress.ready if progress else None,
        "parts_total": progress.total if progress else None,
        "queue_waiting": workflow.scheduled if workflow else None,
        "queue_running": workflow.running if workflow else None,
        "request_id": status.request_id,
    }


def rows(
    query: o.Token,
    output: o.OutputForm = None,
    to: o.To = None,
    timeout: o.Timeout = o.LONGEST,
    key_file: o.KeyFile = None,
    base_url: o.BaseUrl = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Write the rows of a query, after waiting for it where it has not ended."""
    patience, target = duration(timeout), outlet(output, to)
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    with session.waited(query, patience) as handle, session.going_on("rows", handle):
        target.write_result(handle)


def download(
    query: o.Token,
    to: o.AnyFile = None,
    timeout: o.Timeout = o.LONGEST,
    key_file: o.KeyFile = None,
    base_url: o.BaseUrl = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Write the result of a query as the API writes it, in the format that the query was started with."""
    from .._core.run import decode_token

    patience, target = duration(timeout), as_it_comes(decode_token(query).format, to)
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    with session.waited(query, patience) as handle, session.going_on("download", handle):
        target.write_result(handle)


def history(
    ds_id: o.HistoryIds = None,
    status: o.HistoryStatus = None,
    since: o.Since = None,
    until: o.Until = None,
    output: o.OutputForm = None,
    to: o.To = None,
    key_file: o.KeyFile = None,
    base_url: o.BaseUrl = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """List the queries that the key has run, the last 24 hours unless told otherwise."""
    from .queries import day, items

    target = without_parquet(outlet(output, to))
    span = {
        name: None if value is None else day(f"--{name}", value) for name, value in (("since", since), ("until", until))
    }
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    with session.client() as client:
        found = client.history(ds_ids=items(ds_id) or None, status_codes=items(status) or None, **span)
        entries = [entry.to_dict() for entry in found]
    keys = list(dict.fromkeys(key for entry in entries for key in entry if not key.startswith("@")))
    target.write(Rows(keys, [[[entry.get(key) for key in keys] for entry in entries]]))
