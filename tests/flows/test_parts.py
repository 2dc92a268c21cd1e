"""A part of a result, from every client: the rows at its offsets, wherever the API puts the header."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import define
from supermetrics_query import DataQuery, NoLimiter, Page, PollPolicy
from supermetrics_query._core.run import Ticket
from supermetrics_query.emulator import INSTANT, Emulator
from supermetrics_query.emulator.behaviour import HeaderRow

from tests.support.answers import success
from tests.support.calling import Caller, calling
from tests.support.scripted import a_query, scripted_client
from tests.support.table import HEADER, Convention, counted, first_only, repeated, rows_of_part

LIVELY = PollPolicy(first=0.01, floor=0.01, ceiling=0.05, jitter=0)
CONVENTIONS: Mapping[HeaderRow, Convention] = {"row": counted, "repeat": repeated, "first": first_only}
COUNT = 20  # rows of the result
PARTS = ((0, 3), (1, 1), (4, 10), (17, 30), (20, 20), (21, 25))


@define
class Reader:
    """A client that reads three entries at a time, from an API that puts the header somewhere."""

    caller: Caller
    convention: Convention

    def run(self, part: tuple[int, int], format: str = "json", **settings: Any) -> Any:
        """Run a query for a part of the result."""
        given = {"rows": COUNT, "columns": 2, **settings}
        query = DataQuery(ds_id="NUMBERS", settings=given, offset_start=part[0], offset_end=part[1])
        return self.caller.call(self.caller.client, "run", query, format=format)

    def rows(self, query: Any, **options: Any) -> list[Any]:
        """Return the rows of a query."""
        return rows_of(self.caller.collect(query, "pages", **options))

    def whole(self) -> list[Any]:
        """Return all rows of the result."""
        return self.rows(self.run((0, COUNT), no_headers=True))


def rows_of(pages: Sequence[Page]) -> list[Any]:
    """Return the rows of pages."""
    return [row for page in pages for row in page.rows]


@contextmanager
def reading(stack: str, header: HeaderRow) -> Iterator[Reader]:
    """Open a client of an emulator."""
    with (
        Emulator(plan=INSTANT, header=header) as service,
        calling(stack, service.key, base_url=service.url, poll=LIVELY, page_size=3, limiter=NoLimiter()) as caller,
    ):
        yield Reader(caller, CONVENTIONS[header])


@pytest.fixture(params=CONVENTIONS)
def reader(stack: str, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """Open a client of each kind, for each place of the header."""
    with reading(stack, request.param) as opened:
        yield opened


def test_a_part_has_the_rows_at_its_offsets_however_it_is_read(reader: Reader) -> None:
    whole = reader.whole()
    assert [row[0] for row in whole] == [*range(COUNT)]
    for part in PARTS:
        query, expected = reader.run(part), [*rows_of_part(reader.convention, whole, *part)]
        assert reader.rows(query) == expected
        again = reader.caller.client.attach(query.token)
        assert [tuple(row.values()) for row in reader.caller.collect(again, "rows")] == expected
        assert reader.rows(again, start=2) == expected[2:]
        table = reader.caller.call(query, "to_arrow")
        assert [tuple(row.values()) for row in table.to_pylist()] == expected
        assert len(reader.caller.call(query, "to_pandas")) == len(expected)


def test_parts_without_a_header_are_counted_from_row_0(reader: Reader) -> None:
    whole = reader.whole()
    assert [reader.rows(reader.run(part, no_headers=True)) for part in PARTS] == [
        whole[first : last + 1] for first, last in PARTS
    ]


def test_the_status_of_a_query_has_the_window_that_is_asked_for_as_it_is(reader: Reader) -> None:
    whole, query = reader.whole(), reader.run((4, 10))
    seen = reader.caller.call(reader.caller.client, "status", query.schedule_id, offset_start=5, offset_end=6)
    assert seen.response.data[-2:] == reader.convention(whole, 5, 6)[-2:]


@pytest.mark.parametrize("header", CONVENTIONS)
def test_a_download_has_the_whole_result(header: HeaderRow) -> None:
    file = io.BytesIO()
    with reading("sync", header) as reader:
        reader.caller.call(reader.run((4, 10), "csv"), "download", file)
    assert file.getvalue().count(b"\n") == COUNT + 1


def test_the_titles_of_a_part_are_those_of_the_result_and_are_asked_for_once(backend: str) -> None:
    """Without metadata, the header alone says what the columns are, and the part may not hold it."""
    page, first = success([["day 3", 3.0]], None), success([HEADER], None)
    subject = scripted_client(backend, page, first)
    query = subject.call(subject.client, "start", a_query(offset_start=4, offset_end=4))
    assert [column.key for column in query.columns] == ["column_1", "column_2"]
    for _ in range(2):
        assert subject.collect(query, "rows") == [{"Date": "day 3", "Temp": 3.0}]
    assert [column.key for column in query.columns] == ["Date", "Temp"]
    assert [line for line in subject.log if line.startswith("poll")] == ["poll 0..0"]


def test_the_titles_of_a_part_are_asked_for_where_the_status_came_without_rows(backend: str) -> None:
    page, first = success([["day 3", 3.0]], None), success([HEADER], None)
    subject = scripted_client(backend, success(None, None), page, first)
    query = subject.client.attach(Ticket("night-1", first_row=4, last_row=4).token)
    assert subject.collect(query, "rows") == [{"Date": "day 3", "Temp": 3.0}]
    assert subject.log == ["poll 4..4", "poll 4..4", "poll 0..0"]
