"""A key where none belongs: deep in a query, a file or a base URL, or among the words of a command."""

import io
import json
import traceback
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import supermetrics_query
from hypothesis import given, settings
from hypothesis import strategies as st
from supermetrics_query import (
    AccountFilter,
    ApiKeyWarning,
    ConfigurationError,
    DataQuery,
    FieldSelection,
    QueryClient,
    query_from_dict,
    query_from_file,
    query_from_url,
    split,
)
from supermetrics_query._contract.requests import attributes
from supermetrics_query._contract.validation import short_repr
from supermetrics_query.emulator import Emulator

from tests.cli.shell import WEATHER, command
from tests.support.answers import success
from tests.support.pasted import BASE, KEY, QUERY, encoded, plain, text
from tests.support.scripted import scripted_client

OVERLAY = str(Path(supermetrics_query.__file__).parent)
SHORT_KEY = "s3cret"  # of no form that the API issues


def refusal(action: Callable[[], object]) -> ConfigurationError:
    """Return the error that an action raises."""
    with pytest.raises(ConfigurationError) as caught:
        action()
    return caught.value


def kept(error: BaseException) -> str:
    """Return all that is kept of an error, with the variables of every frame but those of this file."""
    assert error.__context__ is None
    frames = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    return f"{error}{error!r}{vars(error)}" + "".join(frame for frame in frames if __file__ not in frame)


# In a query.

MISPLACED: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "the data source": ({"ds_id": KEY}, "ds_id looks"),
    "a login": ({"ds_user": KEY}, "ds_user looks"),
    "one of the logins": ({"ds_users": ["me", KEY]}, "ds_users[1] looks"),
    "an account": ({"ds_accounts": ("1", KEY)}, "ds_accounts[1] looks"),
    "a filter of accounts": ({"ds_accounts": {"filter_name": f"^{KEY}"}}, "ds_accounts.filter_name looks"),
    "a model": ({"ds_accounts": AccountFilter(filter_id=KEY)}, "ds_accounts.filter_id looks"),
    "the fields as a text": ({"fields": f"date,{KEY}"}, "fields looks"),
    "a field": ({"fields": ["date", {"id": KEY}]}, "fields[1].id looks"),
    "an option of a field": ({"fields": [FieldSelection.from_dict({"id": "a", "x": [KEY]})]}, "fields[0].x[0] looks"),
    "a filter": ({"filter": f"country == {KEY}"}, "filter looks"),
    "an id": ({"schedule_id": KEY}, "schedule_id looks"),
    "a setting": ({"settings": {"token": KEY}}, "settings.token looks"),
    "a setting inside another": ({"settings": {"a": [{"b": KEY}]}}, "settings.a[0].b looks"),
    "the name of a setting": ({"settings": {KEY: 1}}, "a name in settings looks"),
    "a key of any form as a setting": ({"settings": {"apiKey": SHORT_KEY}}, "settings.apiKey is not sent"),
    "a token of OAuth": ({"settings": {"t": KEY.replace("api_", "otok_")}}, "settings.t looks"),
}


@pytest.mark.parametrize("name", MISPLACED)
def test_a_key_anywhere_in_a_mapping_is_refused_by_its_place(name: str) -> None:
    members, says = MISPLACED[name]
    error = refusal(lambda: query_from_dict(QUERY, **members))
    assert str(error).startswith(says)
    assert "take it out, and give the key to the client" in str(error)
    assert not any(key in kept(error) for key in (KEY, KEY[5:], SHORT_KEY))


@pytest.mark.parametrize("name", [*MISPLACED, "a member that the contract does not know"])
def test_a_key_anywhere_in_a_query_is_refused_before_anything_is_sent(backend: str, name: str) -> None:
    members, says = MISPLACED.get(name, ({"zzz": {"deep": [KEY]}}, "zzz.deep[0] looks"))
    query = DataQuery(ds_id="WEATHER")
    for each, value in members.items():
        if each in attributes():
            setattr(query, attributes()[each], value)
        else:
            query[each] = value
    subject = scripted_client(backend, success())
    for method in ("start", "run"):
        error = refusal(partial(subject.call, subject.client, method, query))
        assert (str(error).startswith(says), KEY in f"{error!r}", subject.script.seen) == (True, False, [])
    [handle] = subject.collect(subject.client, "run_many", [query])
    assert (KEY in f"{handle!r}{handle.error!r}", subject.script.seen) == (False, [])


parts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@st.composite
def buried(draw: st.DrawFn) -> Any:
    """Draw what JSON can hold, with a key somewhere in it."""
    value: Any = draw(st.sampled_from([KEY, f"Bearer {KEY}", f"?api_key={KEY}&x=1", f"\n{KEY}\t"]))
    for _ in range(draw(st.integers(0, 20))):
        name = draw(st.text(max_size=5))
        value = draw(st.sampled_from([[value], [draw(parts), value], {name: value}, {"x": draw(parts), name: value}]))
    return value


@settings(max_examples=200, deadline=None)
@given(value=buried())
def test_no_depth_hides_a_key(value: Any) -> None:
    for members in ({"settings": {"x": value}}, {"settings": json.loads(json.dumps({"x": value}))}):
        error = refusal(partial(query_from_dict, QUERY, **members))
        assert KEY not in kept(error)


@settings(max_examples=200, deadline=None)
@given(value=parts)
def test_what_holds_no_key_is_sent_as_it_is(value: Any) -> None:
    assert query_from_dict(QUERY, settings={"x": value}).to_dict()["settings"] == {"x": value}


NAMES = (
    "api_response_time_average",
    "api_conversions",
    "api_key",
    "api_export_2026_11_01",
    "api_report-of-2026-11-01",
    "google_api_responseTimeAverage2026",
    "nightly-api_sales-2026-11-01T06",
    "otok_",
    "api_123",
    "https://api.example.com/a_path/of_a_page",
    "capi_ and then some text",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_not_taken_for_a_key(name: str) -> None:
    query = query_from_dict({"ds_id": "A", "fields": ["date", name], "filter": name, "settings": {"x": name}})
    assert query.to_dict()["fields"] == ["date", name]
    assert name in short_repr(name)


def test_what_is_no_key_and_looks_like_one_is_refused_with_what_to_do() -> None:
    error = refusal(lambda: query_from_dict({"ds_id": "A", "schedule_id": "api_Sales-of-2026-11-01"}))
    assert "if it is none, change it: " in str(error)


@pytest.mark.parametrize("method", ["status", "attach"])
def test_a_key_in_the_place_of_a_token_is_refused_before_anything_is_sent(method: str) -> None:
    subject = scripted_client("sync", success())
    error = refusal(lambda: subject.call(subject.client, method, KEY))
    assert ("looks like an API key" in str(error), KEY in str(error), subject.script.seen) == (True, False, [])


def test_a_part_of_a_query_holds_no_key_either() -> None:
    error = refusal(lambda: split(DataQuery(ds_id="A", ds_accounts=["1", KEY]), by_account=1))
    assert str(error).startswith("ds_accounts[1] looks like an API key")
    assert KEY not in kept(error)


def test_a_filter_of_the_history_holds_no_key(backend: str) -> None:
    subject = scripted_client(backend, success())
    error = refusal(lambda: subject.collect(subject.client, "history", ds_ids=["A", KEY]))
    assert (str(error).startswith("ds_ids[1] looks"), KEY in str(error), subject.script.seen) == (True, False, [])


# In a message.


class Text(str):
    """A text of a class of its own."""

    __slots__ = ()


class Shown:
    """What shows a key itself."""

    def __repr__(self) -> str:
        """Return a text with a key."""
        return f"<{'.' * 20}{KEY}{'.' * 50}>"


NESTED = {
    "a text": KEY,
    "a text of another class": Text(KEY),
    "a list": [KEY],
    "a list of texts of another class": [Text(KEY)],
    "a list in lists": [[KEY], (KEY,)],
    "a set": {KEY},
    "a mapping": {KEY: KEY},
    "a mapping of another class": {"a": {"b": Text(KEY)}},
    "bytes": KEY.encode(),
    "an object": Shown(),
    "a model": AccountFilter(filter_id=KEY),
    "a query": DataQuery(ds_id=KEY, settings={"a": KEY}),
    "a long text": "x" * 20 + " " + KEY + " " + "y" * 200,
}


@pytest.mark.parametrize("name", NESTED)
def test_a_value_in_a_message_shows_no_part_of_a_key(name: str) -> None:
    shown = short_repr(NESTED[name])
    assert not any(KEY[at : at + 8] in shown for at in range(4, len(KEY) - 8))
    assert len(shown) < 120


def test_no_message_shows_a_key_whichever_way_it_came_there() -> None:
    error = ConfigurationError(f"no such thing: {KEY}, {KEY!r}")
    assert (str(error), error.args) == ("no such thing: [api key], '[api key]'", (str(error),))


# In a traceback.

BROKEN = f"ds_id: A\nsettings: {{token: {KEY}\n"
YAML_LIST = f"- ds_id\n- {KEY}\n- token: {KEY}\n"
HOLDING: Mapping[str, Callable[[Path], object]] = {
    "a mapping": lambda _: query_from_dict({"ds_id": "A", "api_key": KEY}),
    "a mapping with a wrong member": lambda _: query_from_dict({"ds_id": "A", "zzz": 1, "filter": KEY}),
    "a change": lambda _: query_from_dict({"ds_id": "A"}, api_key=KEY),
    "a change of a URL": lambda _: query_from_url(f"{BASE}/json?ds_id=A", api_key=KEY),
    "a setting of a URL": lambda _: query_from_url(f"{BASE}/json?{plain()}", settings={"x": [KEY]}),
    "an open file": lambda _: query_from_file(io.BytesIO(text(api_key=KEY).encode())),
    "a file": lambda path: query_from_file(written(path, text(settings={"x": KEY}))),
    "a file that is broken": lambda path: query_from_file(written(path, BROKEN)),
    "a file of JSON that is broken": lambda path: query_from_file(written(path.with_suffix(".json"), BROKEN)),
    "a file with a list": lambda path: query_from_file(written(path, YAML_LIST)),
    "a file with a list of JSON": lambda path: query_from_file(written(path, json.dumps([{"a": KEY}, KEY]))),
    "a file with a tag": lambda path: query_from_file(written(path, f"ds_id: !{KEY} x\n")),
    "a file with a name twice": lambda path: query_from_file(written(path, f"{KEY}: 1\n{KEY}: 2\n")),
    "a file with a name that is no text": lambda path: query_from_file(written(path, f"settings: {{[{KEY}]: 1}}\n")),
    "a file in UTF-16": lambda path: query_from_file(written(path, text(api_key=KEY), "utf-16")),
    "a file beside a change": lambda path: query_from_file(written(path, text()), filter=KEY),
    "the parts of a query": lambda _: split(DataQuery(ds_id="A", ds_accounts="1,2", filter_=KEY), by_account=1),
    "parts without a size": lambda _: split(DataQuery(ds_id="A", filter_=KEY), by_account=0),
    "a base URL": lambda _: QueryClient("a_key", base_url=f"https://a b/?api_key={KEY}"),
    "a base URL over http": lambda _: QueryClient("a_key", base_url=f"http://{KEY}@api.test"),
    "a base URL of a query": lambda _: QueryClient("a_key", base_url=f"{BASE}/json?api_key={KEY}"),
    "a base URL beside a wrong option": lambda _: QueryClient("a_key", base_url=f"{BASE}?{KEY}", page_size=0),
}


def written(path: Path, content: str, encoding: str = "utf-8") -> Path:
    """Write a file and return its path."""
    path.write_text(content, encoding)
    return path


@pytest.mark.parametrize("name", HOLDING)
def test_no_frame_of_an_error_holds_the_key(tmp_path: Path, name: str) -> None:
    shown = kept(refusal(lambda: HOLDING[name](tmp_path / "q.yaml")))
    assert not any(KEY[at : at + 8] in shown for at in range(4, len(KEY) - 8))


def test_a_warning_that_is_turned_into_an_error_holds_no_key() -> None:
    with warnings.catch_warnings(action="error", category=ApiKeyWarning), pytest.raises(ApiKeyWarning) as caught:
        query_from_url(f"{BASE}/json?{plain(api_key=KEY)}")
    assert KEY not in kept(caught.value)


@pytest.mark.parametrize("method", ["start", "run"])
def test_only_the_query_of_the_caller_holds_its_key_in_a_traceback(backend: str, method: str) -> None:
    subject = scripted_client(backend, success())
    query = DataQuery(ds_id="WEATHER", settings={"x": KEY})
    frames = traceback.walk_tb(refusal(lambda: subject.call(subject.client, method, query)).__traceback__)
    ours = [frame for frame, _ in frames if frame.f_code.co_filename.startswith(OVERLAY)]
    holding = {name for frame in ours for name, value in frame.f_locals.items() if KEY in repr(value)}
    assert (holding, len(ours) > 1) == ({"query"}, True)


def test_the_error_of_one_of_many_queries_holds_no_key(backend: str) -> None:
    subject = scripted_client(backend, success())
    query = DataQuery(ds_id="WEATHER", settings={"x": KEY})
    [handle] = subject.collect(subject.client, "run_many", [query])
    assert handle.error is not None
    assert KEY not in kept(handle.error)


# In a URL, outside of its parameters.

LOOSE = {
    "the fragment": f"{BASE}/json?{plain()}#api_key={KEY}",
    "the fragment, without a name": f"{BASE}/json?{plain()}#{KEY}",
    "the fragment, encoded": f"{BASE}/json?{plain()}#{quote(f'api_key={KEY}', safe='')}",
    "the fragment, like a path": f"{BASE}/json?{plain()}#/queries?x=1&api-key={KEY}",
    "a parameter without a name": f"{BASE}/json?{plain()}&{KEY}",
    "a parameter without a value": f"{BASE}/json?{KEY}=&{encoded()}",
    "behind a json that is not encoded": f"{BASE}/json?json={text(filter='a # b')}#{KEY}",
    "twice": f"{BASE}/json?{plain(api_key=KEY)}&{KEY}#{KEY}",
}


@pytest.mark.parametrize("name", LOOSE)
def test_a_key_that_stands_alone_in_a_url_is_handed_out_with_a_warning(name: str) -> None:
    with pytest.warns(ApiKeyWarning):
        found = query_from_url(LOOSE[name])
    assert (found.api_key, found.query.ds_id, KEY in f"{found!r}{found.query!r}") == (KEY, "WEATHER", False)


@pytest.mark.parametrize("name", ["pretty", "system", "sync_timeout", "x"])
def test_a_key_in_a_parameter_that_is_ignored_is_refused(name: str) -> None:
    error = refusal(lambda: query_from_url(f"{BASE}/json?{plain()}&{name}={KEY}"))
    assert "a key stands inside of another parameter of the URL" in str(error)


@pytest.mark.parametrize("fragment", ["", "rows", "a=1&b", "api_key=", "%", "api"])
def test_a_fragment_without_a_key_warns_of_nothing(fragment: str) -> None:
    assert query_from_url(f"{BASE}/json?{plain()}#{fragment}").api_key is None


# Among the words of a command.

PASTED = f"{BASE}/csv?ds_id=GAWA&api_key={SHORT_KEY}"
WORDS = {
    "a URL without its option": ("run", PASTED),
    "a URL with a json": ("run", f'{BASE}/json?json={{"ds_id": "A", "api_key": "{SHORT_KEY}"}}'),
    "a URL of two lines": ("run", f'{BASE}/json?json={{"ds_id": "A",\n "api_key": "{SHORT_KEY}"}}'),
    "a URL that is encoded": ("run", quote(PASTED, safe="")),
    "a URL with a password": ("run", f"https://me:{SHORT_KEY}@api.test/"),
    "a key alone": ("run", KEY),
    "a parameter alone": ("run", f"api_key={SHORT_KEY}"),
    "a key for a number": ("run", "--max-rows", KEY),
    "a URL for a number": ("run", "--max-rows", PASTED),
    "a key for a form": ("run", "--output", KEY),
    "a key as an option": ("run", f"--{KEY}"),
    "a key as a command": (KEY,),
    "a URL as a command": (PASTED,),
    "a URL for a time": ("run", *WEATHER, "--timeout", PASTED),
    "a URL for a setting": ("run", *WEATHER, "--setting", f"{BASE}/json?{SHORT_KEY}"),
    "a key for a setting": ("run", *WEATHER, "--setting", KEY),
    "a key as a setting": ("run", *WEATHER, "--setting", f"api_key={SHORT_KEY}"),
    "a key in a setting": ("run", *WEATHER, "--setting", f"token={KEY}"),
    "a key in a field": ("run", *WEATHER, "--fields", f"date,{KEY}"),
    "a URL for a query": ("wait", PASTED),
    "a key for a query": ("wait", KEY),
    "a key for a path": ("run", *WEATHER, "--key-file", KEY),
    "a URL for a path": ("run", *WEATHER, "--to", PASTED),
    "a URL for a format": ("run", *WEATHER, "--format", PASTED),
    "all that happened": ("run", *WEATHER, "--format", PASTED, "--verbose"),
}


@pytest.mark.parametrize("name", WORDS)
def test_no_usage_error_shows_a_key_or_the_query_of_a_url(supermetrics_emulator: Emulator, name: str) -> None:
    done = command(supermetrics_emulator, *WORDS[name])
    assert (done.returncode, done.stdout, supermetrics_emulator.requests) == (2, "", ())
    assert not any(key in done.stderr for key in (KEY, SHORT_KEY))
    assert "Error: " in done.stderr


def test_a_usage_error_says_what_cannot_be_used(supermetrics_emulator: Emulator) -> None:
    done = command(supermetrics_emulator, "run", PASTED)
    assert "unexpected extra argument" in done.stderr
    assert f"({BASE}/csv?... See: " in done.stderr
    done = command(supermetrics_emulator, "run", "--max-rows", "what?")
    assert "'what?' is not a valid int" in done.stderr
