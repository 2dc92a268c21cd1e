"""Reading page by page, against any server: the rows of the source in order, or one of our exceptions after them."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import httpx
import pytest
from attrs import define, field
from hypothesis import assume, given
from hypothesis import strategies as st
from supermetrics_query import (
    ApiError,
    AsyncQueryClient,
    NotFoundError,
    QueryClient,
    QueryError,
    QueryFailedError,
    QueryStoppedError,
    ResultExpiredError,
    RetryPolicy,
    SupermetricsQueryError,
    UnreadableResponseError,
)
from supermetrics_query._core.run import Ticket

from tests.support.answers import FIELDS, NOT_FOUND, envelope, status, success
from tests.support.calling import backend_of, transport_of
from tests.support.scripted import BASE_URL, KEY, scripted_client
from tests.support.servers import STAYS, Exchange, a_server, raw
from tests.support.table import CONVENTIONS, HEADER, counted, first_only, repeated, rows_of_part, without

LAST = 10**6
WHOLE = (0, LAST)
GONE = envelope(404, "QUERY_RESULTS_UNAVAILABLE")
OUTCOMES = ("QUERY_ERROR", "QUERY_ACCOUNT_UNAVAILABLE", "QUERY_AUTH_UNAVAILABLE")


def source(count: int) -> list[tuple[Any, ...]]:
    """Make rows that can be told apart."""
    return [(f"day {number}", number) for number in range(count)]


def honest(asked: tuple[int, int]) -> tuple[int, int]:
    """Give the window that was asked for."""
    return asked


def without_start(asked: tuple[int, int]) -> tuple[int, int]:
    """Give everything up to the end of the window."""
    return 0, asked[1]


def from_the_first(asked: tuple[int, int]) -> tuple[int, int]:
    """Give as many as were asked for, always the first of them."""
    return 0, asked[1] - asked[0]


def everything(asked: tuple[int, int]) -> tuple[int, int]:
    """Give the whole result."""
    return 0, LAST


Offsets = Callable[[tuple[int, int]], tuple[int, int]]


@define
class Api:
    """An API with one result. It gives at most `cap` rows at a time, and after `lives` answers it has lost them."""

    rows: Sequence[Any]
    convention: Callable[..., list[Any]] = counted
    total: int | None = None
    cap: int = LAST
    offsets: Offsets = honest
    lives: int = LAST
    asked: list[tuple[int, int]] = field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.url.params["json"])
        return self.answer(sent["offset_start"], sent["offset_end"])

    def answer(self, first: int, last: int) -> httpx.Response:
        """Answer for a window."""
        self.asked.append((first, last))
        if len(self.asked) > self.lives:
            return NOT_FOUND
        first, last = self.offsets((first, last))
        entries = self.convention(self.rows, first, min(last, first + self.cap - 1))
        body = success(entries, FIELDS, settings={"no_headers": self.convention is without}).json()
        body["meta"]["result"] = {} if self.total is None else {"total_rows": self.total}
        return httpx.Response(200, json=body)

    def read(
        self, page_size: int, part: tuple[int, int] = WHOLE, **options: Any
    ) -> tuple[list[Any], SupermetricsQueryError | None]:
        """Return the rows that a client hands over, and how the reading broke."""
        given_rows: list[Any] = []
        transport = {"transport": httpx.MockTransport(self)}
        with QueryClient(KEY, base_url=BASE_URL, page_size=page_size, http_options=transport) as client:
            try:
                for page in client.attach(Ticket("night-1", "json", *part).token).pages(**options):
                    assert page.start == options.get("start", 0) + len(given_rows)
                    given_rows.extend(page.rows)
            except SupermetricsQueryError as error:
                return given_rows, error
        return given_rows, None


some_row = st.sampled_from([HEADER, HEADER, ("a", 1), ("a", 1), ("b", None), ("b",), ()])
some_rows = st.lists(some_row, max_size=24) | st.integers(0, 24).map(source)
keyed_rows = st.lists(
    st.sampled_from([{"date": "a", "temp": 1}, {"Date": "b", "Temp": 2}, {"temp": 3}, {}, {"Date": "Date"}]),
    max_size=24,
)
page_sizes = st.integers(1, 13)


def as_tuple(row: Any) -> tuple[Any, ...]:
    """Return a row as a client should give it."""
    if isinstance(row, dict):
        return row.get("date", row.get("Date")), row.get("temp", row.get("Temp"))
    return (*row, None, None)[:2]


@st.composite
def servers(draw: st.DrawFn) -> Api:
    """Give an honest server: where it gives fewer rows than it is asked for, it promises how many there are."""
    convention = draw(st.sampled_from(CONVENTIONS))
    rows = draw(some_rows | keyed_rows if convention is without else some_rows)
    total = draw(st.sampled_from([None, len(rows), len(rows) + (convention is not without)]))
    least = 2 if convention is counted else 1  # a header alone is no progress
    return Api(rows, convention, total, LAST if total is None else draw(st.just(LAST) | st.integers(least, 12)))


@given(api=servers(), page_size=page_sizes, start=st.integers(0, 30), prefetch=st.none() | st.integers(0, 4))
def test_from_an_honest_server_come_exactly_its_rows(
    api: Api, page_size: int, start: int, prefetch: int | None
) -> None:
    rows, error = api.read(page_size, start=start, prefetch=prefetch)
    assert rows == [*map(as_tuple, api.rows)][start:]
    assert error is None


@given(
    api=servers(),
    offsets=st.sampled_from([without_start, from_the_first, everything]),
    total=st.none() | st.integers(0, 40),
    page_size=page_sizes,
)
def test_from_a_server_that_ignores_offsets_come_its_rows_or_an_error_after_some_of_them(
    api: Api, offsets: Offsets, total: int | None, page_size: int
) -> None:
    api.offsets, api.total = offsets, total
    api.cap = LAST  # a short page without a promise is a last page, whoever gives it
    rows, error = api.read(page_size)
    expected = [*map(as_tuple, api.rows)]
    assert rows == expected[: len(rows)]
    assert len(rows) == len(expected) or isinstance(error, QueryError)


@given(api=servers(), page_size=page_sizes, start=st.integers(0, 30), lives=st.integers(1, 12))
def test_what_was_delivered_and_what_follows_is_the_whole(api: Api, page_size: int, start: int, lives: int) -> None:
    api.lives = lives
    rows, error = api.read(page_size, start=start, prefetch=0)
    if error is not None:
        assert isinstance(error, ResultExpiredError)
        assert error.delivered == start + len(rows)
        api.asked, api.lives = [], LAST
        rows += api.read(page_size, start=error.delivered)[0]
    assert rows == [*map(as_tuple, api.rows)][start:]


parts = st.builds(lambda first, length: (first, first + length - 1), st.integers(0, 30), st.integers(1, 20))


@given(
    api=servers(), part=parts, page_size=page_sizes, start=st.integers(0, 30), prefetch=st.none() | st.integers(0, 4)
)
def test_a_part_has_exactly_the_rows_at_its_offsets(
    api: Api, part: tuple[int, int], page_size: int, start: int, prefetch: int | None
) -> None:
    api.cap = LAST  # `total_rows` does not say how many of the rows are in a part
    rows, error = api.read(page_size, part, start=start, prefetch=prefetch)
    assert rows == [*map(as_tuple, rows_of_part(api.convention, api.rows, *part))][start:]
    assert error is None


@given(
    api=servers(),
    offsets=st.sampled_from([without_start, from_the_first, everything]),
    part=parts,
    page_size=page_sizes,
)
def test_a_part_from_a_server_that_ignores_offsets_is_an_error_and_no_other_part(
    api: Api, offsets: Offsets, part: tuple[int, int], page_size: int
) -> None:
    assume(api.rows and part[0] and api.convention is not without)
    api.offsets, api.cap = offsets, LAST
    rows, error = api.read(page_size, part)
    assert rows == []
    assert isinstance(error, QueryError)
    assert "use download()" in str(error)


@pytest.mark.parametrize("part", [(0, 4), (1, 1), (5, 9), (5, LAST - 1)])
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_part_never_has_more_rows_than_are_asked_for(convention: Any, part: tuple[int, int]) -> None:
    rows, error = Api(source(60), convention, offsets=everything).read(13, part)
    assert rows == []
    assert isinstance(error, QueryError)
    assert "gave 0 rows; the API gives more rows than are asked for: use download()" in str(error)


@pytest.mark.parametrize("convention", [counted, repeated, first_only])
def test_a_part_of_one_row_is_not_empty_where_offsets_are_ignored(convention: Any) -> None:
    rows, error = Api(source(9), convention, offsets=from_the_first).read(13, (5, 5))
    assert rows == []
    assert isinstance(error, QueryError)
    assert "gives the same rows again" in str(error)


def test_a_part_without_a_header_has_not_one_row_more_than_is_asked_for() -> None:
    rows, error = Api(source(60), without, offsets=without_start).read(13, (1, 5))
    assert (rows, isinstance(error, QueryError)) == ([], True)


@given(api=servers(), part=parts, page_size=page_sizes, start=st.integers(0, 9), lives=st.integers(1, 12))
def test_what_was_delivered_of_a_part_and_what_follows_is_the_part(
    api: Api, part: tuple[int, int], page_size: int, start: int, lives: int
) -> None:
    api.cap, api.lives = LAST, lives
    rows, error = api.read(page_size, part, start=start, prefetch=0)
    if error is not None:
        assert isinstance(error, ResultExpiredError)
        assert error.delivered == start + len(rows)
        api.asked, api.lives = [], LAST
        rows += api.read(page_size, part, start=error.delivered)[0]
    assert rows == [*map(as_tuple, rows_of_part(api.convention, api.rows, *part))][start:]


@given(first=st.integers(0, 20), length=st.integers(1, 20), page_size=page_sizes, start=st.integers(0, 30))
def test_no_window_of_a_part_ends_before_it_begins(first: int, length: int, page_size: int, start: int) -> None:
    api = Api(source(60), without)
    options: Any = {"base_url": BASE_URL, "http_options": {"transport": httpx.MockTransport(api)}}
    with QueryClient(KEY, page_size=page_size, **options) as client:
        query = client.attach(Ticket("night-1", "json", first, first + length - 1).token)
        rows = [row for page in query.pages(start=start) for row in page.rows]
    assert rows == source(60)[first : first + length][start:]
    assert all(first <= asked[0] <= asked[1] < first + length for asked in api.asked)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_server_that_ignores_the_start_of_a_window_doubles_no_row(stack: str, convention: Any) -> None:
    api = Api(source(9), convention, offsets=from_the_first)

    def behave(exchange: Exchange) -> bool:
        exchange.send(raw(api.answer(exchange.asked["offset_start"], exchange.asked["offset_end"])))
        return STAYS

    with a_server(behave) as server, pytest.raises(QueryError, match="gives the same rows again") as caught:
        read_over_the_wire(stack, server.base_url, 4)
    assert caught.value.message.startswith(f"query 'night-1' gave {3 if convention is counted else 4} rows;")
    assert len(api.asked) <= 5


def read_over_the_wire(stack: str, base_url: str, page_size: int) -> list[Any]:
    """Read a result through one of the clients."""

    async def read_async() -> list[Any]:
        async with AsyncQueryClient(KEY, base_url=base_url, page_size=page_size, **transport_of(stack)) as client:
            return [row async for row in client.attach("night-1").rows()]

    if stack != "sync":
        return anyio.run(read_async, backend=backend_of(stack))
    with QueryClient(KEY, base_url=base_url, page_size=page_size) as client:
        return list(client.attach("night-1").rows())


@define
class Reader:
    """A query that is read to its end or until it breaks."""

    subject: Any
    query: Any
    rows: list[Any] = field(factory=list)

    @classmethod
    def of(cls, backend: str, *answers: Any, **options: Any) -> "Reader":
        """Read with these answers."""
        subject = scripted_client(backend, *answers, **options)
        return cls(subject, subject.client.attach("night-1"))

    def read(self, **options: Any) -> SupermetricsQueryError:
        """Keep the rows that come, and return what ends the reading."""
        with pytest.raises(SupermetricsQueryError) as caught:
            self.subject.collect(self.query, "pages", **options)
        self.rows.extend(row for page in self.subject.seen for row in page.rows)
        return caught.value


def promised(data: Sequence[Any], total: int, **settings: bool) -> httpx.Response:
    """Hold rows and a promise."""
    body = success(data, settings=settings).json()
    body["meta"]["result"] = {"total_rows": total}
    return httpx.Response(200, json=body)


def test_a_result_that_is_gone_at_the_probe_for_the_header_has_given_page_one(backend: str) -> None:
    reader = Reader.of(backend, promised([HEADER, *source(2)], 9), NOT_FOUND)
    error = reader.read()
    assert isinstance(error, ResultExpiredError)
    assert reader.subject.log == ["poll 0..9999", "poll 0..0"]
    assert (error.delivered, reader.rows) == (2, source(2))


def test_rows_that_wait_for_a_probe_are_not_delivered(backend: str) -> None:
    """The second page may be the first one again, and while that is asked the result goes away."""
    page = success([HEADER, *source(2)])
    reader = Reader.of(backend, page, page, NOT_FOUND, page_size=2)
    error = reader.read(prefetch=0)
    assert isinstance(error, ResultExpiredError)
    assert (error.delivered, reader.rows) == (2, source(2))


def test_a_reading_after_the_result_has_gone_counts_its_own_rows(backend: str) -> None:
    reader = Reader.of(backend, success([HEADER, *source(2)]), NOT_FOUND, page_size=2)
    first = reader.read()
    errors = [first, reader.read(), reader.read(start=7)]
    assert [error.delivered for error in errors if isinstance(error, ResultExpiredError)] == [2, 0, 7]
    assert len({(error.token, str(error), str(error.__cause__)) for error in errors}) == 1


@pytest.mark.parametrize("end", [NOT_FOUND, status("RUNNING")], ids=["gone", "started again"])
@pytest.mark.parametrize("method", ["to_arrow", "to_pandas", "to_polars"])
def test_a_table_that_was_not_finished_has_delivered_nothing(backend: str, end: httpx.Response, method: str) -> None:
    subject = scripted_client(backend, success([HEADER, *source(2)]), end, page_size=2)
    with pytest.raises(ResultExpiredError) as caught:
        subject.call(subject.client.attach("night-1"), method)
    assert caught.value.delivered == 0


def test_a_start_beyond_what_came_is_where_to_go_on(backend: str) -> None:
    reader = Reader.of(backend, promised([HEADER, *source(2)], 9), NOT_FOUND, page_size=2)
    error = reader.read(start=5)
    assert isinstance(error, ResultExpiredError)
    assert (error.delivered, reader.rows) == (5, [])


def test_the_last_page_comes_before_the_error_that_there_are_no_offsets_left(backend: str) -> None:
    pages = [promised(rows, LAST + 9, no_headers=True) for rows in (source(2), source(4)[2:])]
    reader = Reader.of(backend, *pages, page_size=2)
    error = reader.read(start=LAST - 1)
    assert reader.rows == source(4)[2:]
    assert "gave 1000001 rows; the API gives no rows beyond offset 1000000: ask for less at once" in str(error)


def test_a_poll_between_two_pages_changes_nothing_for_the_second() -> None:
    bare = success([], None)
    answers = [success([HEADER, *source(2)]), bare, success([HEADER, *source(4)[2:]]), success([])]
    subject = scripted_client("sync", *answers, page_size=2)
    query: Any = subject.client.attach("night-1")
    pages = query.pages(prefetch=0)
    rows = [*next(pages).rows]
    query.refresh()
    for page in pages:
        assert [column.key for column in page.columns] == ["date", "temp"]
        rows.extend(page.rows)
    assert rows == source(4)


@pytest.mark.parametrize("code", OUTCOMES)
@pytest.mark.parametrize("http", [500, 200])
def test_the_error_of_the_query_on_a_page_is_that_of_a_wait(backend: str, code: str, http: int) -> None:
    reader = Reader.of(backend, success([HEADER, *source(2)]), envelope(http, code), page_size=2)
    error = reader.read()
    assert reader.rows == source(2)
    same_as_a_wait(error, reader.query, envelope(http, code), backend)


def same_as_a_wait(error: SupermetricsQueryError, query: Any, answer: httpx.Response, backend: str) -> None:
    """Assert that an error says what a wait says that meets the same answer."""
    waiting = scripted_client(backend, answer)
    with pytest.raises(QueryError) as caught:
        waiting.call(waiting.client.attach("night-1"), "wait")
    assert type(error) is type(caught.value)
    assert str(error).replace("while reading", "while polling") == str(caught.value)
    assert (error.token, query.error) == (caught.value.token, error)
    cause, expected = error.__cause__, caught.value.__cause__
    assert type(cause) is type(expected)
    if isinstance(cause, ApiError) and isinstance(expected, ApiError):
        assert (cause.code, cause.body) == (expected.code, expected.body)


ENDS = {"FAILURE": QueryFailedError, "PROCESS_EXITED": QueryFailedError, "STOPPED": QueryStoppedError}


@pytest.mark.parametrize("code", ENDS)
def test_a_page_that_says_how_the_query_ended_badly_is_that_end(backend: str, code: str) -> None:
    reader = Reader.of(backend, success([HEADER, *source(2)]), status(code), page_size=2)
    error = reader.read()
    assert type(error) is ENDS[code]
    assert reader.rows == source(2)
    assert reader.query.status.code == code
    same_as_a_wait(error, reader.query, status(code), backend)


@pytest.mark.parametrize("code", OUTCOMES)
@pytest.mark.parametrize("http", [500, 200])
def test_the_error_of_the_query_on_a_download_is_that_of_a_wait(
    backend: str, code: str, http: int, tmp_path: Any
) -> None:
    target = tmp_path / "rows.csv"
    target.write_text("yesterday")
    subject = scripted_client(backend, success(), envelope(http, code))
    query = subject.start(format="csv")
    with pytest.raises(QueryFailedError) as caught:
        subject.call(query, "download", target)
    assert target.read_text() == "yesterday"
    assert isinstance(caught.value.__cause__, ApiError)
    assert (caught.value.__cause__.code, query.error) == (code, caught.value)
    said = f"query {query.schedule_id!r} failed: It did not work (HTTP {http} while downloading the result, {code}"
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(status(code), kind) for code, kind in ENDS.items()] + [(success(), NotFoundError)],
    ids=[*ENDS, "SUCCESS"],
)
def test_a_download_without_rows_raises_how_the_query_ended(
    backend: str, answer: httpx.Response, kind: Any, tmp_path: Any
) -> None:
    subject = scripted_client(backend, success(), GONE, answer)
    query = subject.start(format="csv")
    with pytest.raises(kind) as caught:
        subject.call(query, "download", tmp_path / "rows.csv")
    assert type(caught.value) is kind


def test_a_refused_licence_on_a_page_is_no_failed_query() -> None:
    reader = Reader.of("sync", success([HEADER, *source(2)]), envelope(403, "LICENSE_EXPIRED"), page_size=2)
    assert type(reader.read()).__name__ == "PermissionDeniedError"
    assert reader.query.error is None


HISTORIES = {
    "an object": {"data": {"a": 1}},
    "an empty object": {"data": {}},
    "text": {"data": "many"},
    "empty text": {"data": ""},
    "a number": {"data": 5},
    "zero": {"data": 0},
    "true": {"data": True},
    "missing": {},
    "a null entry": {"data": [{"schedule_id": "q1"}, None]},
    "a text entry": {"data": ["q1"]},
    "a number entry": {"data": [7]},
    "an odd meta": {"meta": 7, "data": []},
    "a list for an envelope": {"meta": [], "data": [[1, 2]]},
}


@pytest.mark.parametrize("body", HISTORIES.values(), ids=HISTORIES)
def test_a_history_that_is_none_is_unreadable(backend: str, body: dict[str, Any]) -> None:
    subject = scripted_client(backend, httpx.Response(200, json=body), retry=RetryPolicy(attempts=1))
    with pytest.raises(UnreadableResponseError):
        subject.collect(subject.client, "history")


MEMBERS = ("type_", "schedule_time", "schedule_id", "status_code", "app_id")
NAMES = ("@type", "schedule_time", "schedule_id", "status_code", "app_id")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(entry=st.dictionaries(st.sampled_from([*NAMES, "rows", "ds_id"]), json_values), others=json_values)
def test_an_entry_of_the_history_holds_text_or_nothing(entry: dict[str, Any], others: Any) -> None:
    body = {"meta": {"paginate": others, "filter": others}, "data": [entry]}
    subject = scripted_client("sync", httpx.Response(200, json=body), retry=RetryPolicy(attempts=1))
    (found,) = subject.collect(subject.client, "history")
    for member, name in zip(MEMBERS, NAMES, strict=True):
        value = getattr(found, member)
        assert (value if isinstance(entry.get(name), str) else not value) or value == ""
        assert isinstance(value, str) or not value or member == "schedule_time"
    assert found.to_dict().keys() <= entry.keys()


@given(body=json_values)
def test_any_history_is_entries_or_one_of_our_exceptions(body: Any) -> None:
    subject = scripted_client(
        "sync", httpx.Response(200, json={"meta": {}, "data": body}), retry=RetryPolicy(attempts=1)
    )
    try:
        entries = subject.collect(subject.client, "history")
    except UnreadableResponseError:
        return
    assert all(hasattr(entry, "schedule_id") for entry in entries)
