"""The demonstration: a query from its start to its rows, one that fails, and one whose result has expired."""

from itertools import islice

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .. import DataQuery, PollPolicy, Query, QueryClient, QuerySettings
from ..emulator import Emulator, Plan
from ..errors import SupermetricsQueryError
from .progress import Display
from .session import Session

SLOW = Plan(scheduled_seconds=0.3, queued_seconds=0.7, run_seconds=4.0, parts=8)
QUICK = {"scheduled_seconds": 0, "queued_seconds": 0, "run_seconds": 0.2}
SHOWN_ROWS = 8
ONE_HOUR = 3600.0


def show() -> None:
    """Run the demonstration; data goes to stdout, progress to stderr."""
    console = Console()
    display = Session().display()
    with Emulator(plan=SLOW) as service, client_of(service, display) as client:
        console.print(f"The emulator answers at {service.url}", style="dim", highlight=False)
        show_success(console, client, display)
        show_failure(console, client)
        show_expiry(console, client, service)


def client_of(service: Emulator, display: Display) -> QueryClient:
    """Return a client that polls often enough for the bar to move."""
    often = PollPolicy(first=0.25, floor=0.25)
    return QueryClient(service.key, base_url=service.url, poll=often, on_event=display.on_event)


def weather(**settings: object) -> DataQuery:
    """Return a query for the weather at an airport; `settings` say how the emulator runs it."""
    query = DataQuery(
        ds_id="WEATHER",
        ds_accounts=["JFK"],
        fields=["date", "hour", "temp", "wind_speed", "precip"],
        start_date="2013-01-01",
        end_date="2013-12-31",
    )
    if settings:
        query.settings = QuerySettings.from_dict({"emulator": {**QUICK, **settings}})
    return query


def show_success(console: Console, client: QueryClient, display: Display) -> None:
    """Run a query with a progress bar and print its first rows."""
    query = client.start(weather())
    with display:
        query.wait()
    rows = list(query.rows())
    table = Table(*(escape(column.name or column.key) for column in query.columns))
    for row in islice(rows, SHOWN_ROWS):
        table.add_row(*("" if cell is None else escape(str(cell)) for cell in row.values()))
    console.print(table)
    console.print(f"{len(rows)} rows; the first {min(SHOWN_ROWS, len(rows))} are shown")


def show_failure(console: Console, client: QueryClient) -> None:
    """Print the exception of a query that fails."""
    show_error(console, "A query that fails", client.start(weather(outcome="FAILURE", error="QUERY_ERROR")))


def show_expiry(console: Console, client: QueryClient, service: Emulator) -> None:
    """Print the exception of a query whose result has expired."""
    query = client.run(weather(outcome="SUCCESS"))
    service.advance(ONE_HOUR + 1)
    show_error(console, "A query that ended more than an hour ago", client.attach(query.token))


def show_error(console: Console, title: str, query: Query) -> None:
    """Wait for a query that fails, and print the exception."""
    console.print(f"\n{title}:", style="bold")
    try:
        query.wait()
    except SupermetricsQueryError as error:
        console.print(f"{type(error).__name__}: {error}", markup=False, highlight=False, soft_wrap=True)
