"""A key that stands in a URL, a file or a query: handed out where it is asked for, and neither sent nor shown."""

import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send
from supermetrics_query import (
    ApiKeyWarning,
    ConfigurationError,
    DataQuery,
    PastedQuery,
    QueryClient,
    query_from_dict,
    query_from_url,
)
from supermetrics_query.emulator import Emulator
from supermetrics_query.emulator.server import bind_socket, origin_of, serving
from supermetrics_query_api import models

from tests.support.answers import success
from tests.support.calling import calling
from tests.support.pasted import BASE, KEY, QUERY, encoded, plain, text
from tests.support.scripted import scripted_client

# Whatever the text is.

CHARACTERS = st.text("abcXYZ0123456789_-", min_size=16, max_size=40)
issued = st.builds("{}X{}".format, st.sampled_from(["api_", "otok_"]), CHARACTERS)
FORMS = (
    "https://HOST/enterprise/v2/query/data/json?{json}",
    "https://HOST/enterprise/v2/query/data/json?json={raw}&pretty=1",
    "https://HOST/enterprise/v2/query/data/csv?api_key={key}&{plain}",
    "https://HOST/enterprise/v2/query/data/csv?{plain}&api_key={key}",
    "https://{key}@HOST/enterprise/v2/query/data/json?{plain}",
    "https://user:{key}@HOST/enterprise/v2/query/data/json?{plain}",
    "https://HOST/enterprise/v2/query/data/{key}?{plain}",
    "https://HOST/enterprise/v2/query/data/json/{key}",
    "https://HOST/enterprise/v1/query/data/json?api_key={key}",
    "https://HOST/enterprise/v2/query/s/{key}/json?api_key={key}",
    "https://HOST/enterprise/v2/query/data/json?{plain}#{key}",
    "{key}",
)
PIECES = ("&", "?", "#", "@", "/", '"', "{", "}", ",", ":", "%", "%2", "+", "\\", "\n", "é", "\ud800", "json=", "=", "")


def filled(form: str, key: str) -> str:
    """Return a URL with a key in it."""
    return form.format(key=key, json=encoded(api_key=key), raw=text(api_key=key), plain=plain())


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a URL, some of it changed, and the key in it."""
    key = draw(issued)
    url = filled(draw(st.sampled_from(FORMS)), key)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(url)))
        url = url[:at] + draw(st.sampled_from(PIECES)) + url[at + draw(st.integers(0, 3)) :]
    return (quote(url, safe=":/?&=", errors="replace") if draw(st.booleans()) else url), key


def outcome(url: str) -> PastedQuery | ConfigurationError:
    """Return what a URL holds, or why it is refused."""
    try:
        return query_from_url(url)
    except ConfigurationError as error:
        return error


def shown(found: PastedQuery | ConfigurationError) -> str:
    """Return everything that is shown and kept of what came out, with the variables of a traceback."""
    kept = f"{found}{found!r}{pickle.dumps(found)!r}"
    if isinstance(found, PastedQuery):
        return kept + repr(found.query)
    frames = traceback.TracebackException.from_exception(found, capture_locals=True)
    assert (found.__cause__, found.__context__) == (None, None)
    return kept + "".join(frame for frame in frames.format() if __file__ not in frame)


def warned(caught: list[warnings.WarningMessage]) -> str:
    """Return what is printed of warnings."""
    return "".join(warnings.formatwarning(each.message, each.category, each.filename, each.lineno) for each in caught)


@settings(max_examples=1500, deadline=None)
@given(drawn=damaged())
def test_whatever_a_url_is_it_is_a_query_or_refused_and_no_key_is_shown(drawn: tuple[str, str]) -> None:
    url, key = drawn
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = outcome(url)
    assert key not in shown(found) + warned(caught)


@settings(max_examples=200, deadline=None)
@given(key=CHARACTERS, form=st.sampled_from(FORMS[:6]))
def test_a_key_of_any_form_is_handed_out_and_not_shown(key: str, form: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = outcome(filled(form, key))
    assert isinstance(found, PastedQuery)
    assert (found.api_key, len(caught)) == (key, 1)
    assert key not in shown(found) + warned(caught)


@settings(max_examples=500, deadline=None)
@given(url=st.text(st.sampled_from('{}[]":,&?=#@/%20aé\ud800'), max_size=40) | st.text(max_size=40))
def test_any_text_is_a_query_or_refused(url: str) -> None:
    for each in (url, f"{BASE}/json?{url}", f"{BASE}/json?json={url}", f"https://{url}/query/data/json?ds_id=A"):
        with warnings.catch_warnings(action="ignore", category=ApiKeyWarning):
            assert isinstance(outcome(each), PastedQuery | ConfigurationError)


def test_a_warning_that_goes_to_the_log_does_not_show_the_key(caplog: pytest.LogCaptureFixture) -> None:
    logging.captureWarnings(capture=True)
    try:
        with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)
            query_from_url(filled(FORMS[0], KEY))
    finally:
        logging.captureWarnings(capture=False)
    assert KEY not in caplog.text


# A key in a query.


def by_item() -> DataQuery:
    """Return a query that was given a key as an item."""
    query = DataQuery(ds_id="GAWA")
    query["api_key"] = KEY
    return query


def by_properties(name: str) -> DataQuery:
    """Return a query that has a key among the members that the model does not know."""
    query = DataQuery(ds_id="GAWA")
    query.additional_properties[name] = KEY
    return query


HOLDING: Mapping[str, Callable[[], DataQuery]] = {
    "argument": lambda: DataQuery(ds_id="GAWA", api_key=KEY),
    "from_dict": lambda: DataQuery.from_dict({"ds_id": "GAWA", "api_key": KEY}),
    "item": by_item,
    "additional_properties": lambda: by_properties("api_key"),
    "another spelling": lambda: by_properties("apiKey"),
}


@pytest.mark.parametrize("name", HOLDING)
@pytest.mark.parametrize("method", ["start", "run"])
def test_a_query_with_a_key_is_refused_before_anything_is_sent(backend: str, method: str, name: str) -> None:
    subject = scripted_client(backend, success())
    with pytest.raises(ConfigurationError, match="api_key is not sent with a query") as caught:
        subject.call(subject.client, method, HOLDING[name]())
    assert (subject.script.seen, KEY in f"{caught.value!r}{pickle.dumps(caught.value)!r}") == ([], False)


@pytest.mark.parametrize("name", HOLDING)
def test_one_of_many_queries_with_a_key_ends_with_the_error_and_nothing_is_sent(backend: str, name: str) -> None:
    subject = scripted_client(backend, success())
    [query] = subject.collect(subject.client, "run_many", [HOLDING[name]()])
    assert "api_key is not sent with a query" in str(query.error)
    assert (subject.script.seen, KEY in repr(query)) == ([], False)


@pytest.mark.parametrize("name", ["api_key", "apiKey", "API-KEY"])
def test_a_mapping_with_a_key_is_refused_without_showing_it(name: str) -> None:
    for members, changes in (({**QUERY, name: KEY}, {}), (QUERY, {name: KEY}), ({name: KEY, "zzz": 1}, {})):
        with pytest.raises(ConfigurationError, match="give the key to the client") as caught:
            query_from_dict(members, **changes)
        assert KEY not in str(caught.value)


@pytest.mark.parametrize("members", [text(api_key=KEY), [("api_key", KEY)], text(api_key=KEY).encode()])
def test_what_is_no_mapping_is_refused_without_showing_it(members: Any) -> None:
    with pytest.raises(ConfigurationError, match="a query must be a mapping, not ") as caught:
        query_from_dict(members)
    assert KEY not in str(caught.value)


MODELS = [
    models.DataQuery(ds_id="A", api_key=KEY),
    models.QueryStatusRequest(schedule_id="q", api_key=KEY),
    models.QueryResultsRequest(schedule_id="q", api_key=KEY),
    models.QueryHistoryRequest(api_key=KEY),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_no_model_shows_a_key(model: Any) -> None:
    assert (KEY in repr(model), model.to_dict()["api_key"]) == (False, KEY)


def test_a_name_that_is_suggested_is_never_that_of_the_key() -> None:
    for name in ("api_ke", "apikeys", "zzz"):
        with pytest.raises(ConfigurationError, match="a query has no member") as caught:
            query_from_dict({"ds_id": "A", name: None})
        assert "api_key" not in str(caught.value)


# What travels.


@contextmanager
def recorded(service: Emulator) -> Iterator[tuple[str, list[bytes]]]:
    """Serve an emulator, and record what the client sends beside the headers."""
    seen: list[bytes] = []

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        async def received() -> Message:
            message = await receive()
            seen.append(message.get("body", b""))
            return message

        seen.append(f"{scope['path']}?".encode() + scope["query_string"])
        await service.app(scope, received, send)

    listener = bind_socket("127.0.0.1", 0)
    with serving(record, listener):
        yield f"{origin_of(listener)}/enterprise/v2", seen


def test_no_operation_of_any_client_sends_the_key_as_a_member(supermetrics_emulator: Emulator, stack: str) -> None:
    supermetrics_emulator.add_key(KEY)
    with recorded(supermetrics_emulator) as (url, seen), calling(stack, KEY, base_url=url) as caller:
        query = caller.call(caller.client, "start", query_from_dict(QUERY), format="csv")
        caller.call(query, "wait")
        caller.call(query, "download", "/dev/null")
        assert len(caller.collect(caller.client, "history")) == 1
    text = b"\n".join(seen)
    assert all(f"/query/{name}".encode() in text for name in ("data/csv", "status", "results", "history"))
    assert b"api_key" not in text
    assert KEY.encode() not in text


PASTED_AS_BASE = [
    ("https://api.test/enterprise/v2/query/data/json", "https://api.test/enterprise/v2"),
    ("https://api.test/enterprise/v2/query/data/json/", "https://api.test/enterprise/v2"),
    ("https://api.test/enterprise/v2/query/data", "https://api.test/enterprise/v2"),
    ("https://api.test/v2/query/status", "https://api.test/v2"),
    ("https://api.test/v2/query/", "https://api.test/v2"),
    ("https://api.test:8443/query", "https://api.test:8443"),
    ("HTTPS://api.test/v2/query/s/AbC/json", "https://api.test/v2"),
    ("http://127.0.0.1:9/v2/query/history", "http://127.0.0.1:9/v2"),
    ("https://api.test/enterprise/v2/QUERY/status/", "https://api.test/enterprise/v2"),
    ("https://api.test/enterprise/v2/query%2Fdata", "https://api.test/enterprise/v2"),
    ("https://api.test/enterprise/v2%2Fquery%2fdata%2Fjson", "https://api.test/enterprise/v2"),
    ("https://api.test/a%20b/query", "https://api.test/a%20b"),
    (f"https://api.test/v2/query/data/json?api_key={KEY}", "https://api.test/v2"),
    (f"https://{KEY}@api.test/v2/query/data/json#{KEY}", "https://api.test/v2"),
]


# A base URL of version 1, and of both kinds.
OLD = [
    ("https://api.test/enterprise/v1", "https://api.test/enterprise/v2"),
    ("https://api.test/proxy/enterprise/v1/", "https://api.test/proxy/enterprise/v2"),
    ("https://api.test/Enterprise/V1/query/data/json", "https://api.test/enterprise/v2"),
    ("https://api.test/api/v1/getData", "https://api.test/enterprise/v2"),
    ("https://api.test/getData/", "https://api.test/enterprise/v2"),
    (f"https://api.test/api/v1/getData?api_key={KEY}", "https://api.test/enterprise/v2"),
]


@pytest.mark.parametrize(("url", "right"), OLD)
def test_a_base_url_of_version_1_is_refused_with_the_right_one(url: str, right: str) -> None:
    with pytest.raises(ConfigurationError, match="must be of version 2 of the API: ") as caught:
        QueryClient("a_key", base_url=url)
    assert str(caught.value).endswith(repr(right))
    QueryClient("a_key", base_url=right).close()


@pytest.mark.parametrize(("url", "right"), PASTED_AS_BASE)
def test_a_base_url_that_is_the_url_of_a_query_is_refused_with_the_right_one(
    monkeypatch: pytest.MonkeyPatch, url: str, right: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        QueryClient("a_key", base_url=url)
    monkeypatch.setenv("SUPERMETRICS_BASE_URL", url)
    with pytest.raises(ConfigurationError) as again:
        QueryClient("a_key")
    assert str(caught.value) == str(again.value) == f"base_url must end before /query: {right!r}"
    QueryClient("a_key", base_url=right).close()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.test/query/v2",
        "https://proxy.test/query/enterprise/v2",
        "https://query.test/v2",
        "https://proxy.test/v1",
        "https://proxy.test/api/v1",
        "https://proxy.test/v1/enterprise/v2",
        "https://proxy.test/a%20b/v2",
    ],
)
def test_a_base_url_of_a_proxy_may_have_the_word_in_its_path(url: str) -> None:
    QueryClient("a_key", base_url=url).close()


@pytest.mark.parametrize(
    "url", [f"https://a b/{KEY}?api_key={KEY}", f"https://a b/?x=@{KEY}", f"//{KEY}@a?api_key={KEY}"]
)
def test_a_base_url_that_cannot_be_used_shows_no_key(url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url must look like") as caught:
        QueryClient("a_key", base_url=url)
    assert KEY not in str(caught.value)
