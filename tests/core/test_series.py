"""The ids of a named query: the same in every process and version, and never those of another query."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supermetrics_query import ConfigurationError, DataQuery, FieldSelection, HistoryEntry
from supermetrics_query._contract.validation import checked_schedule_id
from supermetrics_query._core.series import KnownRuns, Series, series_of

NAME = "nightly-2026-11-24"
SESSIONS: dict[str, Any] = {"ds_id": "GAWA", "fields": ["date", "sessions"], "start_date": "2026-11-01"}

# These values may never change: users resume across versions, and other programs derive them from the rule in the docs.
PINNED = [
    (NAME, {"ds_id": "GAWA"}, "json", "944e0f9e576cbd9ebf3c046044a0c43124980665"),
    (NAME, {"ds_id": "GAWA"}, "csv", "0d4c28d49801f72e60c21b697009efac5181f0b8"),
    (NAME, SESSIONS, "json", "bcc1834a65917e730fc81d233ccb8ac1db207e03"),
    (
        "café",
        {"ds_id": "FA", "settings": {"b": 1.5, "a": [None, "ü"]}, "max_rows": 5},
        "json",
        "1f02ef288b947d810b32728a0d734e45c2c74ff6",
    ),
]


def stem(members: dict[str, Any], name: str = NAME, format: str = "json") -> str:
    return series_of(name, DataQuery(**members), format).stem


@pytest.mark.parametrize(("name", "members", "format", "expected"), PINNED)
def test_the_ids_are_the_same_in_every_version(name: str, members: dict[str, Any], format: str, expected: str) -> None:
    assert stem(members, name, format) == expected


@pytest.mark.parametrize(
    "other",
    [
        {**SESSIONS, "start_date": date(2026, 11, 1)},
        {**SESSIONS, "fields": ("date", "sessions")},
        {**SESSIONS, "end_date": None},
        {**SESSIONS, "sync_timeout": 7},
        dict(reversed(SESSIONS.items())),
    ],
)
def test_the_same_query_has_the_same_ids_however_it_is_written(other: dict[str, Any]) -> None:
    assert stem(other) == stem(SESSIONS)


@pytest.mark.parametrize(
    "other",
    [
        {**SESSIONS, "fields": ["sessions", "date"]},
        {**SESSIONS, "start_date": "2026-11-02"},
        {**SESSIONS, "max_rows": 10},
        {**SESSIONS, "offset_start": 5},
        {**SESSIONS, "settings": {"no_headers": True}},
        {**SESSIONS, "fields": [FieldSelection.from_dict({"id": "date", "split": "column"})]},
    ],
)
def test_another_query_has_other_ids(other: dict[str, Any]) -> None:
    assert stem(other) != stem(SESSIONS)


def test_a_name_and_a_format_have_ids_of_their_own() -> None:
    stems = {stem(SESSIONS, name, format) for name in ("a", "b") for format in ("json", "csv")}
    assert len(stems) == 4


def test_a_member_that_the_contract_does_not_know_counts() -> None:
    query = DataQuery(**SESSIONS)
    query["beta"] = 1
    assert series_of(NAME, query, "json").stem != stem(SESSIONS)


@given(st.text(min_size=1).filter(str.strip), st.integers(0, 999_999_999))
def test_whatever_the_name_the_ids_are_ids_of_the_api(name: str, number: int) -> None:
    series = series_of(name, DataQuery(ds_id="GAWA"), "json")
    assert checked_schedule_id(series.schedule_id(number))


@pytest.mark.parametrize("name", ["", "  ", 7, b"name", True, "\ud800"])
def test_what_is_no_name_is_refused(name: Any) -> None:
    with pytest.raises(ConfigurationError, match="resume must be a name such as 'nightly-2026-11-24', not"):
        series_of(name, DataQuery(ds_id="GAWA"), "json")


def test_a_query_has_a_name_or_an_id_of_its_own() -> None:
    with pytest.raises(ConfigurationError, match="makes the id of the query: leave out schedule_id='mine'"):
        series_of(NAME, DataQuery(ds_id="GAWA", schedule_id="mine"), "json")


def test_a_series_knows_the_newest_of_its_runs_and_none_of_others() -> None:
    series = series_of(NAME, DataQuery(ds_id="GAWA"), "json")
    other = Series("0" * 40, series.known_runs)
    assert (series.newest(), other.newest()) == (-1, -1)
    listed = {series.schedule_id(2): "RUNNING", series.schedule_id(10): "FAILURE", f"{series.stem}-x": "RUNNING"}
    series.known_runs.note([entry(name, code) for name, code in [*listed.items(), ("somebody-1", "RUNNING")]], None)
    assert (series.newest(), other.newest()) == (10, -1)


def entry(name: str, code: str, **members: str) -> HistoryEntry:
    return HistoryEntry.from_dict({"schedule_id": name, "status_code": code, **members})


NOON, LAG = datetime(2026, 11, 24, 12, tzinfo=UTC), 30.0


@pytest.mark.parametrize(
    ("code", "accepted", "patience"),
    [
        pytest.param("SUCCESS", "2026-11-24T11:59:50+00:00", 20.0, id="it may lag for the rest of the time"),
        pytest.param("FAILURE", "2026-11-24T14:59:50+03:00", 20.0, id="in another zone"),
        pytest.param("SUCCESS", "2026-11-24T11:00:00+00:00", -3570.0, id="no replica lags for so long"),
        pytest.param("RUNNING", "2026-11-24T11:00:00+00:00", LAG, id="what has not ended is there"),
        pytest.param("SUCCESS", "2026-11-24T11:59:50", LAG, id="no zone"),
        pytest.param("SUCCESS", "yesterday", LAG, id="no time"),
    ],
)
def test_a_run_that_no_poll_shows_may_lag_while_its_start_is_new(code: str, accepted: str, patience: float) -> None:
    series = series_of(NAME, DataQuery(ds_id="GAWA"), "json")
    series.known_runs.note([entry(series.schedule_id(0), code, schedule_time=accepted)], NOON)
    series.known_runs.read = 100.0
    assert series.patience(0, LAG, 100.0) == patience
    assert series.patience(0, LAG, 105.0) == (patience - 5 if patience != LAG else LAG)


def test_the_history_is_read_again_after_ten_minutes() -> None:
    known_runs = KnownRuns()
    assert not known_runs.is_current(0.0)
    known_runs.read = 100.0
    assert known_runs.is_current(699.0)
    assert not known_runs.is_current(700.0)
