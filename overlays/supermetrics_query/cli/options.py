"""The options of the commands, as annotations."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

from typer import Argument, Option

from ..errors import ConfigurationError

QUERY, RESULT, CONNECTION = "What to fetch", "The result", "The connection"


class Output(StrEnum):
    """The form in which rows are written."""

    TABLE = "table"
    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"


# The query that was started before, and how to reach the API.
Token: TypeAlias = Annotated[str, Argument(metavar="QUERY", help="A schedule id, or a token.", show_default=False)]
KeyFile: TypeAlias = Annotated[
    Path | None,
    Option(
        metavar="PATH",
        help="Read the API key from this file instead of SUPERMETRICS_API_KEY.",
        rich_help_panel=CONNECTION,
    ),
]
BaseUrl: TypeAlias = Annotated[
    str | None,
    Option(
        metavar="URL",
        help="Base URL of the API; by default SUPERMETRICS_BASE_URL, if that is set.",
        rich_help_panel=CONNECTION,
    ),
]
Quiet: TypeAlias = Annotated[
    bool, Option("--quiet", "-q", help="Print neither progress nor hints.", rich_help_panel=CONNECTION)
]
Verbose: TypeAlias = Annotated[
    bool, Option("--verbose", "-v", help="Log every request and event to stderr.", rich_help_panel=CONNECTION)
]

LONGEST = "255m"  # DEFAULT_WAIT, because a query may run for four hours

# How long to wait, and where the result goes.
Timeout: TypeAlias = Annotated[
    str,
    Option(metavar="TIME", help="How long to wait: 90, 15m, 4h, never; 0 polls once.", rich_help_panel=CONNECTION),
]
OutputForm: TypeAlias = Annotated[
    Output | None,
    Option(
        "--output",
        "-o",
        help="Form of the rows; by default a table on a terminal, csv in a pipe.",
        rich_help_panel=RESULT,
    ),
]
To: TypeAlias = Annotated[
    Path | None,
    Option(
        metavar="FILE",
        help="Write a .csv, .ndjson, .json or .parquet file, complete or not at all.",
        rich_help_panel=RESULT,
    ),
]
Format: TypeAlias = Annotated[
    str | None,
    Option(
        metavar="NAME",
        help="A format of the API, such as csv or parquet, written unchanged; by default json, or that of --url.",
        rich_help_panel=RESULT,
    ),
]
Resume: TypeAlias = Annotated[
    str | None,
    Option(
        metavar="NAME",
        help="Start the query only if the same one with this name is not running and has no result that is kept.",
        rich_help_panel=RESULT,
    ),
]
NoWait: TypeAlias = Annotated[
    bool, Option("--no-wait", help="Print the token of the query and exit.", rich_help_panel=RESULT)
]

# What to fetch. Lists may be written with commas or by repeating the option.
Ids: TypeAlias = list[str] | None
File: TypeAlias = Annotated[
    str | None,
    Option(
        metavar="PATH",
        help="Read the query from a JSON or YAML file; - is stdin. Options override it.",
        rich_help_panel=QUERY,
    ),
]
Url: TypeAlias = Annotated[
    str | None,
    Option(
        "--url",
        metavar="URL",
        help="Read the query from a URL of the API; - is stdin, which keeps it out of the history. Options override "
        "it. A key in it is not used.",
        rich_help_panel=QUERY,
    ),
]
DsId: TypeAlias = Annotated[
    str | None, Option(metavar="ID", help="The data source, such as GAWA.", rich_help_panel=QUERY)
]
Fields: TypeAlias = Annotated[Ids, Option(metavar="ID,...", help="Field ids.", rich_help_panel=QUERY)]
Accounts: TypeAlias = Annotated[
    Ids, Option(metavar="ID,...", help="Account ids, or a list such as list.all_accounts.", rich_help_panel=QUERY)
]
Segments: TypeAlias = Annotated[Ids, Option(metavar="ID,...", help="Segment ids.", rich_help_panel=QUERY)]
Users: TypeAlias = Annotated[
    Ids, Option(metavar="LOGIN,...", help="Logins that the query may use.", rich_help_panel=QUERY)
]
DateRange: TypeAlias = Annotated[
    str | None, Option(metavar="NAME", help="A date range such as last_month.", rich_help_panel=QUERY)
]
FirstDay: TypeAlias = Annotated[
    str | None, Option(metavar="DAY", help="The first day: 2026-11-01, yesterday ...", rich_help_panel=QUERY)
]
LastDay: TypeAlias = Annotated[str | None, Option(metavar="DAY", help="The last day.", rich_help_panel=QUERY)]
CompareFirst: TypeAlias = Annotated[
    str | None, Option(metavar="DAY", help="The first day to compare with.", rich_help_panel=QUERY)
]
CompareLast: TypeAlias = Annotated[
    str | None, Option(metavar="DAY", help="The last day to compare with.", rich_help_panel=QUERY)
]
Compare: TypeAlias = Annotated[
    str | None, Option(metavar="NAME", help="What to compare with, such as prev_range.", rich_help_panel=QUERY)
]
CompareShow: TypeAlias = Annotated[
    str | None, Option(metavar="NAME", help="How to show a comparison, such as perc_change.", rich_help_panel=QUERY)
]
Filter: TypeAlias = Annotated[
    str | None, Option("--filter", metavar="TEXT", help="A condition, such as 'clicks > 10'.", rich_help_panel=QUERY)
]
OrderRows: TypeAlias = Annotated[
    Ids, Option(metavar="TEXT,...", help="Order of the rows, such as 'sessions desc'.", rich_help_panel=QUERY)
]
OrderColumns: TypeAlias = Annotated[
    str | None, Option(metavar="TEXT", help="Order of the columns that a split makes.", rich_help_panel=QUERY)
]
MaxRows: TypeAlias = Annotated[
    int | None, Option(metavar="N", help="The maximum number of rows.", rich_help_panel=QUERY)
]
MaxColumns: TypeAlias = Annotated[
    int | None, Option(metavar="N", help="The maximum number of columns.", rich_help_panel=QUERY)
]
Minutes: TypeAlias = Annotated[
    int | None, Option(metavar="N", help="The maximum age of cached data, in minutes.", rich_help_panel=QUERY)
]
ScheduleId: TypeAlias = Annotated[
    str | None, Option(metavar="ID", help="An id for this run; by default a random one.", rich_help_panel=QUERY)
]
Settings: TypeAlias = Annotated[
    Ids,
    Option(
        metavar="KEY=VALUE",
        help="A setting; the value is read as JSON, or else as text. Repeatable.",
        rich_help_panel=QUERY,
    ),
]

# What a history holds.
HistoryIds: TypeAlias = Annotated[Ids, Option("--ds-id", metavar="ID,...", help="Only these data sources.")]
HistoryStatus: TypeAlias = Annotated[Ids, Option(metavar="CODE,...", help="Only these status codes, such as FAILURE.")]
Since: TypeAlias = Annotated[
    str | None,
    Option(metavar="TIME", help="Start of the period, such as 2026-11-01 or yesterday; by default the last 24 hours."),
]
Until: TypeAlias = Annotated[str | None, Option(metavar="TIME", help="End of the period.")]


# How the emulator behaves.
class Family(StrEnum):
    """The format of the error responses of the emulator."""

    ENVELOPE = "envelope"
    PROBLEM = "problem"
    STRING = "string"


Host: TypeAlias = Annotated[
    str,
    Option(metavar="ADDRESS", help="The address to listen on. Clients send a key over plain http to loopback only."),
]
Port: TypeAlias = Annotated[
    int, Option(metavar="N", help="The port to listen on; 0 takes a free one.", min=0, max=65535)
]
EmulatorKey: TypeAlias = Annotated[
    str, Option(metavar="TEXT", help="The key that the emulator accepts. It is not a secret.")
]
Sources: TypeAlias = Annotated[
    Ids, Option(metavar="ID=FILE", help="A data source from a CSV file, besides WEATHER and NUMBERS. Repeatable.")
]
Plan: TypeAlias = Annotated[
    Ids, Option(metavar="KEY=VALUE", help="How queries run: run_seconds=20, parts=8, outcome=FAILURE ... Repeatable.")
]
Faults: TypeAlias = Annotated[
    Ids, Option(metavar="SPEC", help="A fault to inject, such as 'status:3*503' or 'start:lost'. Repeatable.")
]
Speed: TypeAlias = Annotated[float, Option(metavar="X", help="How many times faster than real time its clock runs.")]
Concurrency: TypeAlias = Annotated[int, Option(metavar="N", help="How many queries the licence runs at a time.", min=1)]
PerSecond: TypeAlias = Annotated[int | None, Option(metavar="N", help="Requests a second that a key may send.", min=1)]
PerHour: TypeAlias = Annotated[int | None, Option(metavar="N", help="Requests an hour that a key may send.", min=1)]
PerDay: TypeAlias = Annotated[int | None, Option(metavar="N", help="Queries a day that a data source allows.", min=1)]
DefaultMaxRows: TypeAlias = Annotated[
    int | None,
    Option(metavar="N", help="How many rows a query gets that does not say max_rows; by default all.", min=1),
]
HistoryLag: TypeAlias = Annotated[float, Option(metavar="SECONDS", help="How much later its history knows.", min=0)]
HistoryOmits: TypeAlias = Annotated[int, Option(metavar="N", help="Leave every Nth query out of its history.", min=0)]
Today: TypeAlias = Annotated[
    str | None,
    Option(metavar="DAY", help="The day that relative dates count from; by default the last day of the data."),
]
Errors: TypeAlias = Annotated[Family, Option(help="The format of its error responses.")]
AnyFile: TypeAlias = Annotated[
    Path | None,
    Option(
        "--to",
        metavar="FILE",
        help="Write to this file, complete or not at all; by default to stdout.",
        rich_help_panel=RESULT,
    ),
]


UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")


def duration(text: str) -> float | None:
    """Return a duration in seconds, None for `never`."""
    if text == "never":
        return None
    found = DURATION.fullmatch(text)
    if found is None:
        raise ConfigurationError(f"--timeout must be like 90, 15m, 4h or never, not {text!r}")
    return float(found[1]) * UNITS[found[2]]
