"""A query may be written with dates, tuples and mappings; what the contract does not allow is refused unsent."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from supermetrics_query import (
    AccountFilter,
    ConfigurationError,
    DataQuery,
    FieldSelection,
    QuerySettings,
    query_from_dict,
)
from supermetrics_query._contract.requests import attributes, sendable
from supermetrics_query._contract.validation import BOUNDS, KINDS, check
from supermetrics_query_api.limits import LIMITS
from supermetrics_query_api.types import UNSET

from tests.support.answers import about, success
from tests.support.queries import MEMBERS, TOP, queries
from tests.support.scripted import ScriptedClient, scripted_client
from tools.contract.limits import LIMITS as WORDS

ALL_ROWS = ("max_rows", 1_000_000)  # what the client sends where the query says nothing
NAMELESS = about("", success())  # an answer to a query with any id


def sent(query: DataQuery, backend: str = "sync") -> dict[str, Any]:
    """Start a query and return the body that was sent, without the members that the client sets."""
    subject = scripted_client(backend, NAMELESS)
    subject.call(subject.client, "start", query)
    return without_ours(subject)


def without_ours(subject: ScriptedClient) -> dict[str, Any]:
    [request] = subject.script.seen
    ours = {"schedule_id", "sync_timeout", "offset_start", "offset_end"}
    body = json.loads(request.content)
    return {name: value for name, value in body.items() if name not in ours and (name, value) != ALL_ROWS}


def refusal(query: DataQuery) -> str:
    """Return the message with which a query is refused before it is sent."""
    subject = scripted_client("sync", NAMELESS)
    with pytest.raises(ConfigurationError) as caught:
        subject.call(subject.client, "start", query)
    assert subject.script.seen == []
    return str(caught.value)


def a_query(**members: Any) -> DataQuery:
    """Make a query, even with members that its types do not allow."""
    return DataQuery(**{"ds_id": "GAWA", **members})


def test_dates_tuples_and_mappings_travel_as_the_api_reads_them(backend: str) -> None:
    query = a_query(
        fields=("date", {"id": "country", "split": "column"}, FieldSelection(id="sessions")),
        ds_accounts=MappingProxyType({"filter_name": "^Shop"}),
        ds_users=("a@example.com",),
        start_date=date(2026, 11, 1),
        end_date="yesterday",
        settings={"no_headers": True, "nested": {"list": [1, None]}},
        order_rows=["date asc"],
        filter_="sessions > 5",
    )
    assert sent(query, backend) == {
        "ds_id": "GAWA",
        "fields": ["date", {"id": "country", "split": "column"}, {"id": "sessions"}],
        "ds_accounts": {"filter_name": "^Shop"},
        "ds_users": ["a@example.com"],
        "start_date": "2026-11-01",
        "end_date": "yesterday",
        "settings": {"no_headers": True, "nested": {"list": [1, None]}},
        "order_rows": ["date asc"],
        "filter": "sessions > 5",
    }


def test_a_mapping_and_its_model_travel_alike() -> None:
    models = a_query(
        settings=QuerySettings.from_dict({"no_headers": True}),
        ds_accounts=AccountFilter(filter_id="^1"),
        fields=[FieldSelection.from_dict({"id": "date", "split": "row"})],
    )
    plain = a_query(
        settings=OrderedDict(no_headers=True), ds_accounts={"filter_id": "^1"}, fields=[{"id": "date", "split": "row"}]
    )
    assert sent(models) == sent(plain)


def test_the_query_of_the_caller_stays_as_it_was() -> None:
    query = a_query(fields=("date",), settings={"a": 1}, ds_accounts={"filter_id": "1"}, max_rows=None)
    query["beta"] = {"x": [1]}
    before = deepcopy(query)
    sendable(query)
    sent(query)
    assert query == before


def test_what_is_none_is_left_out_and_null_stays_where_the_contract_is_open() -> None:
    query = a_query(max_rows=None, start_date=None, ds_accounts=AccountFilter(filter_id="1"), settings={"a": None})
    query["beta"] = None
    assert sent(query) == {"ds_id": "GAWA", "ds_accounts": {"filter_id": "1"}, "settings": {"a": None}, "beta": None}
    assert sent(a_query(ds_accounts={"filter_id": "1", "filter_name": None}))["ds_accounts"] == {"filter_id": "1"}


def test_members_that_the_contract_does_not_know_pass() -> None:
    query = a_query(fields=[{"id": "date", "beta": [1]}], ds_accounts={"beta": "x"}, compare_type="word of tomorrow")
    query["beta"] = {"any": ["thing", 1.5, None]}
    assert sent(query) == {
        "ds_id": "GAWA",
        "fields": [{"id": "date", "beta": [1]}],
        "ds_accounts": {"beta": "x"},
        "compare_type": "word of tomorrow",
        "beta": {"any": ["thing", 1.5, None]},
    }


def test_a_member_that_was_set_by_its_name_in_the_api_is_a_member_like_others() -> None:
    query = a_query()
    query["filter"] = "sessions > 5"
    query["max_rows"] = 5
    assert sent(query) == {"ds_id": "GAWA", "filter": "sessions > 5", "max_rows": 5}
    query["max_rows"] = 0
    assert "max_rows must be 1 or more, not 0" in refusal(query)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"ds_id": None}, "ds_id is missing and must be given"),
        ({"ds_id": 5}, "ds_id must be text, not 5"),
        ({"max_rows": "5"}, "max_rows must be a whole number, not '5'"),
        ({"max_rows": True}, "max_rows must be a whole number, not True"),
        ({"max_rows": 5.0}, "max_rows must be a whole number, not 5.0"),
        ({"max_rows": 1_000_001}, "max_rows must be 1000000 or less, not 1000001"),
        ({"max_rows": 10**5000}, "max_rows must be 1000000 or less, not one of int"),
        ({"cache_minutes": -1}, "cache_minutes must be 0 or more, not -1"),
        ({"fields": 5}, "fields must be text or a list, not 5"),
        ({"fields": b"date"}, "fields must be text or a list, not b'date'; decode it"),
        ({"fields": {"date"}}, "fields must be text or a list, not {'date'}; it has no order: use a list"),
        ({"fields": {"a": 1}.keys()}, "it has no order: use a list"),
        ({"fields": iter(["date"])}, "it can be read only once: use a list"),
        ({"fields": ["date", 5]}, "fields[1] must be text or a mapping, not 5"),
        ({"fields": ["date", None]}, "fields[1] must be text or a mapping, not None"),
        ({"fields": [{"split": "column"}]}, "fields[0].id is missing and must be given"),
        ({"fields": [{"id": 5}]}, "fields[0].id must be text, not 5"),
        ({"fields": ["x" * 101]}, "fields[0] must have 100 or fewer characters, not 101: 'xxxx"),
        (
            {"fields": ["x"] * 101},
            "fields must have 100 or fewer items, not 101: ['x', 'x', 'x', 'x', 'x', 'x', ...]; ",
        ),
        ({"fields": "x" * 1001}, "fields must have 1000 or fewer characters, not 1001"),
        ({"filter_": "x" * 5001}, "filter must have 5000 or fewer characters, not 5001"),
        ({"ds_accounts": [123]}, "ds_accounts[0] must be text, not 123"),
        ({"ds_accounts": {"filter_id": ["1"]}}, "ds_accounts.filter_id must be text, not ['1']"),
        ({"start_date": 5}, "start_date must be a date or text, not 5"),
        ({"start_date": datetime(2026, 11, 1, tzinfo=UTC)}, "a day has no time: use its .date()"),
        ({"settings": [("a", 1)]}, "settings must be a mapping, not [('a', 1)]"),
        ({"settings": "no_headers"}, "settings must be a mapping, not 'no_headers'"),
        ({"settings": {"since": date(2026, 11, 1)}}, "settings.since cannot be sent as JSON: Object of type date"),
        ({"settings": {"a": float("nan")}}, "settings.a cannot be sent as JSON: Out of range float values"),
        ({"settings": {5: 1}}, "a name in settings must be text, not 5"),
        ({"ds_user": "\ud800"}, "ds_user cannot be sent as JSON"),
        ({"schedule_id": "no spaces"}, "schedule_id must match ^[A-Za-z0-9_-]{1,50}$, not 'no spaces'; "),
        ({"schedule_id": "night-1\n"}, "schedule_id must match"),
        ({"schedule_id": ""}, "schedule_id must have 1 or more characters, not 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_api_would_reject_is_refused_with_its_name_its_value_and_what_to_do(
    members: dict[str, Any], said: str
) -> None:
    assert said in refusal(a_query(**members))


def test_a_message_ends_where_there_is_nothing_to_advise() -> None:
    assert refusal(a_query(ds_id=5)) == "ds_id must be text, not 5"


def test_a_name_that_is_no_text_is_refused_where_it_stands() -> None:
    query: Any = a_query()
    query[5] = 1
    assert refusal(query) == "a name in a request must be text, not 5"


def test_what_is_not_set_is_left_out_in_every_object() -> None:
    assert sent(a_query(settings={"a": UNSET, "b": 1}))["settings"] == {"b": 1}


def nested(levels: int, wrap: Callable[[Any], Any]) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)
    return value


WRAPS: Mapping[str, Callable[[Any], Any]] = {"dict": lambda value: {"a": value}, "list": lambda value: [value]}


@pytest.mark.parametrize("wrap", WRAPS)
def test_what_no_query_holds_is_refused_and_what_one_may_hold_is_sent(wrap: str) -> None:
    for vast in (nested(100, WRAPS[wrap]), [0] * 100_000, [[0] * 1000] * 100):
        assert "a is nested too deeply, or holds too much, to be sent" in refusal(a_query(settings={"a": vast}))
    for value in (nested(99, WRAPS[wrap]), [0] * 99_999, [[0] * 998] * 100):
        assert sent(a_query(settings={"a": value}))["settings"] == {"a": value}


def test_a_message_does_not_repeat_a_long_value() -> None:
    assert len(refusal(a_query(filter_="x" * 100_000))) < 200
    assert len(refusal(a_query(fields=["x" * 90] * 100_000))) < 500


def test_days_in_the_wrong_order_are_for_the_api_to_judge() -> None:
    query = a_query(start_date=date(2026, 11, 2), end_date=date(2026, 11, 1))
    assert sent(query) == {"ds_id": "GAWA", "start_date": "2026-11-02", "end_date": "2026-11-01"}


# Values within the limits of the contract, and values that exceed them by one.


def as_json(value: Any) -> Any:
    """Return a value after a round trip through JSON."""
    return json.loads(json.dumps(value, default=date.isoformat))


@settings(max_examples=200, deadline=None)
@given(members=queries)
def test_a_query_within_the_limits_travels_exactly_as_it_was_written(members: dict[str, Any]) -> None:
    subject = scripted_client("sync", NAMELESS)
    subject.call(subject.client, "start", DataQuery(**{attributes()[name]: value for name, value in members.items()}))
    body = json.loads(subject.script.seen[0].content)
    ours = {"schedule_id", "sync_timeout", "offset_start", "offset_end", "max_rows"} - members.keys()
    paged = {"offset_end"}
    assert {name: value for name, value in body.items() if name not in ours | paged} == as_json(members)


BEYOND: Mapping[str, Any] = {
    "minimum": lambda limit: limit - 1,
    "maximum": lambda limit: limit + 1,
    "minLength": lambda limit: "x" * (limit - 1),
    "maxLength": lambda limit: "x" * (limit + 1),
    "maxItems": lambda limit: ["x"] * (limit + 1),
    "pattern": lambda _: "no spaces",
}


def placed(path: str, value: object) -> dict[str, Any]:
    """Return keyword arguments that hold a value at a path."""
    if path.endswith("[]"):
        return placed(path.removesuffix("[]"), [value])
    outer, dot, name = path.rpartition(".")
    return placed(outer, {name: value}) if dot else {attributes()[name]: value}


@pytest.mark.parametrize(
    ("path", "word", "limit"),
    [
        (path, word, limit)
        for path, kinds in MEMBERS.items()
        for limits in kinds.values()
        for word, limit in limits.items()
    ],
)
def test_beyond_a_limit_by_one_nothing_is_sent(path: str, word: str, limit: Any) -> None:
    said = refusal(a_query(**placed(path, BEYOND[word](limit))))
    assert said.startswith(path.replace("[]", "[0]"))
    assert str(limit) in said


AT_A_LIMIT: Mapping[str, tuple[Any, Any, Any]] = {  # the limit, a value at it, and one beyond it
    "minimum": (3, 3, 2),
    "maximum": (3, 3, 4),
    "minLength": (3, "xxx", "xx"),
    "maxLength": (3, "xxx", "xxxx"),
    "minItems": (3, [1, 2, 3], [1, 2]),
    "maxItems": (3, [1, 2, 3], [1, 2, 3, 4]),
    "pattern": ("^x$", "x", "y"),
}


@pytest.mark.parametrize("word", WORDS)
def test_every_limit_that_a_contract_may_set_holds_at_its_value(word: str) -> None:
    limit, within, beyond = AT_A_LIMIT[word]
    check("beta", within, {word: limit})
    with pytest.raises(ConfigurationError, match=r"^beta must "):
        check("beta", beyond, {word: limit})


def test_every_kind_and_every_limit_of_the_contract_is_checked() -> None:
    kinds = [kinds for members in LIMITS.values() for kinds in members.values()]
    assert {kind for each in kinds for kind in each} <= KINDS.keys()
    assert {word for each in kinds for limits in each.values() for word in limits} <= BOUNDS.keys()


def test_every_member_of_the_contract_is_one_of_the_model() -> None:
    assert list(attributes()) == [*TOP, "api_key"]
    assert {*attributes().values()} == {field.name for field in attrs.fields(DataQuery)} - {"additional_properties"}


# Queries from files.


def test_a_mapping_becomes_a_query_that_is_checked() -> None:
    query = query_from_dict({"ds_id": "GAWA", "filter": "a > 1", "fields": ("date",), "max_rows": None})
    assert query == DataQuery(ds_id="GAWA", filter_="a > 1", fields=["date"])
    assert query.max_rows is UNSET


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "ds_id is missing and must be given"),
        ({"ds_id": "GAWA", "start_dat": "today"}, "a query has no member 'start_dat'; did you mean 'start_date'?"),
        ({"ds_id": "GAWA", "filter_": "x"}, "did you mean 'filter'?"),
        ({"ds_id": "GAWA", "zzz": 1}, "a query has no member 'zzz'; it has ds_id, schedule_id, "),
        ({"ds_id": "GAWA", 5: 1}, "a query has no member 5; it has"),
        ({"ds_id": "GAWA", "max_rows": 0}, "max_rows must be 1 or more, not 0"),
    ],
    ids=str,
)
def test_a_mapping_that_is_no_query_is_refused(members: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        query_from_dict(members)
    assert said in str(caught.value)


@settings(max_examples=100, deadline=None)
@given(members=queries)
def test_a_mapping_and_the_query_it_describes_are_sent_alike(members: dict[str, Any]) -> None:
    validated = DataQuery(**{attributes()[name]: value for name, value in members.items()})
    assert query_from_dict(members).to_dict() == sendable(validated).to_dict()


def test_settings_are_typed_as_any_mapping_and_days_as_dates() -> None:
    """Type-checked by mypy, too."""
    query = DataQuery(ds_id="GAWA", settings={"no_headers": True}, start_date=date(2026, 11, 1), end_date="today")
    assert sendable(query).to_dict() == {
        "ds_id": "GAWA",
        "settings": {"no_headers": True},
        "start_date": "2026-11-01",
        "end_date": "today",
    }
