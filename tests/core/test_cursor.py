"""The cursor of a result, stepped by hand: no request, no flow, no clock. A server here is a function of a window."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, assert_never

import pytest
from attrs import define, field, frozen
from hypothesis import assume, given
from hypothesis import strategies as st
from supermetrics_query import Page, QueryStatus
from supermetrics_query._contract.validation import LAST_OFFSET
from supermetrics_query._core.paging import Broken, Cursor, Prefetch, Step
from supermetrics_query._core.run import Run, Ticket
from supermetrics_query._core.windows import Aim, Window
from supermetrics_query_api.models import QueryResponse

from tests.support.answers import FIELDS, success
from tests.support.table import CONVENTIONS, HEADER, counted, first_only, repeated, rows_of_part, without

MOST_STEPS = 200  # more than any server here has to give
PROMISED_9 = (
    "the API had promised 9 and gives no more; "
    "a limit would end the same query there again: ask for fewer accounts or days at once, as split() does"
)
SAME_ROWS = "the API gives the same rows again, whichever are asked for: use download()"
BEYOND = "the API gives no rows beyond offset 1000000: ask for less at once"


def source(count: int) -> list[tuple[Any, ...]]:
    """Make rows that can be told apart."""
    return [(f"day {number}", number / 2) for number in range(count)]


def seen(data: Sequence[Any], total: int | None = None, code: str = "SUCCESS", **query: Any) -> QueryStatus:
    """Make what a poll shows."""
    body = success(data, query.pop("fields", FIELDS), **query).json()
    body["meta"]["result"] = {} if total is None else {"total_rows": total}
    return QueryStatus(schedule_id="night-1", code=code, response=QueryResponse.from_dict(body))


@define
class Server:
    """One result, given window by window, at most `cap` entries at a time.

    For an offset in `again` the answer before comes once more, with `ignores_offsets` for every offset.
    """

    rows: Sequence[Any]
    convention: Callable[..., list[Any]] = without
    total: int | None = None
    cap: int = LAST_OFFSET
    ignores_offsets: bool = False
    fails_at_last_offset: bool = False
    again: set[int] = field(factory=set)
    before: QueryStatus | None = None

    def answer(self, window: Window) -> QueryStatus | None:
        """Answer for a window, None for none."""
        if self.fails_at_last_offset and window.first == LAST_OFFSET:
            return None
        if self.before is None or not (self.ignores_offsets or window.first in self.again):
            self.before = self.data(window.first, window.last - window.first + 1)
        self.again.discard(window.first)
        return self.before

    def data(self, first: int, size: int) -> QueryStatus:
        """Hold the entries of a window."""
        entries = self.convention(self.rows, first, first + min(size, self.cap) - 1)
        return seen(entries, self.total, settings={"no_headers": self.convention is without})


def cursor_of(
    first: QueryStatus,
    page_size: int,
    start: int = 0,
    prefetch: int | None = 0,
    part: tuple[int, int] = (0, LAST_OFFSET),
) -> Cursor:
    """Make a cursor that has received nothing."""
    ticket = Ticket("night-1", "json", *part)
    run = Run(ticket, status=first)
    run.layout = run.layout_for(first.response)
    return Cursor(run, first, page_size, Prefetch(prefetch), start)


WHOLE = (0, LAST_OFFSET)


def page_one(server: Server, page_size: int, part: tuple[int, int] = WHOLE) -> QueryStatus:
    """Return the poll that finds success."""
    first, last = part
    answer = server.answer(Window(first, min(first + page_size - 1, last), Aim.FIRST))
    assert answer is not None
    return answer


@define
class Reading:
    """A cursor, everything that it asked for, and everything that came of it."""

    cursor: Cursor
    server: Server
    pages: list[Page] = field(factory=list)
    log: list[str] = field(factory=list)
    ahead: list[Sequence[Window]] = field(factory=list)  # what was worth having under way after each page
    broken: Broken | None = None

    def to_the_end(self) -> "Reading":
        """Read until nothing is wanted."""
        step: Step | None = self.cursor.receive(self.cursor.first)
        while step is not None:
            assert len(self.log) < MOST_STEPS, "this reading does not end"
            step = self.next(step)
        return self

    def next(self, step: Step) -> Step | None:
        """Go one step on."""
        match step:
            case Window():
                self.log.append(f"{step.aim.name.lower()} {step.first}..{step.last}")
                assert step == self.cursor.wanted
                return self.cursor.receive(self.server.answer(step))
            case Page():
                self.log.append(f"{len(step.rows)} rows")
                self.pages.append(step)
                self.ahead.append(self.cursor.windows_ahead())
                return self.cursor.wanted
            case Broken():
                self.log.append(step.message.partition("; ")[2])
                self.broken = step
                return None
            case _:
                assert_never(step)

    @property
    def rows(self) -> list[Any]:
        return [row for page in self.pages for row in page.rows]


def read(
    server: Server, page_size: int, start: int = 0, prefetch: int | None = 0, part: tuple[int, int] = WHOLE
) -> Reading:
    """Read a result, or a part of it, to its end."""
    first = page_one(server, page_size, part)
    return Reading(cursor_of(first, page_size, start, prefetch, part), server).to_the_end()


@frozen
class Case:
    """A server with five rows, read four entries at a time, and what the cursor does with it."""

    name: str
    server: Callable[[], Server]
    log: Sequence[str]
    page_size: int = 4
    part: tuple[int, int] = WHOLE


FIVE = source(5)
CASES = (
    Case("header counted", lambda: Server(FIVE, counted), ["3 rows", "next 4..7", "2 rows"]),
    Case("header repeated", lambda: Server(FIVE, repeated), ["4 rows", "next 4..7", "repeated 4..4", "1 rows"]),
    Case(
        "header repeated on full pages",
        lambda: Server(source(9), repeated),
        ["4 rows", "next 4..7", "4 rows", "next 8..11", "1 rows"],
    ),
    Case(
        "a row that looks like the header, header counted",
        lambda: Server([*FIVE[:3], HEADER, *FIVE[3:]], counted),
        ["3 rows", "next 4..7", "repeated 4..4", "3 rows"],
    ),
    Case(
        "a row that looks like the header, alone on its page",
        lambda: Server([*FIVE[:3], HEADER], counted),
        ["3 rows", "next 4..7", "repeated 999999..1000000", "1 rows"],
    ),
    Case(
        "a header repeated on a page without rows",
        lambda: Server(FIVE[:3], repeated),
        ["3 rows", "next 4..7", "repeated 999999..1000000", "0 rows"],
    ),
    Case(
        "a row that looks like the header beside it",
        lambda: Server([*FIVE[:4], HEADER, FIVE[4]], first_only),
        ["4 rows", "next 4..7", "repeated 4..4", "2 rows"],
    ),
    Case(
        "header beside page one, and one row fewer than is asked for",
        lambda: Server(FIVE, first_only, total=5, cap=3),
        ["3 rows", "header 0..0", "next 3..6", "2 rows"],
    ),
    Case("header beside page one", lambda: Server(FIVE, first_only), ["4 rows", "next 4..7", "1 rows"]),
    Case("no header", lambda: Server(FIVE, without), ["4 rows", "next 4..7", "1 rows"]),
    Case("one page", lambda: Server(FIVE, counted), ["5 rows"], page_size=7),
    Case("one page, just full", lambda: Server(FIVE, counted), ["5 rows", "next 6..11", "0 rows"], page_size=6),
    Case(
        "only the header fits",
        lambda: Server(FIVE[:1], counted),
        ["0 rows", "next 1..1", "1 rows", "next 2..2", "0 rows"],
        page_size=1,
    ),
    Case("empty", lambda: Server([]), ["0 rows"]),
    Case("nothing but the header", lambda: Server([], counted), ["0 rows"]),
    Case(
        "nothing but the header, which fills a page", lambda: Server([], counted), ["0 rows", "next 1..1", "0 rows"], 1
    ),
    Case("gives less than it is asked for and promises nothing", lambda: Server(FIVE, counted, cap=1), ["0 rows"]),
    Case(
        "pages that begin alike, and pages that end alike",
        lambda: Server([*FIVE[:2], FIVE[0], FIVE[3], FIVE[4], FIVE[3]]),
        ["2 rows", "next 2..3", "2 rows", "next 4..5", "2 rows", "next 6..7", "0 rows"],
        page_size=2,
    ),
    Case(
        "short pages, header counted",
        lambda: Server(FIVE, counted, total=5, cap=2),
        ["1 rows", "header 0..0", "next 2..5", "2 rows", "next 4..7", "2 rows"],
    ),
    Case(
        "short pages, header repeated",
        lambda: Server(FIVE, repeated, total=5, cap=2),
        ["2 rows", "header 0..0", "next 2..5", "repeated 2..2", "2 rows", "next 4..7", "1 rows"],
    ),
    Case(
        "short pages, no header",
        lambda: Server(FIVE, total=5, cap=2),
        ["2 rows", "next 2..5", "2 rows", "next 4..7", "1 rows"],
    ),
    Case("short page without a promise", lambda: Server(FIVE, cap=2), ["2 rows"]),
    Case("promises too little", lambda: Server(FIVE, total=1), ["4 rows", "next 4..7", "1 rows"]),
    Case(
        "promises too much",
        lambda: Server(FIVE, total=9),
        ["4 rows", "next 4..7", "1 rows", "next 5..8", "0 rows", PROMISED_9],
    ),
    Case(
        "counts the header in its total",
        lambda: Server(FIVE, counted, total=6),
        ["5 rows", "header 0..0", "next 6..12", "0 rows"],
        page_size=7,
    ),
    Case(
        "page two comes as page one once",
        lambda: Server(source(8), again={4}),
        ["4 rows", "next 4..7", "again 4..7", "4 rows", "next 8..11", "0 rows"],
    ),
    Case(
        "ignores offsets",
        lambda: Server(FIVE, ignores_offsets=True),
        ["4 rows", "next 4..7", "again 4..7", "last_offset 999999..1000000", SAME_ROWS],
    ),
    Case(
        "pages that look alike, which the last offset explains",
        lambda: Server(FIVE[:1] * 9),
        [
            *("4 rows", "next 4..7", "again 4..7", "last_offset 999999..1000000"),
            *("4 rows", "next 8..11", "1 rows"),
        ],
    ),
    Case(
        "pages that look alike, and offsets are asked about once",
        lambda: Server(FIVE[:1] * 7),
        [
            *("2 rows", "next 2..3", "again 2..3", "last_offset 999999..1000000"),
            *("2 rows", "next 4..5", "2 rows", "next 6..7", "1 rows"),
        ],
        page_size=2,
    ),
    Case(
        "pages that look alike, and no answer for the last offset",
        lambda: Server(FIVE[:1] * 5, fails_at_last_offset=True),
        [
            *("2 rows", "next 2..3", "again 2..3", "last_offset 999999..1000000"),
            *("2 rows", "next 4..5", "1 rows"),
        ],
        page_size=2,
    ),
    Case(
        "a part, header counted",
        lambda: Server(FIVE, counted),
        ["titles 0..0", "2 rows", "next 4..4", "1 rows"],
        2,
        (2, 4),
    ),
    Case(
        "a part, header repeated",
        lambda: Server(FIVE, repeated),
        ["titles 0..0", "last_offset 999999..1000000", "2 rows", "next 4..4", "1 rows"],
        page_size=2,
        part=(2, 4),
    ),
    Case(
        "a part at the end, header repeated",
        lambda: Server(FIVE, repeated),
        ["titles 0..0", "last_offset 999999..1000000", "repeated 3..3", "2 rows"],
        part=(3, 9),
    ),
    Case(
        "a part beyond the end, header repeated",
        lambda: Server(FIVE, repeated),
        ["titles 0..0", "repeated 999999..1000000", "0 rows"],
        part=(5, 9),
    ),
    Case(
        "a part without rows, header repeated",
        lambda: Server([], repeated),
        ["titles 0..0", "repeated 999999..1000000", "0 rows"],
        page_size=1,
        part=(1, 9),
    ),
    Case(
        "a part whose page two comes as the titles once",
        lambda: Server(FIVE, counted, again={4}),
        ["titles 0..0", "2 rows", "next 4..5", "again 4..5", "2 rows"],
        page_size=2,
        part=(2, 5),
    ),
    Case("a part beyond the end, header counted", lambda: Server(FIVE, counted), ["0 rows"], part=(6, 9)),
    Case("a part, header beside page one", lambda: Server(FIVE, first_only), ["titles 0..0", "2 rows"], part=(3, 4)),
    Case("a part, no header", lambda: Server(FIVE), ["2 rows"], part=(3, 4)),
    Case("a part of one row", lambda: Server(FIVE, counted), ["titles 0..0", "1 rows"], part=(3, 3)),
    Case("a part from the first offset", lambda: Server(FIVE, counted), ["2 rows"], part=(0, 2)),
    Case(
        "a part whose first row looks like the header",
        lambda: Server([*FIVE[:2], HEADER, *FIVE[2:]], counted),
        ["titles 0..0", "last_offset 999999..1000000", "repeated 3..3", "3 rows"],
        part=(3, 5),
    ),
    Case(
        "a part whose only row looks like the header",
        lambda: Server([*FIVE[:2], HEADER], counted),
        ["titles 0..0", "repeated 999999..1000000", "1 rows"],
        part=(3, 3),
    ),
    Case(
        "a part whose first row looks like the header, and no answer for the last offset",
        lambda: Server([*FIVE[:2], HEADER, *FIVE[2:]], counted, fails_at_last_offset=True),
        ["titles 0..0", "last_offset 999999..1000000", "repeated 3..3", "3 rows"],
        part=(3, 5),
    ),
    Case(
        "a part of a server that ignores offsets",
        lambda: Server(FIVE, counted, ignores_offsets=True),
        ["titles 0..0", "last_offset 999999..1000000", SAME_ROWS],
        part=(3, 6),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_asked_for_and_what_comes_of_it(case: Case) -> None:
    assert read(case.server(), case.page_size, part=case.part).log == case.log


@st.composite
def readable_servers(draw: st.DrawFn) -> tuple[Server, int]:
    """Give a server whose rows can all be had, and the size of the pages to read it by."""
    count, page_size = draw(st.integers(0, 30)), draw(st.integers(1, 33))
    are_alike = draw(st.booleans())
    rows: list[Any] = [("today", 1.0)] * count if are_alike else [*source(count)]
    server = Server(rows, draw(st.sampled_from(CONVENTIONS)), draw(st.none() | st.integers(0, 40)))
    if count and draw(st.booleans()):
        rows[draw(st.integers(0, count - 1))] = HEADER
    if server.total is not None and server.total >= count:
        server.cap = draw(st.just(LAST_OFFSET) | st.integers(2, 30))
    elif page_size > 1 and not are_alike:
        server.again = draw(st.sets(st.integers(1, 40)))
    return server, page_size


def starts(pages: Sequence[Page], first: int) -> list[int]:
    """Return where pages begin that leave nothing out."""
    return [first + sum(len(page.rows) for page in pages[:number]) for number, page in enumerate(pages) if page.rows]


@given(readable=readable_servers(), start=st.integers(0, 35), prefetch=st.none() | st.integers(0, 5))
def test_every_row_comes_once_and_in_order(readable: tuple[Server, int], start: int, prefetch: int | None) -> None:
    server, page_size = readable
    reading = read(server, page_size, start, prefetch)
    assert reading.rows == server.rows[start:]
    assert [page.start for page in reading.pages if page.rows] == starts(reading.pages, start)


some_rows = st.lists(st.sampled_from([HEADER, HEADER, ("a", 1), ("b", 2)]), max_size=24) | st.integers(0, 24).map(
    source
)


@given(
    rows=some_rows,
    convention=st.sampled_from(CONVENTIONS),
    first=st.integers(0, 30),
    length=st.integers(1, 30) | st.just(LAST_OFFSET),
    page_size=st.integers(1, 33),
    start=st.integers(0, 30),
    prefetch=st.none() | st.integers(0, 5),
)
def test_a_part_has_the_rows_at_its_offsets(
    rows: list[Any], convention: Any, first: int, length: int, page_size: int, start: int, prefetch: int | None
) -> None:
    part = (first, min(first + length - 1, LAST_OFFSET))
    reading = read(Server(rows, convention), page_size, start, prefetch, part)
    assert reading.broken is None
    assert reading.rows == rows_of_part(convention, rows, *part)[start:]
    assert [page.start for page in reading.pages if page.rows] == starts(reading.pages, start)
    asked = [line for line in reading.log if line.startswith("next")]
    assert all(first < int(line.split()[1].partition("..")[0]) <= part[1] for line in asked)


@given(
    rows=some_rows,
    convention=st.sampled_from(CONVENTIONS),
    cuts=st.sets(st.integers(1, 30), max_size=5),
    page_size=st.integers(1, 33),
)
def test_parts_that_follow_each_other_are_the_whole(
    rows: list[Any], convention: Any, cuts: set[int], page_size: int
) -> None:
    parts = [(first, end - 1) for first, end in pairwise([0, *sorted(cuts), LAST_OFFSET + 1])]
    readings = [read(Server(rows, convention), page_size, part=part) for part in parts]
    assert [row for reading in readings for row in reading.rows] == rows


@given(readable=readable_servers())
def test_a_promise_is_broken_only_where_more_than_the_header_is_missing(readable: tuple[Server, int]) -> None:
    server, page_size = readable
    slack = server.convention is not without
    reading = read(server, page_size)
    assert (reading.broken is None) == ((server.total or 0) - len(server.rows) <= slack)


@given(
    count=st.integers(0, 30),
    convention=st.sampled_from(CONVENTIONS),
    total=st.none() | st.integers(0, 40),
    page_size=st.integers(1, 33),
)
def test_a_server_that_ignores_offsets_gives_page_one_and_no_row_twice(
    count: int, convention: Any, total: int | None, page_size: int
) -> None:
    server = Server(source(count), convention, total, ignores_offsets=True)
    reading = read(server, page_size)
    assert reading.rows == server.rows[: len(reading.rows)]
    assert len(reading.rows) in {min(count, page_size), min(count, page_size - 1)}


@given(readable=readable_servers(), start=st.integers(0, 35), prefetch=st.integers(0, 5))
def test_what_is_under_way_is_what_is_asked_for_next(readable: tuple[Server, int], start: int, prefetch: int) -> None:
    server, page_size = readable
    # The entries of a last page that repeats the header may fill it, and then its rows end before its window.
    assume(server.convention is not repeated)
    reading = read(server, page_size, start, prefetch)
    # While it is open where the header stands, pages are fetched as if it had an offset of its own.
    assume(reading.cursor.header.offset or "header 0..0" not in reading.log)
    asked = [line for line in reading.log if line.startswith("next")]
    for number, windows in enumerate(reading.ahead):
        assert len(windows) <= prefetch
        wanted = [f"next {window.first}..{window.last}" for window in windows]
        assert reading.cursor.prefetch.limit == 0 or wanted[: len(asked) - number] == asked[number:][: len(wanted)]


def test_a_server_that_gives_fewer_than_it_is_asked_for_gets_nothing_ahead_of_time() -> None:
    server = Server(source(7), total=7)
    cursor = cursor_of(page_one(server, 2), 2, prefetch=4)
    cursor.receive(cursor.first)
    assert [window.first for window in cursor.windows_ahead()] == [2, 4, 6]
    server.cap = 1
    assert isinstance(cursor.receive(server.answer(Window(2, 3))), Page)
    assert cursor.prefetch.limit == 0
    assert cursor.windows_ahead() == []
    assert cursor.wanted == Window(3, 4)


@pytest.mark.parametrize(
    ("limit", "seconds", "promised", "most"),
    [
        (None, [0.01], None, 0),
        (None, [0.2], None, 1),
        (None, [0.2], 9, 5),
        (None, [0.01, 0.01, 9.0], 9, 0),
        (None, [0.01, 0.2, 0.2], 9, 5),
        (3, [0.01], 9, 3),
        (3, [0.01], 2, 2),
        (3, [0.01], 0, 1),
        (3, [0.01, 0.01], None, 2),
        (0, [9.0], 9, 0),
    ],
)
def test_how_many_pages_are_worth_having_under_way(
    limit: int | None, seconds: Sequence[float], promised: int | None, most: int
) -> None:
    prefetch = Prefetch(limit)
    for each in seconds:
        prefetch = prefetch.after(each)
    assert prefetch.most(promised) == most


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (seen([], code="RUNNING"), "query 'night-1' became RUNNING after 2 rows were read: it was started again"),
        (
            seen([], fields=[{**FIELDS[0], "id": "hour"}, FIELDS[1]]),
            "query 'night-1' has other columns (temp, hour) after 2 rows were read: it was started again",
        ),
    ],
)
def test_an_answer_of_another_result_ends_the_reading(answer: QueryStatus, message: str) -> None:
    cursor = cursor_of(page_one(Server(FIVE), 2), 2)
    cursor.receive(cursor.first)
    assert cursor.receive(answer) == Broken(message, answer, delivered=2)
    assert cursor.wanted is None


def test_an_answer_that_does_not_name_its_columns_belongs_to_the_result() -> None:
    cursor = cursor_of(page_one(Server(FIVE), 2), 2)
    cursor.receive(cursor.first)
    assert isinstance(cursor.receive(seen(FIVE[2:4], fields=None)), Page)


@pytest.mark.parametrize("last", [seen([]), seen([], code="RUNNING"), None])
def test_pages_may_look_alike_unless_the_last_offset_brings_them_too(last: QueryStatus | None) -> None:
    alike = seen(FIVE[:1] * 2, settings={"no_headers": True})
    cursor = cursor_of(alike, 2, prefetch=5)
    assert isinstance(cursor.receive(alike), Page)
    assert cursor.receive(alike) == Window(2, 3, Aim.AGAIN)
    assert cursor.receive(alike) == Window(LAST_OFFSET - 1, LAST_OFFSET, Aim.LAST_OFFSET)
    assert cursor.receive(last) == Page(start=2, columns=cursor.run.layout.columns, rows=FIVE[:1] * 2)
    assert cursor.trusts_offsets == (last is not None)
    assert cursor.windows_ahead() == [Window(4, 5), Window(6, 7)]  # two pages have come, whatever it took
    assert cursor.held.rows == ()


def test_a_row_that_cannot_be_read_ends_the_reading() -> None:
    cursor = cursor_of(page_one(Server(FIVE), 2), 2)
    cursor.receive(cursor.first)
    broken = cursor.receive(seen([["day 2", 1.0, "more"]]))
    assert isinstance(broken, Broken)
    assert broken.message.startswith(
        "query 'night-1' gave 2 rows; the next one cannot be read: 3 cells where there are"
    )
    assert broken.message.endswith(str(broken.cause))
    assert broken.delivered is None


@pytest.mark.parametrize(("total", "complaint"), [(LAST_OFFSET + 1, None), (LAST_OFFSET + 2, BEYOND)])
def test_nothing_is_asked_for_beyond_the_last_offset(total: int, complaint: str | None) -> None:
    first = seen(source(2), total, settings={"no_headers": True})
    cursor = cursor_of(first, 2, start=LAST_OFFSET - 1)
    assert isinstance(cursor.receive(first), Page)
    assert cursor.wanted == Window(LAST_OFFSET - 1, LAST_OFFSET)
    last = cursor.receive(seen(source(4)[2:], total))
    assert isinstance(last, Page)
    assert last.rows == source(4)[2:]
    wanted = cursor.wanted
    assert (wanted.message.partition("; ")[2] if isinstance(wanted, Broken) else wanted) == complaint


def test_a_part_of_a_result_is_read_within_its_offsets() -> None:
    cursor = cursor_of(seen(source(2), 900, settings={"no_headers": True}), 2, part=(10, 14), prefetch=4)
    assert cursor.wanted == Window(10, 11, Aim.FIRST)
    cursor.receive(cursor.first)
    assert cursor.windows_ahead() == [Window(12, 13)]
    assert isinstance(cursor.receive(seen(source(4)[2:])), Page)
    assert cursor.windows_ahead() == [Window(14, 14)]
    assert isinstance(cursor.receive(seen(source(5)[4:])), Page)
    assert cursor.wanted is None


def test_a_reading_that_has_ended_takes_no_answer() -> None:
    cursor = cursor_of(seen([]), 2)
    cursor.receive(cursor.first)
    with pytest.raises(ValueError, match="has ended"):
        cursor.receive(seen([]))
