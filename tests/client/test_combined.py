"""The results of the parts read as one: the rows of the whole, under the same columns; what fails names its part."""

import pickle
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import (
    ApiError,
    AsyncCombined,
    AsyncQuery,
    AsyncQueryClient,
    BadRequestError,
    Combined,
    ConfigurationError,
    DataQuery,
    PollPolicy,
    Query,
    QueryClient,
    QueryError,
    QueryFailedError,
    ResultExpiredError,
    SupermetricsQueryError,
    WaitTimeoutError,
    combine,
    split,
)
from supermetrics_query._models import Column, Page
from supermetrics_query._results.arrow import TableBuilder
from supermetrics_query.emulator import INSTANT, Emulator, Plan, Source
from supermetrics_query.emulator.sources import DATE, FLOAT, INTEGER, TEXT
from supermetrics_query.emulator.sources import Column as SourceColumn
from supermetrics_query.testing import FakeClock

from tests.support.calling import Caller, calling, each_async_backend

LIVELY = PollPolicy(first=0.05, floor=0.05)
AIRPORTS = ["EWR", "JFK", "LGA"]
FIELDS = ["airport", "date", "hour", "temp", "wind_gust"]


def weather(**members: Any) -> DataQuery:
    dates = {"start_date": "2013-01-01", "end_date": "2013-02-28"}
    return DataQuery(**{"ds_id": "WEATHER", "ds_accounts": AIRPORTS, "fields": FIELDS, **dates, **members})


def failing(accounts: Collection[str]) -> Any:
    """Return how queries run: those of these accounts alone fail."""
    failure = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=0, outcome="FAILURE", error="QUERY_ERROR")
    return lambda query: failure if query["ds_accounts"] in [[each] for each in accounts] else INSTANT


@define
class Subject:
    """A client and the emulator, which share a clock."""

    service: Emulator
    caller: Caller

    def combined(self, parts: Iterable[DataQuery], **named: Any) -> Any:
        client: Any = self.caller.client
        return combine(client.run_many(parts, **named))

    def rows(self, combined: Any) -> list[Any]:
        return self.caller.collect(combined, "rows")

    def table(self, combined: Any, method: str = "to_arrow", **named: Any) -> Any:
        return self.caller.call(combined, method, **named)


@contextmanager
def subjects(stack: str, **behaviour: Any) -> Iterator[Subject]:
    clock = FakeClock()
    options: dict[str, Any] = {"clock": clock, "poll": LIVELY, "page_size": behaviour.pop("page_size", 50)}
    with (
        Emulator(**{"plan": INSTANT, "clock": clock, **behaviour}) as service,
        calling(stack, service.key, base_url=service.url, **options) as caller,
    ):
        yield Subject(service, caller)


def pickled(error: SupermetricsQueryError) -> SupermetricsQueryError:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert isinstance(again, SupermetricsQueryError)
    return again


def counted(rows: Sequence[Mapping[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row.items()) for row in rows)


@pytest.mark.parametrize("sizes", [{"by_account": 1}, {"by_days": 10}, {"by_account": 2, "by_days": 31}])
def test_the_rows_of_the_parts_are_the_rows_of_the_whole(stack: str, sizes: Any) -> None:
    with subjects(stack) as subject:
        whole = subject.caller.call(subject.caller.client, "run", weather())
        expected = subject.caller.collect(whole, "rows")
        combined = subject.combined(split(weather(), **sizes))
        given = subject.rows(combined)
        assert combined.failed == []
        assert counted(given) == counted(expected)
        assert len(given) > 300


def test_the_table_of_the_parts_is_the_table_of_the_whole(stack: str) -> None:
    with subjects(stack) as subject:
        whole = subject.table(subject.caller.call(subject.caller.client, "run", weather()))
        table = subject.table(subject.combined(split(weather(), by_account=1, by_days=20)))
        assert table.schema.equals(whole.schema, check_metadata=True)
        order = [(name, "ascending") for name in ("airport", "date", "hour")]
        assert table.sort_by(order).combine_chunks() == whole.sort_by(order).combine_chunks()


@pytest.mark.parametrize("failure", ["a failed query", "an unknown account"])
def test_a_part_that_fails_names_its_account_and_dates_and_leaves_the_others(stack: str, failure: str) -> None:
    accounts = [*AIRPORTS, "SFO"] if failure == "an unknown account" else AIRPORTS
    bad = "SFO" if failure == "an unknown account" else "JFK"
    with subjects(stack, plan=INSTANT if bad == "SFO" else failing([bad])) as subject:
        combined = subject.combined(split(weather(ds_accounts=accounts), by_account=1, by_days=59))
        rows = subject.rows(combined)
        assert {row["airport"] for row in rows} == {*accounts} - {bad}
        [query] = combined.failed
        assert isinstance(query.error, BadRequestError if bad == "SFO" else QueryFailedError)
        assert (query.part.accounts, str(query.part)) == ((bad,), f"account {bad}, 2013-01-01 to 2013-02-28")
        shown = "".join(traceback.format_exception(query.error))
        assert shown.count(f"part {accounts.index(bad) + 1} of {len(accounts)}: {query.part}") == 1
        assert f"{query.part}" in "".join(traceback.format_exception(pickled(query.error)))
        assert query.request.part is query.part


def test_an_error_of_a_part_that_is_run_by_itself_names_it_too(backend: str) -> None:
    with subjects(backend, plan=failing(["JFK"])) as subject:
        part = split(weather(), by_account=1)[1]
        with pytest.raises(QueryFailedError) as caught:
            subject.caller.call(subject.caller.client, "run", part)
        assert caught.value.__notes__ == ["part 2 of 3: account JFK, 2013-01-01 to 2013-02-28"]


def test_what_failed_can_be_run_again(backend: str) -> None:
    bad = ["JFK"]
    with subjects(backend, plan=failing(bad)) as subject:
        first = subject.combined(split(weather(), by_account=1))
        rows = subject.rows(first)
        bad.clear()
        again = subject.combined([query.request for query in first.failed])
        rows = [*rows, *subject.rows(again)]
        whole = subject.caller.call(subject.caller.client, "run", weather())
        assert counted(rows) == counted(subject.caller.collect(whole, "rows"))
        assert [query.part.number for query in first.failed] == [2]


def test_a_part_that_times_out_is_among_those_that_failed_and_is_not_waited_for(backend: str) -> None:
    endless = Plan(scheduled_seconds=0, queued_seconds=0, run_seconds=100_000)
    plan = lambda query: endless if query["ds_accounts"] == ["LGA"] else INSTANT  # noqa: E731
    with subjects(backend, plan=plan) as subject:
        combined = subject.combined(split(weather(), by_account=1), timeout=20)
        rows = subject.rows(combined)
        assert {row["airport"] for row in rows} == {"EWR", "JFK"}
        assert [(type(query.error), query.part.accounts) for query in combined.failed] == [(WaitTimeoutError, ("LGA",))]


@pytest.mark.parametrize("method", ["rows", "to_arrow"])
def test_a_part_that_fails_while_it_is_read_counts_as_a_whole(method: str) -> None:
    with subjects("sync", page_size=20) as subject:
        client: Any = subject.caller.client
        bad, good = (client.run(part) for part in split(weather(), by_account=2))
        subject.service.fault("status:1*400")  # the second page of the first query
        combined = combine([bad, good])
        rows = list(combined.rows()) if method == "rows" else combined.to_arrow().to_pylist()
        assert {row["airport"] for row in rows} == {"LGA"}
        assert combined.failed == [bad]
        assert isinstance(bad.error, SupermetricsQueryError)
        assert bad.error.__notes__ == ["part 1 of 2: accounts EWR, JFK, 2013-01-01 to 2013-02-28"]


def test_a_part_that_could_not_be_read_can_be_read_again() -> None:
    with subjects("sync", page_size=20) as subject:
        client: Any = subject.caller.client
        query = client.run(split(weather(), by_account=1)[0])
        subject.service.fault("status:every*503")
        combined = combine([query])
        assert list(combined.rows()) == []
        assert combined.failed == [query]
        assert isinstance(query.error, ApiError)
        subject.service.clear_faults()
        rows = list(combine(combined.failed).rows())
        assert len(rows) == query.status.response.meta.result.total_rows > 20
        assert query.error is None


def test_a_part_that_expires_before_it_is_read_has_delivered_nothing(backend: str) -> None:
    with subjects(backend, page_size=20) as subject:
        query = subject.caller.call(subject.caller.client, "run", split(weather(), by_days=40)[0])
        subject.service.advance(4000)
        combined = combined_one(query)
        assert subject.rows(combined) == []
        [failed] = combined.failed
        assert isinstance(failed.error, ResultExpiredError)
        assert failed.error.delivered == 0
        assert failed.error.__notes__ == ["part 1 of 2: accounts EWR, JFK, LGA, 2013-01-01 to 2013-02-09"]


def combined_one(query: Query | AsyncQuery) -> Any:
    """Return a query that is read like several."""
    return combine([query]) if isinstance(query, Query) else combine(one(query))


async def one(query: AsyncQuery) -> AsyncIterator[AsyncQuery]:
    yield query


def source(types: Sequence[str], rows: Sequence[Any], names: Sequence[str] = ("day", "value")) -> Source:
    columns = tuple(
        SourceColumn(name, kind, is_metric=kind in (INTEGER, FLOAT)) for name, kind in zip(names, types, strict=True)
    )
    return Source(columns, rows)


@contextmanager
def differing(stack: str, sources: Mapping[str, Source]) -> Iterator[tuple[Subject, DataQuery]]:
    """Serve another table for each account."""
    made = {"MIX": lambda query: sources[query["ds_accounts"][0]]}
    with subjects(stack, sources=made, reorder_columns=False) as subject:
        yield subject, DataQuery(ds_id="MIX", ds_accounts=list(sources))


UNIFIED: list[tuple[Sequence[Sequence[Any]], str, pa.DataType]] = [
    ([[1, 2], [2.5]], INTEGER, pa.float64()),
    ([[2.5], [1, 2]], INTEGER, pa.float64()),
    ([[None], [7]], INTEGER, pa.int64()),
    ([[7], [None, None]], INTEGER, pa.int64()),
    ([[], [7]], INTEGER, pa.int64()),
    ([[7], []], FLOAT, pa.float64()),
    ([[], []], INTEGER, pa.int64()),
    ([[None], [None]], TEXT, pa.string()),
    ([["2013-01-01"], ["(not set)"]], DATE, pa.string()),
    ([[1], ["many"]], INTEGER, pa.string()),
]


@pytest.mark.parametrize(("cells", "declared", "kind"), UNIFIED)
def test_a_column_has_one_type_that_holds_the_cells_of_every_part(
    backend: str, cells: Sequence[Sequence[Any]], declared: str, kind: pa.DataType
) -> None:
    sources = {f"{n}": source([TEXT, declared], [("a", cell) for cell in each]) for n, each in enumerate(cells)}
    with differing(backend, sources) as (subject, query):
        table = subject.table(subject.combined(split(query, by_account=1)))
        assert table.schema.names == ["day", "value"]
        assert table.schema.field("value").type == kind
        assert table.num_rows == sum(map(len, cells))


def test_parts_that_declare_different_types_have_one_in_the_table(backend: str) -> None:
    sources = {"1": source([TEXT, INTEGER], [("a", 1)]), "2": source([TEXT, FLOAT], [("b", 2.5)])}
    with differing(backend, sources) as (subject, query):
        table = subject.table(subject.combined(split(query, by_account=1)))
        assert sorted(table.column("value").to_pylist()) == [1.0, 2.5]


cells = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "5", "a"])


@given(st.lists(st.lists(cells, max_size=3), min_size=1, max_size=4), st.sampled_from([None, INTEGER, FLOAT, DATE]))
def test_the_type_of_a_column_does_not_depend_on_which_part_comes_first(
    parts: list[list[Any]], declared: str | None
) -> None:
    def type_of(order: Sequence[list[Any]]) -> pa.DataType:
        table = TableBuilder({}, lambda: [column])
        for each in order:
            if each:
                table.add(Page(start=0, columns=[column], rows=[(cell,) for cell in each]))
        return table.table().schema.field("value").type

    column = Column(key="value", index=0, data_type=declared)
    assert type_of(parts) == type_of(parts[::-1])


@pytest.mark.parametrize("method", ["rows", "to_arrow"])
@pytest.mark.parametrize("names", [("day", "cost"), ("day",), ("day", "value", "more"), ("cost", "day")])
def test_a_part_with_other_columns_is_refused_by_its_name(backend: str, method: str, names: Sequence[str]) -> None:
    other = source([TEXT] * len(names), [("a", "b", "c")[: len(names)]], names)
    sources = {"1": source([TEXT, TEXT], [("a", "1")]), "2": other}
    with differing(backend, sources) as (subject, query):
        combined = subject.combined(split(query, by_account=1), in_flight=1)
        with pytest.raises(QueryError, match=r"part 2 of 2 \(account 2\) has the columns .* part 1 of 2 \(account 1\)"):
            subject.rows(combined) if method == "rows" else subject.table(combined)


@pytest.mark.parametrize("method", ["rows", "to_arrow"])
@given(order=st.permutations(["day", "value", "cost", "place_2"]))
def test_cells_are_placed_by_the_key_of_their_column_whatever_its_place(method: str, order: list[str]) -> None:
    names = ["day", "value", "cost", "place_2"]
    tables = {"1": names, "2": order, "3": names}
    sources = {
        part: source([TEXT] * 4, [tuple(f"{name} {part}{row}" for name in columns) for row in range(5)], columns)
        for part, columns in tables.items()
    }
    with differing("sync", sources) as (subject, query):
        combined = subject.combined(split(query, by_account=1), in_flight=1)
        rows = subject.rows(combined) if method == "rows" else subject.table(combined).to_pylist()
    assert [[*row.items()] for row in rows] == [
        [(name, f"{name} {part}{row}") for name in names] for part in tables for row in range(5)
    ]


def test_a_column_keeps_its_type_where_a_part_has_it_in_another_place(backend: str) -> None:
    with differing(backend, SWAPPED) as (subject, query):
        combined = subject.combined(split(query, by_account=1), in_flight=1)
        table = subject.table(combined)
        assert table.schema.names == ["day", "value"]
        assert table.to_pylist() == [{"day": "a", "value": 1}, {"day": "b", "value": 2}]


SWAPPED = {
    "1": source([TEXT, INTEGER], [("a", 1)]),
    "2": source([INTEGER, TEXT], [(2, "b")], ("value", "day")),
}


@pytest.mark.parametrize("twins", [("column_2", "value"), ("value", "value_2")])
def test_columns_that_only_their_place_tells_apart_are_not_moved(backend: str, twins: tuple[str, str]) -> None:
    """`value_2` may be the second of two columns `value`, and which one that is another order does not say."""
    sources = {
        "1": source([TEXT] * 3, [("a", "1", "2")], ("day", *twins)),
        "2": source([TEXT] * 3, [("1", "2", "b")], (*twins, "day")),
    }
    with differing(backend, sources) as (subject, query):
        combined = subject.combined(split(query, by_account=1), in_flight=1)
        with pytest.raises(QueryError, match=r"part 2 of 2 \(account 2\) has the columns"):
            subject.rows(combined)
        assert len(subject.caller.seen) == 1


def test_a_part_without_rows_may_have_any_columns(backend: str) -> None:
    sources = {"1": source([TEXT], [], ("other",)), "2": source([TEXT, INTEGER], [("a", 1)])}
    with differing(backend, sources) as (subject, query):
        table = subject.table(subject.combined(split(query, by_account=1), in_flight=1))
        assert table.to_pylist() == [{"day": "a", "value": 1}]


def test_a_cell_that_does_not_fit_a_type_of_the_caller_names_its_part(backend: str) -> None:
    sources = {"1": source([TEXT, TEXT], [("a", "1")]), "2": source([TEXT, TEXT], [("b", "x")])}
    with differing(backend, sources) as (subject, query):
        combined = subject.combined(split(query, by_account=1), in_flight=1)
        with pytest.raises(QueryError, match="'x' does not fit int64") as caught:
            subject.table(combined, schema={"value": pa.int64()})
        assert caught.value.__notes__ == ["part 2 of 2: account 2"]


def test_pandas_and_polars_take_the_same_types(backend: str) -> None:
    with subjects(backend) as subject:
        frames = [
            subject.table(subject.combined(split(weather(), by_account=1)), f"to_{name}")
            for name in ("pandas", "polars")
        ]
        assert frames[0]["hour"].dtype == "Int64"
        assert frames[1].schema["date"] == pl.Date
        assert len(frames[0]) == len(frames[1]) > 300


def test_queries_are_read_once(backend: str) -> None:
    with subjects(backend) as subject:
        combined = subject.combined(split(weather(), by_account=1))
        assert subject.rows(combined)
        with pytest.raises(ConfigurationError, match="read already"):
            subject.rows(combined)


def test_rows_that_are_not_read_to_the_end_leave_no_stream_open() -> None:
    with subjects("sync") as subject:
        client: Any = subject.caller.client
        queries = client.run_many(split(weather(), by_days=1), in_flight=1)
        rows = combine(queries).rows()
        assert next(rows)
        rows.close()
        assert list(queries) == []
        assert sum(each.method == "POST" for each in subject.service.requests) < 10


@each_async_backend
def test_rows_that_are_not_read_to_the_end_leave_no_stream_open_in_async_code(backend: str) -> None:
    async def first(client: AsyncQueryClient) -> list[Any]:
        queries = client.run_many(split(weather(), by_days=1), in_flight=1)
        rows = combine(queries).rows()
        assert await anext(rows)
        await rows.aclose()
        return [query async for query in queries]

    with subjects(backend) as subject:
        assert subject.caller.perform(first, subject.caller.client) == []


def test_what_the_queries_raise_passes_through(backend: str) -> None:
    def parts() -> Iterator[DataQuery]:
        yield from split(weather(), by_account=2)
        raise LookupError("no more accounts")

    with subjects(backend) as subject:
        combined = subject.combined(parts())
        with pytest.raises(LookupError, match="no more accounts"):
            subject.rows(combined)
        assert {row["airport"] for row in subject.caller.seen} == {*AIRPORTS}


def test_queries_of_no_split_are_combined_too(backend: str) -> None:
    requests = [weather(ds_accounts=["EWR"]), weather(ds_accounts=["SFO"])]
    with subjects(backend) as subject:
        combined = subject.combined(requests)
        rows = subject.rows(combined)
        assert {row["airport"] for row in rows} == {"EWR"}
        assert [(query.part, query.error.code) for query in combined.failed] == [(None, "ACCOUNT_ID_INVALID")]
        assert not hasattr(combined.failed[0].error, "__notes__")


@pytest.mark.parametrize("bad", [None, 5, weather()])
def test_what_cannot_be_combined_is_refused(bad: Any) -> None:
    with pytest.raises(ConfigurationError, match="combine takes queries"):
        combine(bad)


def test_queries_of_the_other_client_are_refused() -> None:
    with QueryClient("key") as client:
        assert isinstance(combine([client.attach("night-1")]), Combined)
    queries: Any = [AsyncQueryClient("key").attach("night-1")]
    with pytest.raises(ConfigurationError, match="a query must be"):
        list(combine(queries).rows())
    assert isinstance(combine(AsyncQueryClient("key").run_many([])), AsyncCombined)


def test_a_nightly_range_is_split_for_the_day_that_the_caller_means(backend: str) -> None:
    with subjects(backend, today=date(2013, 3, 1)) as subject:
        whole = subject.caller.call(subject.caller.client, "run", relative := relative_weather())
        combined = subject.combined(split(relative, by_account=1, by_days=7, today=date(2013, 3, 1)))
        assert counted(subject.rows(combined)) == counted(subject.caller.collect(whole, "rows"))


def relative_weather() -> DataQuery:
    return DataQuery(ds_id="WEATHER", ds_accounts="EWR,JFK", fields=[*FIELDS], date_range_type="last_month")
