import pytest
from supermetrics_query.emulator import INSTANT, Emulator
from supermetrics_query.emulator.sources import NULL_EVERY, cell, numbers

from tests.emulator.helpers import Api, error_of


def settings(rows: object, columns: object) -> dict[str, object]:
    return {"rows": rows, "columns": columns, "no_headers": True}


def test_every_cell_is_known_beforehand() -> None:
    with Emulator(plan=INSTANT, reorder_columns=False) as service, Api(service) as api:
        rows = api.start(ds_id="NUMBERS", fields="", settings=settings(250, 7)).json()["data"]
    assert rows == [[cell(row, column) for column in range(7)] for row in range(250)]
    assert any(None in row for row in rows)
    assert [row[0] for row in rows] == list(range(250))
    assert NULL_EVERY > 7


def test_a_million_rows_can_be_paged_from_the_end() -> None:
    with Emulator(plan=INSTANT) as service, Api(service) as api:
        api.start(
            ds_id="NUMBERS",
            schedule_id="q",
            fields=["c0", "c2"],
            settings=settings(1_000_000, 5),
            offset_end=0,
        )
        body = api.poll("q", offset_start=999_998).json()
    assert body["data"] == [[999_998, cell(999_998, 2)], [999_999, cell(999_999, 2)]]
    assert body["meta"]["result"]["total_rows"] == 1_000_000


def test_a_long_result_is_sent_while_it_is_made() -> None:
    with Emulator(plan=INSTANT) as service, Api(service) as api:
        answer = api.start(ds_id="NUMBERS", fields="c0", settings=settings(50_000, 1))
    assert "Content-Length" not in answer.headers
    assert answer.json()["data"] == [[row] for row in range(50_000)]


def test_numbers_can_be_filtered_and_ordered_like_other_data() -> None:
    query = {"fields": "c0", "filter": "c0 < 10 AND c0 > 6", "order_rows": "c0 desc"}
    with Emulator(plan=INSTANT) as service, Api(service) as api:
        rows = api.start(ds_id="NUMBERS", settings=settings(100, 1), **query).json()["data"]
    assert rows == [[9], [8], [7]]


@pytest.mark.parametrize("size", [(-1, 1), (1_000_001, 1), (1, 0), (1, 101), ("many", 1), (True, 1)])
def test_sizes_out_of_range_are_refused(api: Api, size: tuple[object, object]) -> None:
    assert error_of(api.start(ds_id="NUMBERS", settings=settings(*size))) == "BAD_REQUEST"


def test_lazy_rows_are_a_sequence() -> None:
    rows = numbers({"settings": {"rows": 12_000, "columns": 2}}).rows
    assert (rows[-1][0], rows[3][0], [row[0] for row in rows[1:9:3]]) == (11_999, 3, [1, 4, 7])
    assert [row[0] for row in rows] == list(range(12_000))
    with pytest.raises(IndexError):
        assert rows[12_000]
