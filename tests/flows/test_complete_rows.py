"""A result is whole, or the caller hears that it may not be: where rows end at a limit that nobody asked for."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import (
    ConfigurationError,
    DataQuery,
    PollPolicy,
    QueryClient,
    QueryError,
    RowLimitReached,
    RowLimitWarning,
    log_events,
)
from supermetrics_query._core.completeness import row_limit
from supermetrics_query._core.run import Ticket
from supermetrics_query.emulator import INSTANT, Emulator
from supermetrics_query.events import Event
from supermetrics_query_api.models import QueryResponse

from tests.support.answers import FIELDS, about, success
from tests.support.calling import Caller, calling, each_async_backend
from tests.support.scripted import BASE_URL, KEY, a_query, new_query, scripted_client
from tests.support.table import CONVENTIONS, without

ALL_ROWS, OBSERVED = 1_000_000, 1_000
BOTH_AIRPORTS = DataQuery(ds_id="WEATHER", ds_accounts=["JFK", "LGA"], fields=["date", "airport", "temp"])
COUNT = 2_181  # of the rows of both airports
LIVELY = PollPolicy(first=0.01, floor=0.01, ceiling=0.05, jitter=0)


def numbers(rows: int, **members: Any) -> DataQuery:
    """Make a query with so many rows."""
    return DataQuery(ds_id="NUMBERS", settings={"rows": rows, "columns": 2}, **members)


@define
class Heard:
    """A caller whose API stops at 1,000 rows unless a query says `max_rows`, and the limits that were reported."""

    caller: Caller
    service: Emulator
    events: list[Event]

    @property
    def limits(self) -> list[int]:
        """The limits in the events, in their order."""
        return [event.limit for event in self.events if isinstance(event, RowLimitReached)]

    def run(self, query: DataQuery, **options: Any) -> Any:
        """Run a query."""
        return self.caller.call(self.caller.client, "run", query, **options)

    def read(self, query: Any, method: str = "rows", **options: Any) -> list[Any]:
        """Read a query to its end; return what came, once the warnings have been found to be those of the events."""
        before = len(self.limits)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            items = self.caller.collect(query, method, **options)
        assert [warning.category for warning in caught] == [RowLimitWarning] * (len(self.limits) - before)
        return items


@contextmanager
def hearing(stack: str, **options: Any) -> Iterator[Heard]:
    """Open a client of an API that stops at 1,000 rows."""
    events: list[Event] = []
    with (
        Emulator(plan=INSTANT, default_max_rows=OBSERVED) as service,
        calling(stack, service.key, base_url=service.url, poll=LIVELY, on_event=events.append, **options) as caller,
    ):
        yield Heard(caller, service, events)


@pytest.fixture
def heard(stack: str) -> Iterator[Heard]:
    """Open a client of each kind."""
    with hearing(stack) as opened:
        yield opened


def test_all_rows_come_from_an_api_that_stops_at_1000_without_max_rows(heard: Heard) -> None:
    query = heard.run(BOTH_AIRPORTS)
    assert len(heard.read(query)) == COUNT
    assert sum(len(page.rows) for page in heard.read(query, "pages")) == COUNT
    assert heard.caller.call(query, "to_arrow").num_rows == COUNT
    assert len(heard.caller.call(query, "to_pandas")) == COUNT
    assert heard.caller.call(query, "to_polars").height == COUNT
    assert (heard.limits, query.row_limit) == ([], None)


@pytest.mark.parametrize("format", ["csv", "tsv", "ndjson", "json"])
def test_a_download_has_all_rows_in_every_format(heard: Heard, format: str) -> None:
    query, file = heard.run(BOTH_AIRPORTS, format=format), io.BytesIO()
    heard.caller.call(query, "download", file)
    content = file.getvalue()
    found = len(json.loads(content)["data"]) - 1 if format == "json" else content.count(b"\n") - (format != "ndjson")
    assert (found, heard.limits, query.row_limit) == (COUNT, [], None)


def test_all_rows_of_many_queries_come(heard: Heard) -> None:
    queries = heard.caller.collect(heard.caller.client, "run_many", [BOTH_AIRPORTS, numbers(1_234)])
    assert sorted(len(heard.read(query)) for query in queries) == [1_234, COUNT]
    sent = [request.json for request in heard.service.requests if request.operation == "start"]
    assert [isinstance(body, dict) and body["max_rows"] for body in sent] == [ALL_ROWS, ALL_ROWS]


@pytest.mark.parametrize("rows", [OBSERVED - 1, OBSERVED, OBSERVED + 1, 2 * OBSERVED])
def test_rows_that_end_at_a_limit_that_nobody_asked_for_are_reported_once(heard: Heard, rows: int) -> None:
    query = heard.run(numbers(rows))
    assert query.row_limit is None
    assert [len(heard.read(query)) for _ in range(2)] == [rows, rows]
    expected = [OBSERVED] if rows == OBSERVED else []
    assert heard.limits == expected
    assert query.row_limit == next(iter(expected), None)


@pytest.mark.parametrize("rows", [OBSERVED, OBSERVED + 1, 2 * OBSERVED])
def test_who_gets_as_many_rows_as_he_asked_for_hears_nothing(heard: Heard, rows: int) -> None:
    query = heard.run(numbers(rows, max_rows=OBSERVED))
    assert len(heard.read(query)) == OBSERVED
    with warnings.catch_warnings():
        heard.caller.call(query, "download", io.BytesIO())
    assert (heard.limits, query.row_limit) == ([], None)


@pytest.mark.parametrize("asked", [OBSERVED + 1, 5 * OBSERVED, ALL_ROWS])
def test_who_asks_for_more_hears_of_rows_that_end_at_a_limit_as_if_he_had_not_asked(heard: Heard, asked: int) -> None:
    for rows, limits in ((OBSERVED - 1, []), (OBSERVED, [OBSERVED])):
        query = heard.run(numbers(rows, max_rows=asked))
        assert len(heard.read(query)) == rows
        assert heard.limits == limits
    token_only = heard.caller.client.attach(query.token)
    assert len(heard.read(token_only)) == OBSERVED
    assert heard.limits == [OBSERVED, OBSERVED]
    file = heard.run(numbers(OBSERVED, max_rows=asked), format="csv")
    with pytest.warns(RowLimitWarning, match="max_rows=1000 in the query says that you want no more"):
        heard.caller.call(file, "download", io.BytesIO())


def test_a_filter_silences_the_warning_and_the_event_stays(heard: Heard) -> None:
    query = heard.run(numbers(OBSERVED, max_rows=ALL_ROWS))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", category=RowLimitWarning)
        assert len(heard.caller.collect(query, "rows")) == OBSERVED
    assert (caught, heard.limits) == ([], [OBSERVED])


def test_a_token_knows_what_was_asked_for_and_an_id_does_not(heard: Heard) -> None:
    query = heard.run(numbers(OBSERVED, max_rows=OBSERVED))
    client = heard.caller.client
    assert len(heard.read(client.attach(query.token))) == OBSERVED
    assert heard.limits == []
    stranger = client.attach(query.schedule_id)
    assert len(heard.read(stranger)) == OBSERVED
    assert (heard.limits, stranger.row_limit) == ([OBSERVED], OBSERVED)


@pytest.mark.parametrize("page_size", [10, OBSERVED, OBSERVED + 1, OBSERVED + 2, 10_000])
@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_download_is_judged_by_what_the_poll_has_shown(stack: str, format: str, page_size: int) -> None:
    with hearing(stack, page_size=page_size) as heard:
        for rows, limits in ((OBSERVED - 1, []), (OBSERVED + 1, []), (OBSERVED, [OBSERVED])):
            query, file = heard.run(numbers(rows), format=format), io.BytesIO()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                heard.caller.call(query, "download", file)
            assert file.getvalue()
            assert heard.limits == limits
            assert [warning.category for warning in caught] == [RowLimitWarning] * len(limits)


def test_our_own_maximum_is_a_limit_that_nobody_asked_for(stack: str) -> None:
    with hearing(stack, page_size=10) as heard:
        for rows, limits in ((ALL_ROWS - 1, []), (ALL_ROWS, [ALL_ROWS])):
            assert len(heard.read(heard.run(numbers(rows)), start=rows - 5)) == 5
            assert heard.limits == limits


def test_a_reading_that_begins_beyond_the_end_says_nothing_of_it(heard: Heard) -> None:
    query = heard.run(numbers(5))
    assert heard.read(query, start=OBSERVED) == []
    assert heard.limits == []


def test_the_part_that_a_caller_asked_for_ends_where_he_wants(heard: Heard) -> None:
    for last, limits in ((OBSERVED - 1, []), (OBSERVED, []), (3 * OBSERVED, [OBSERVED])):
        query = heard.run(numbers(OBSERVED, offset_end=last))
        assert len(heard.read(query)) == min(last, OBSERVED)  # the header takes an offset
        assert heard.limits == limits


def test_the_warning_names_the_line_that_reads_the_rows() -> None:
    with hearing("sync") as heard, pytest.warns(RowLimitWarning, match="has exactly 1000 rows") as caught:
        list(heard.run(numbers(OBSERVED)).rows())
    assert [Path(warning.filename) for warning in caught] == [Path(__file__)]


@pytest.mark.parametrize("method", ["rows", "to_arrow"])
@each_async_backend
def test_the_warning_names_the_line_that_reads_the_rows_in_async_code(backend: str, method: str) -> None:
    with hearing(backend) as heard:
        query = heard.run(numbers(OBSERVED))

        async def read() -> None:
            result = getattr(query, method)()
            if method == "rows":
                assert len([row async for row in result]) == OBSERVED
            else:
                assert (await result).num_rows == OBSERVED

        with pytest.warns(RowLimitWarning) as caught:
            heard.caller.perform(read)
    assert [Path(warning.filename) for warning in caught] == [Path(__file__)]


def test_a_warning_that_is_an_error_comes_after_the_last_row(heard: Heard) -> None:
    query = heard.run(numbers(OBSERVED))
    with pytest.raises(RowLimitWarning):
        heard.caller.collect(query, "rows")
    assert (len(heard.caller.seen), query.row_limit) == (OBSERVED, OBSERVED)


def test_a_warning_that_is_an_error_leaves_the_whole_file(heard: Heard, tmp_path: Path) -> None:
    query, path = heard.run(numbers(OBSERVED), format="csv"), tmp_path / "numbers.csv"
    with pytest.raises(RowLimitWarning):
        heard.caller.call(query, "download", path)
    assert path.read_bytes().count(b"\n") == OBSERVED + 1
    assert [each.name for each in tmp_path.iterdir()] == ["numbers.csv"]


def test_the_event_is_logged_as_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with (
        Emulator(plan=INSTANT) as service,
        QueryClient(service.key, base_url=service.url, on_event=log_events) as client,
    ):
        query = client.run(numbers(OBSERVED))
        with pytest.warns(RowLimitWarning):
            assert query.to_arrow().num_rows == OBSERVED
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        f"RowLimitReached schedule_id={query.schedule_id} limit=1000"
    ]


# What is sent.

MEMBERS: Mapping[str, tuple[Mapping[str, Any], int]] = {
    "nothing": ({}, ALL_ROWS),
    "None": ({"max_rows": None}, ALL_ROWS),
    "a number": ({"max_rows": 5}, 5),
    "the maximum": ({"max_rows": ALL_ROWS}, ALL_ROWS),
    "a part": ({"offset_start": 10, "offset_end": 19}, ALL_ROWS),
    "a part and a number": ({"offset_start": 10, "offset_end": 19, "max_rows": 15}, 15),
}


@pytest.mark.parametrize("format", ["json", "csv", "parquet"])
@pytest.mark.parametrize(("members", "sent"), MEMBERS.values(), ids=MEMBERS)
def test_max_rows_is_in_the_body_of_each_start(
    backend: str, members: Mapping[str, Any], sent: int, format: str
) -> None:
    subject = scripted_client(backend, about("night-1", success()))
    query = a_query(**members)
    before = query.to_dict()
    handle = subject.call(subject.client, "start", query, format=format)
    body = json.loads(subject.script.seen[0].content)
    assert body["max_rows"] == sent
    assert handle.request is query
    assert query.to_dict() == before


def test_max_rows_that_was_set_like_an_item_is_that_of_the_caller() -> None:
    subject, query = scripted_client("sync", success()), a_query()
    query["max_rows"] = 7
    handle = subject.call(subject.client, "start", query)
    assert json.loads(subject.script.seen[0].content)["max_rows"] == 7
    assert subject.client.attach(handle.token).token == handle.token != a_token()


def a_token() -> str:
    """Return the token of a query that says nothing of `max_rows`."""
    return str(scripted_client("sync", success()).start().token)


def test_a_token_of_a_query_without_max_rows_is_what_it_was_before() -> None:
    assert a_token() == Ticket("night-1").token


@pytest.mark.parametrize("max_rows", [0, -1, ALL_ROWS + 1])
def test_a_token_with_a_limit_that_cannot_be_is_refused(max_rows: int) -> None:
    with QueryClient(KEY) as client, pytest.raises(ConfigurationError, match="max_rows must be"):
        client.attach(Ticket("night-1", max_rows=max_rows).token)


# What an answer says.


def answer(**details: Any) -> QueryResponse:
    """Make an answer whose query has such members."""
    return QueryResponse.from_dict(success([], FIELDS, **details).json())


CASES: Mapping[str, tuple[Ticket, Mapping[str, Any], int, int | None]] = {
    "fewer rows": (Ticket("q"), {}, 999, None),
    "no rows": (Ticket("q"), {}, 0, None),
    "as many as users saw": (Ticket("q"), {}, 1_000, 1_000),
    "as many as we ask for": (Ticket("q"), {}, ALL_ROWS, ALL_ROWS),
    "the API names a limit": (Ticket("q"), {"max_rows": 50}, 50, 50),
    "the API names a limit that was not reached": (Ticket("q"), {"max_rows": 50}, 49, None),
    "the API names a limit and ignores it": (Ticket("q"), {"max_rows": 50}, 51, None),
    "the API names what we sent, and may have kept to another": (Ticket("q"), {"max_rows": ALL_ROWS}, 1_000, 1_000),
    "asked for": (Ticket("q", max_rows=1_000), {}, 1_000, None),
    "asked for, and confirmed": (Ticket("q", max_rows=50), {"max_rows": 50}, 50, None),
    "asked for more than the API gives": (Ticket("q", max_rows=5_000), {"max_rows": 50}, 50, 50),
    "asked for more than users saw": (Ticket("q", max_rows=1_001), {}, 1_000, 1_000),
    "asked for more than users saw, and confirmed": (Ticket("q", max_rows=5_000), {"max_rows": 5_000}, 1_000, 1_000),
    "asked for the maximum": (Ticket("q", max_rows=ALL_ROWS), {}, ALL_ROWS, None),
    "asked for fewer than came": (Ticket("q", max_rows=999), {"max_rows": 1_000}, 1_000, None),
    "a limit of no meaning": (Ticket("q"), {"max_rows": "1000"}, 1_000, 1_000),
    "a limit that is true": (Ticket("q"), {"max_rows": True}, 1, None),
    "a part from elsewhere": (Ticket("q", first_row=1), {}, 1_000, None),
    "a part that is full": (Ticket("q", last_row=999), {}, 1_000, None),
    "a part that is not full": (Ticket("q", last_row=1_000), {}, 1_000, 1_000),
}


@pytest.mark.parametrize(("ticket", "details", "rows", "expected"), CASES.values(), ids=CASES)
def test_a_limit_is_one_that_was_in_force_and_that_nobody_asked_for(
    ticket: Ticket, details: Mapping[str, Any], rows: int, expected: int | None
) -> None:
    assert row_limit(ticket, answer(**details), rows) == expected


@define
class Api:
    """An API with a limit of its own, below what it is asked for; it says so, or counts the rows that it leaves out."""

    rows: list[Any]
    limit: int
    convention: Callable[..., list[Any]]
    is_named: bool
    is_counted: bool
    most: int = field(init=False, default=0)  # how many rows it gives

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content if request.method == "POST" else request.url.params["json"])
        if request.method == "POST":
            self.most = min(self.limit, asked["max_rows"])
        given = self.rows[: self.most]
        data = self.convention(given, asked["offset_start"], asked["offset_end"]) if given else []
        details = {"max_rows": self.most} if self.is_named else {}
        body = success(data, FIELDS, settings={"no_headers": self.convention is without}, **details).json()
        body["meta"]["result"] = {"total_rows": len(self.rows if self.is_counted else given)}
        return about(asked["schedule_id"], httpx.Response(200, json=body))


def client_of(api: Api, page_size: int = 10_000) -> QueryClient:
    """Make a client of an API."""
    transport = {"transport": httpx.MockTransport(api)}
    return QueryClient(KEY, base_url=BASE_URL, page_size=page_size, http_options=transport)


def came_from(api: Api, asked: int | None, page_size: int) -> tuple[list[Any], bool]:
    """Return the rows that came, and whether the caller heard that there may be more."""
    came: list[Any] = []
    with client_of(api, page_size) as client, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for page in client.run(new_query(max_rows=asked)).pages():
                came.extend(page.rows)
        except QueryError:
            return came, True
    return came, bool(caught)


@given(
    count=st.integers(0, 30),
    limit=st.integers(1, 30),
    asked=st.none() | st.integers(1, 30),
    convention=st.sampled_from(CONVENTIONS),
    says=st.sampled_from([(True, False), (True, True), (False, True)]),
    page_size=st.integers(2, 40),
)
def test_all_rows_come_or_the_caller_hears_of_it(
    count: int, limit: int, asked: int | None, convention: Any, says: tuple[bool, bool], page_size: int
) -> None:
    rows = [(f"day {number}", number) for number in range(count)]
    wanted = rows if asked is None else rows[:asked]
    came, is_loud = came_from(Api(rows, limit, convention, *says), asked, page_size)
    assert came == wanted[: len(came)]
    # Where the only word is `total_rows`, one row too few is none: the header may be counted.
    is_open = says == (False, True) and convention is not without and len(came) + 1 == len(wanted)
    assert came == wanted or is_loud or is_open
    if limit != count and ((asked is not None and asked <= limit) or count < limit):
        assert not is_loud


@pytest.mark.parametrize("asked", [3, None])
def test_a_promise_of_more_rows_than_were_asked_for_is_not_broken(asked: int | None) -> None:
    """It is not documented whether `total_rows` counts what a limit has left out."""
    api = Api([(f"day {number}", number) for number in range(9)], 3, without, False, True)
    with client_of(api) as client:
        query = client.run(new_query(max_rows=asked))
        with nullcontext() if asked else pytest.raises(QueryError, match="had promised 9"):
            assert len(list(query.rows())) == 3


@pytest.mark.parametrize("asked", [None, 2 * OBSERVED, ALL_ROWS])
def test_rows_that_are_promised_beyond_a_limit_are_asked_for_in_parts_and_not_again(asked: int | None) -> None:
    api = Api([(f"day {number}", number) for number in range(2_500)], OBSERVED, without, False, True)
    with client_of(api) as client, pytest.raises(QueryError) as caught:
        list(client.run(new_query(max_rows=asked)).rows())
    promised = min(2_500, asked or ALL_ROWS)
    assert f"gave 1000 rows; the API had promised {promised} and gives no more; " in str(caught.value)
    assert "start" not in str(caught.value)
    assert str(caught.value).endswith("ask for fewer accounts or days at once, as split() does")


@pytest.mark.parametrize("asked", [None, OBSERVED + 1])
@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("rows", range(OBSERVED - 2, OBSERVED + 3))
@pytest.mark.parametrize("page_size", [333, 1_000, 1_001, 10_000])
def test_an_api_that_stops_at_1000_and_says_nothing_is_noticed(
    convention: Any, rows: int, page_size: int, asked: int | None
) -> None:
    api = Api([(f"day {number}", number) for number in range(rows)], OBSERVED, convention, False, False)
    with client_of(api, page_size) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", RowLimitWarning)
        query = client.run(new_query(max_rows=asked))
        assert len(list(query.rows())) == min(rows, OBSERVED)
    assert query.row_limit == (OBSERVED if rows >= OBSERVED else None)
