"""Starting a query, and waiting for one."""

from typing import TYPE_CHECKING

import typer
from attrs import frozen

from ..errors import ConfigurationError
from . import options as o
from .durations import duration
from .output import Outlet, as_it_comes, outlet
from .sessions import Session

if TYPE_CHECKING:
    from supermetrics_query_api.models import DataQuery

    from .._core.run import Run

JSON = "json"


@frozen(kw_only=True)
class Order:
    """A query to start, in one of the formats of the API, how long to wait for it, and where its result goes."""

    query: "DataQuery"
    format: str
    timeout: float | None
    outlet: Outlet

    def name(self) -> "Run":
        """Name the run before anything is sent, so that it can be gone on with whatever happens."""
        from .._client.inputs import new_run

        run = new_run(self.query, self.format)
        self.query.schedule_id = run.schedule_id
        return run


def run(
    file: o.File = None,
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
    format: o.Format = JSON,
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
    if format != JSON and output:
        raise ConfigurationError("--output does not apply to --format, which takes what the API writes as it comes")
    order = Order(
        query=from_options(file, options),
        format=format,
        timeout=duration(timeout),
        outlet=outlet(output, to) if format == JSON else as_it_comes(format, to),
    )
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    (start if no_wait else run_to_end)(session, order)


def start(session: Session, order: Order) -> None:
    """Start a query and print its token."""
    with session.client() as client, session.going_on("wait", order.name()):
        typer.echo(client.start(order.query, format=order.format).token)


def run_to_end(session: Session, order: Order) -> None:
    """Start a query, wait for it, and write its result."""
    name, display = order.name(), session.display()
    with session.client(display) as client:
        with session.going_on("wait", name), display:
            query = client.run(order.query, format=order.format, timeout=order.timeout, on_progress=display.show)
        with session.going_on("rows", name):
            order.outlet.write_result(query)


def wait(
    query: o.Token,
    timeout: o.Timeout = o.LONGEST,
    key_file: o.KeyFile = None,
    base_url: o.BaseUrl = None,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Wait until a query has succeeded. It may have been started anywhere with the same key."""
    patience = duration(timeout)
    session = Session(key_file=key_file, base_url=base_url, quiet=quiet, verbose=verbose)
    with session.waited(query, patience) as handle:
        session.hint(f"To see its rows:\n  {session.command('rows', handle.token)}")
