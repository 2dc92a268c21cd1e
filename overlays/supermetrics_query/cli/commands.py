"""The commands. What only one of them needs is imported when it runs, so that `--help` is fast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer
from attrs import frozen

from ..errors import ConfigurationError
from . import extras
from . import options as o
from .forms import Rows
from .options import duration
from .output import ENDINGS, Outlet, outlet, unchanged, without_parquet
from .session import Session, Start

if TYPE_CHECKING:
    from .. import DataQuery, QueryStatus

JSON = "json"


@frozen(kw_only=True)
class Order:
    """A query to start, in one of the formats of the API, how long to wait for it, and where its result goes."""

    query: "DataQuery"
    format: str
    timeout: float | None
    outlet: Outlet
    resume: str | None


def run(
    file: o.File = None,
    url: o.Url = None,
    ds_id: o.DsId = None,
    fields: o.Fields = None,
    accounts: o.Accounts = None,
    date_range: o.DateRange = None,
    start_date: o.FirstDay = None,
    end_date: o.LastDay = None,
    where: o.Filter = None,
    order_rows: o.OrderRows = None,
    max_rows: o.MaxRows = None,
    setting: o.Settings = None,
    segments: o.Segments = None,
    users: o.Users = None,
    compare: o.Compare = None,
    compare_show: o.CompareShow = None,
    compare_start_date: o.CompareFirst = None,
    compare_end_date: o.CompareLast = None,
    order_columns: o.OrderColumns = None,
    max_columns: o.MaxColumns = None,
    cache_minutes: o.Minutes = None,
    schedule_id: o.ScheduleId = None,
    output: o.OutputForm = None,
    to: o.To = None,
    format: o.Format = None,
    resume: o.Resume = None,
    no_wait: o.NoWait = False,
    timeout: o.Timeout = o.LONGEST,
    key_file: o.KeyFile = None,
    base_url: o.BaseUrl = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Start a query, wait until it has succeeded, and write its rows."""
    options = locals()
    from .queries import from_options

    if no_wait and (output or to):
        raise ConfigurationError("--no-wait writes no rows; leave out --output and --to, and use `rows` later")
    if format not in (None, JSON) and output:
        raise ConfigurationError("--output does not apply to --format, which writes the output of the API unchanged")
    asked = from_options(file, url, options)
    form = format or format_of(asked.format, output, to)
    order = Order(
        query=asked.query,
        format=form,
        timeout=duration(timeout),
        outlet=outlet(output, to) if form == JSON else unchanged(to),
        resume=resume,
    )
    order.outlet.check_format(form)
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    (start if no_wait else run_to_end)(session, order)


def format_of(pasted: str, output: o.OutputForm, to: o.To) -> str:
    """Return the format of a URL, or json where the rows are to be written in another form."""
    ending = None if to is None else ENDINGS.get(to.suffix.lower())
    return pasted if output is None and ending in (None, pasted) else JSON


def start(session: Session, order: Order) -> None:
    """Start a query and print its token."""
    sent = Start()
    with session.client(sent.on_event) as client, session.resumable("wait", sent):
        typer.echo(client.start(order.query, format=order.format, resume=order.resume).token)


def run_to_end(session: Session, order: Order) -> None:
    """Start a query, wait for it, and write its result."""
    sent, display = Start(), session.display()
    with session.client(sent.on_event, display.on_event) as client:
        with session.resumable("wait", sent), display:
            query = client.run(
                order.query,
                format=order.format,
                timeout=order.timeout,
                on_progress=display.show,
                resume=order.resume,
            )
        with session.resumable("rows", query):
            order.outlet.write_result(query)


def wait(
    query: o.Token,
    timeout: o.Timeout = o.LONGEST,
    key_file: o.KeyFile = None,
    base_url: o.BaseUrl = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Wait until a query has succeeded. Any process with the same key may have started it."""
    patience = duration(timeout)
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    display = session.display()
    with session.client(display.on_event) as client:
        handle = client.attach(query)
        session.wait(handle, patience, display)
        session.hint(f"To see its rows:\n  {session.command('rows', handle.token)}")


def status(
    query: o.Token,
    output: o.OutputForm = None,
    key_file: o.KeyFile = None,
    base_url: o.BaseUrl = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Poll a query once and print its status. The exit code of `wait --timeout 0` says how it ended."""
    target = outlet(output, None)
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    with session.client(page_size=1) as client:
        seen = columns_of(client.attach(query).refresh())
    # One object instead of a list, so that `jq .status` works.
    form = Outlet("ndjson") if target.form == o.Output.JSON else target
    form.write(Rows(list(seen), [[tuple(seen.values())]]))


def columns_of(status: "QueryStatus") -> Mapping[str, object]:
    """Return what a poll showed, by column."""
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
    """Wait for a query if it is still running, and write its rows."""
    patience, target = duration(timeout), outlet(output, to)
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    wait_and_write("rows", session, query, patience, target)


def download(
    query: o.Token,
    to: o.AnyFile = None,
    timeout: o.Timeout = o.LONGEST,
    key_file: o.KeyFile = None,
    base_url: o.BaseUrl = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Wait for a query if it is still running, and write its result in the format it was started with."""
    patience, target = duration(timeout), unchanged(to)
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    wait_and_write("download", session, query, patience, target)


def wait_and_write(command: str, session: Session, token: str, timeout: float | None, target: Outlet) -> None:
    """Wait for a query that was started before, and write its result. `command` is what to run again after Ctrl-C."""
    display = session.display()
    with session.client(display.on_event) as client:
        query = client.attach(token)
        target.check_format(query.format)
        session.wait(query, timeout, display)
        with session.resumable(command, query):
            target.write_result(query)


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
    """List the queries that the key has run, by default in the last 24 hours."""
    from .queries import items

    target = without_parquet(outlet(output, to))
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    with session.client() as client:
        found = client.history(
            ds_ids=items(ds_id) or None, status_codes=items(status) or None, since=since, until=until
        )
        entries = [entry.to_dict() for entry in found]
    keys = list(dict.fromkeys(key for entry in entries for key in entry if not key.startswith("@")))
    target.write(Rows(keys, [[[entry.get(key) for key in keys] for entry in entries]]))


def demo() -> None:
    """Run queries against a local emulator of the API: no key, no network."""
    extras.require("emulator")
    from .demo import show

    show()


def emulate(
    host: o.Host = "127.0.0.1",
    port: o.Port = 8765,
    key: o.EmulatorKey = "fake_key_of_the_emulator",
    source: o.Sources = None,
    plan: o.Plan = None,
    fault: o.Faults = None,
    speed: o.Speed = 1.0,
    concurrency: o.Concurrency = 1000,
    per_second: o.PerSecond = None,
    per_hour: o.PerHour = None,
    per_day: o.PerDay = None,
    default_max_rows: o.DefaultMaxRows = None,
    history_lag: o.HistoryLag = 0.0,
    history_omits: o.HistoryOmits = 0,
    today: o.Today = None,
    errors: o.Errors = o.Family.ENVELOPE,
) -> None:
    """Serve an emulator of the API until Ctrl-C, and print two lines to paste into another shell."""
    extras.require("emulator")
    from .serving import emulator_of, serve

    service = emulator_of(
        *(plan, source, today),
        {"key": key, "faults": fault or (), "speed": speed, "concurrency": concurrency, "errors": errors.value}
        | {"per_second": per_second, "per_hour": per_hour, "per_day": per_day, "default_max_rows": default_max_rows}
        | {"history_lag": history_lag, "history_omits": history_omits},
    )
    serve(service, host, port)
