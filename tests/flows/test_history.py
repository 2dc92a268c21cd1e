"""The history of queries, entry by entry."""

import json
import re
from datetime import date
from typing import Any

import httpx
import pytest
from supermetrics_query import ConfigurationError, DataQuery, QueryClient
from supermetrics_query.emulator import INSTANT, Emulator

from tests.support.scripted import scripted_client


def page(count: int, first: int = 0, **members: Any) -> httpx.Response:
    """Return a page with so many entries."""
    names = [f"q{number}" for number in range(first, first + count)]
    entries = [{"@type": "query_history", "schedule_id": name, "status_code": "SUCCESS"} for name in names]
    return httpx.Response(200, json={"meta": {}, "data": entries, **members})


def test_every_page_is_asked_for_until_one_is_not_full(backend: str) -> None:
    subject = scripted_client(backend, page(1000), page(1000, 1000), page(3, 2000))
    assert len(subject.collect(subject.client, "history")) == 2003
    assert subject.log == ["history 0", "history 1000", "history 2000"]


@pytest.mark.parametrize("data", [None, []])
def test_no_entries_are_an_empty_iterator(data: Any) -> None:
    subject = scripted_client("sync", page(0, data=data))
    assert subject.collect(subject.client, "history") == []


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_day_that_does_not_exist_is_refused(name: str) -> None:
    subject = scripted_client("sync", page(0))
    with pytest.raises(ConfigurationError, match=f"{name} must be a day such as 2026-11-01, not '2026-02-30'"):
        subject.collect(subject.client, "history", **{name: "2026-02-30"})
    assert subject.script.seen == []


def test_what_is_wanted_is_sent() -> None:
    subject = scripted_client("sync", page(0))
    subject.collect(
        subject.client, "history", ds_ids=["GA"], status_codes=["FAILURE"], since=date(2026, 11, 1), until="today"
    )
    assert '"ds_ids":["GA"],"status_codes":["FAILURE"],"since":"2026-11-01","until":"today"' in str(
        subject.script.seen[0].url.params["json"]
    )


def test_a_status_that_no_query_has_is_refused_before_sending() -> None:
    subject = scripted_client("sync", page(0))
    with pytest.raises(ConfigurationError, match="'FAILED'"):
        subject.collect(subject.client, "history", status_codes=["FAILED"])
    assert subject.script.seen == []


def test_a_query_that_was_run_stands_in_the_history() -> None:
    with Emulator(plan=INSTANT) as service, QueryClient(service.key, base_url=service.url) as client:
        query = client.run(DataQuery(ds_id="WEATHER", fields=["date"]))
        entries = list(client.history(ds_ids=["WEATHER"]))
    assert [(entry.schedule_id, entry.status_code) for entry in entries] == [(query.schedule_id, "SUCCESS")]


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [("GAWA", "GAWA"), (("GAWA", "FA"), ["GAWA", "FA"])],
    ids=["one", "several"],
)
def test_data_sources_may_be_one_or_several(wanted: Any, asked: Any) -> None:
    subject = scripted_client("sync", page(0))
    subject.collect(subject.client, "history", ds_ids=wanted)
    assert json.loads(subject.script.seen[0].url.params["json"])["ds_ids"] == asked


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"since": 5}, "since must be text, not 5"),
        ({"until": "x" * 101}, "until must have 100 or fewer characters, not 101"),
        ({"ds_ids": {"GAWA"}}, "ds_ids must be text or a list, not {'GAWA'}; it has no order: use a list"),
    ],
    ids=["since", "until", "ds_ids"],
)
def test_what_the_history_cannot_take_is_refused_before_sending(wanted: dict[str, Any], said: str) -> None:
    subject = scripted_client("sync", page(0))
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        subject.collect(subject.client, "history", **wanted)
    assert subject.script.seen == []
