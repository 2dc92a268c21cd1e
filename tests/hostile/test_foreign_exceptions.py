"""Whatever a caller passes, only our exceptions come out, at once, and no secret is in them."""

import asyncio
import copy
import inspect
import io
import json
import math
import pickle
import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
import pytest
from supermetrics_query import (
    AccountFilter,
    AsyncQueryClient,
    ConfigurationError,
    DataQuery,
    FieldSelection,
    Lane,
    Limiter,
    OutputFormat,
    PollPolicy,
    QueryClient,
    QuerySettings,
    RedisLimiter,
    RetryPolicy,
    StatusCode,
    SupermetricsQueryError,
    query_from_dict,
    query_from_file,
    query_from_url,
)

from tests.contract.test_errors import examples
from tests.support.answers import envelope, status, success
from tests.support.scripted import KEY, Clock, a_query, scripted_client

ONCE = RetryPolicy(attempts=1)
NOBODY = "http://127.0.0.1:1"  # where nobody listens


class Silent:
    """An object that cannot even be printed."""

    def __repr__(self) -> str:
        raise RuntimeError


def nested(depth: int) -> list[Any]:
    """Return lists inside each other."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


def laughing() -> list[Any]:
    """Return lists that hold each other so often that nobody can write them out."""
    laugh: list[Any] = ["ha"]
    for _ in range(30):
        laugh = [laugh] * 9
    return laugh


def circular() -> list[Any]:
    """Return a list that holds itself."""
    own: list[Any] = []
    own.append(own)
    return own


ODD: Mapping[str, object] = {
    "None": None,
    "True": True,
    "0": 0,
    "-1": -1,
    "1.5": 1.5,
    "NaN": math.nan,
    "infinity": math.inf,
    "more than a float": 10**400,
    "more than can be printed": 10**5000,
    "less than can be printed": -(10**5000),
    "the most": sys.maxsize,
    "no text": "",
    "a number as text": "5",
    "a line end": "x\n",
    "half a character": "\ud800",
    "long text": "x" * 2_000,
    "bytes": b"x",
    "an empty list": [],
    "a list": [1],
    "an empty mapping": {},
    "a mapping": {"a": 1},
    "a mapping of numbers": {1: 2},
    "a set": {1},
    "a function": lambda *_: None,
    "a class": Silent,
    "an object": object(),
    "what cannot be printed": Silent(),
    "a deep list": nested(100_000),
    "a list that is barely JSON": nested(900),
    "laughing lists": laughing(),
    "a circle": circular(),
    "a datetime": datetime(2026, 11, 1, tzinfo=UTC),
    "a negative duration": timedelta(-1),
    "the longest duration": timedelta.max,
    "a decimal": Decimal(1),
    "a complex number": 1j,
    "an ellipsis": ...,
}
# `on_progress` of a function that does not take a status is an error of that function, which is theirs to see.
OWN_ERRORS = {("on_progress", "a class")}


def transport() -> httpx.MockTransport:
    """Answer everything with a result."""
    return httpx.MockTransport(lambda _: httpx.Response(200, json=success().json()))


def a_client(**options: Any) -> QueryClient:
    """Make a client whose API answers at once."""
    given = {"api_key": KEY, "base_url": NOBODY, "retry": ONCE, "clock": Clock()}
    return QueryClient(**{**given, "http_options": {"transport": transport()}, **options})


def used(**options: Any) -> None:
    """Make a client and send a request."""
    with a_client(**options) as client:
        client.attach("night-1").refresh()


def used_async(**options: Any) -> None:
    """Make an async client and send a request."""
    given = {"api_key": KEY, "base_url": NOBODY, "retry": ONCE, "clock": Clock()}

    async def main() -> None:
        async with AsyncQueryClient(**{**given, "http_options": {"transport": transport()}, **options}) as client:
            await client.attach("night-1").refresh()

    asyncio.run(main())


def called(method: str, *given: Any, **named: Any) -> object:
    """Call a method of a client to its end."""
    with a_client() as client:
        return ended(getattr(client, method)(*given, **named))


def of_a_query(method: str, *given: Any, **named: Any) -> object:
    """Call a method of a query to its end."""
    with a_client() as client:
        return ended(getattr(client.attach("night-1"), method)(*given, **named))


def ended(result: Any) -> object:
    return [*result] if isinstance(result, Iterator) else result


def asked(make: Callable[[Any], DataQuery], value: object) -> None:
    called("start", make(value))


def of_dict(member: str, value: object) -> None:
    query_from_dict({"ds_id": "WEATHER", member: value})


def of_model(member: str, value: Any) -> None:
    called("start", DataQuery(**{"ds_id": "WEATHER", "schedule_id": "night-1", member: value}))


def limited(**options: Any) -> None:
    Limiter(**options).acquire(Lane.POLL, 1.0)


def limited_by_redis(**options: Any) -> None:
    RedisLimiter(**{"url": "redis://127.0.0.1:1", **options}).acquire(Lane.POLL, 1.0)


def options_of(make: Callable[..., object], *names: str) -> Mapping[str, Callable[[Any], object]]:
    return {name: partial(lambda name, value: make(**{name: value}), name) for name in names}


CLIENT = (
    *("api_key", "token_provider", "base_url", "timeout", "poll", "retry", "limiter", "page_size", "on_event"),
    *("http_options", "transport", "clock"),
)
POLL = ("first", "floor", "ceiling", "use_progress", "jitter", "max_errors", "unknown_patience", "start_wait")
MEMBERS = ("ds_id", "ds_accounts", "fields", "settings", "start_date", "max_rows", "schedule_id", "sync_timeout")
A_URL = "https://api.test/v2/query/data/json?ds_id=WEATHER"
# What takes a value of a caller: by what it belongs to and by its name.
TAKES: Mapping[str, Mapping[str, Callable[[Any], object]]] = {
    "QueryClient": options_of(used, *CLIENT),
    "AsyncQueryClient": options_of(used_async, *CLIENT),
    "PollPolicy": options_of(PollPolicy, *POLL),
    "RetryPolicy": options_of(RetryPolicy, "attempts", "base", "cap", "retry_after_ceiling"),
    "Limiter": options_of(limited, "per_second", "per_hour"),
    "RedisLimiter": options_of(limited_by_redis, "url", "name", "per_second", "per_hour", "fraction"),
    "start": {"query": partial(called, "start"), **options_of(partial(called, "start", a_query()), "format")},
    "run": options_of(partial(called, "run", a_query()), "format", "timeout", "on_progress"),
    "attach": {"token": partial(called, "attach")},
    "status": {
        "id": partial(called, "status"),
        **options_of(partial(called, "status", "night-1"), "offset_start", "offset_end"),
    },
    "as_completed": {
        "queries": partial(called, "as_completed"),
        "query": lambda value: called("as_completed", [value]),
        **options_of(partial(called, "as_completed", []), "timeout"),
    },
    "run_many": {
        "queries": partial(called, "run_many"),
        "query": lambda value: called("run_many", [value]),
        **options_of(partial(called, "run_many", [a_query()]), "format", "in_flight", "timeout"),
    },
    "wait": options_of(partial(of_a_query, "wait"), "timeout", "on_progress"),
    "watch": options_of(partial(of_a_query, "watch"), "timeout"),
    "pages": options_of(partial(of_a_query, "pages"), "start", "prefetch"),
    "rows": options_of(partial(of_a_query, "rows"), "start", "prefetch"),
    "to_arrow": options_of(partial(of_a_query, "to_arrow"), "schema"),
    "download": {
        **options_of(lambda **given: of_a_query("download", io.BytesIO(), **given), "on_progress"),
    },
    "query_from_url": {"url": query_from_url, **options_of(partial(query_from_url, A_URL), "fields", "settings", "x")},
    "query_from_file": {"file": query_from_file},
    "query_from_dict": {"members": query_from_dict, **{name: partial(of_dict, name) for name in (*MEMBERS, "x")}},
    "DataQuery": {name: partial(of_model, name) for name in MEMBERS},
}
EVERY = [(owner, name) for owner, names in TAKES.items() for name in names]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("owner", "name"), EVERY, ids=lambda value: value)
def test_only_our_exceptions_leave_whatever_is_passed(owner: str, name: str) -> None:
    for label, value in ODD.items():
        if (name, label) not in OWN_ERRORS:
            message = raised(partial(TAKES[owner][name], value))
            assert len(message) < 1000, f"{owner}({name}=...) repeats {label} at length"


def raised(call: Callable[[], object]) -> str:
    """Return what our exception says; anything else fails the test."""
    try:
        call()
    except SupermetricsQueryError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("target", ["", "\ud800", "a\0b", None, 5, b"x", [], object()])
def test_a_download_that_can_go_nowhere_is_refused_before_anything_is_sent(target: Any) -> None:
    subject = scripted_client("sync", success())
    with pytest.raises(ConfigurationError, match="a path or to an open file"):
        subject.call(subject.client.attach("night-1"), "download", target)
    assert subject.script.seen == []


SECRET = "hunter2"
URLS = [
    *(
        "https://api.test\n",
        "https://api.test/\r\nX: y",
        "\thttps://api.test",
        "https://api.test/v 2",
        "https://a b.test",
    ),
    *(
        "https://\ud800.test",
        "https://a..test",
        f"https://{'a' * 64}.test",
        "https://api.test/\ud800",
        "https://☃.test",
    ),
    *("https://a%zz.test", "https://a|b.test", "https://[::1", "https://[fe80::zz]", "https://a\\b", "https://", "//a"),
    *("https://api.test:x", "https://api.test:-1", "https://api.test:0", "https://api.test:99999"),
    *("https://api.test/?", "https://api.test#", "https://api.test/?a=1", "https://@api.test"),
    *(f"https://user:{SECRET}@api.test", f"ftp://user:{SECRET}@api.test", f"user:{SECRET}@api.test"),
    *(f"https://user:{SECRET}@api.test:99999", f"https://user:{SECRET}@api.test\n", f"http://user:{SECRET}@api.test"),
    *(f"https://user:{SECRET}/@api.test", f"https://user:{SECRET}@x@api.test", f"https://:{SECRET}@a..test"),
]


CLIENTS = [
    pytest.param(QueryClient, {}, id="sync"),
    pytest.param(AsyncQueryClient, {}, id="async"),
    pytest.param(AsyncQueryClient, {"transport": "aiohttp"}, id="aiohttp"),
]


@pytest.mark.parametrize(("kind", "options"), CLIENTS)
@pytest.mark.parametrize("url", [*URLS, 5, 0, False, f"https://user:{SECRET}@api.test".encode(), [SECRET]], ids=repr)
def test_a_base_url_that_cannot_be_used_is_refused_and_no_password_is_shown(
    kind: Any, options: dict[str, Any], url: Any
) -> None:
    with pytest.raises(ConfigurationError, match=r"base_url|plain http") as caught:
        kind(KEY, base_url=url, **options)
    assert SECRET not in repr(caught.value)
    assert SECRET.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize("url", ["https://bücher.test/v2", "https://xn--bcher-kva.test", "https://a_b.test:8443/x/"])
@pytest.mark.parametrize("kind", [QueryClient, AsyncQueryClient])
def test_a_base_url_that_can_be_looked_up_is_taken(kind: Any, url: str) -> None:
    assert kind(KEY, base_url=url)


class NotAsync(httpx.BaseTransport):
    """A transport of sync code only."""


class NotSync(httpx.AsyncBaseTransport):
    """A transport of async code only."""


REFUSED_BY_BOTH: list[Any] = [
    [("verify", False)],
    "verify",
    5,
    {1: 2},
    {b"verify": True},
    {"verfy": False},
    {"verify": 5},
    {"verify": "/nowhere/ca.pem"},
    {"headers": 5},
    {"headers": None},
    {"headers": {"X-Team": 1}},
    {"headers": {"X-Team": f"{SECRET}\r\nX: y"}},
    {"headers": {"X-Team": f"{SECRET} "}},
    {"headers": {"X Team": "a"}},
    {"headers": {"": "a"}},
    {"headers": {b"X-Team": b"a"}},
    {"proxy": 5},
    {"proxy": f"socks9://user:{SECRET}@proxy.test"},
    {"proxy": f"http://user:{SECRET}/@proxy.test"},
    {"timeout": 5},
]
REFUSED_BY_HTTPX: list[Any] = [
    *REFUSED_BY_BOTH,
    {"headers": {"X-Team": "\ud800"}},
    {"proxy": f"http://user:{SECRET}@a..test"},
    {"transport": 5},
    {"transport": httpx.BaseTransport},
    {"mounts": 5},
    {"mounts": {"all://": 5}},
    {"event_hooks": 5},
    {"event_hooks": {"request": 5}},
    {"event_hooks": {"request": [5]}},
    {"limits": 5},
    {"limits": httpx.Limits(max_connections="many")},  # type: ignore[arg-type]
    {"limits": httpx.Limits(keepalive_expiry="long")},  # type: ignore[arg-type]
    {"params": 5},
    {"params": {"a": "\ud800"}},
    {"cert": "/nowhere/cert.pem"},
    {"http2": True},
]


def label(options: object) -> str:
    """Name a case, without where its objects lie in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(options))


def refused(kind: Any, options: Any, **named: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"http_options|proxy") as caught:
        kind(KEY, http_options=options, **named)
    assert SECRET not in repr(caught.value)


@pytest.mark.parametrize("kind", [QueryClient, AsyncQueryClient])
@pytest.mark.parametrize("options", REFUSED_BY_HTTPX, ids=label)
def test_options_that_httpx_cannot_use_are_refused_when_the_client_is_made(kind: Any, options: Any) -> None:
    refused(kind, options)


@pytest.mark.parametrize("options", REFUSED_BY_BOTH, ids=label)
def test_options_that_aiohttp_cannot_use_are_refused_when_the_client_is_made(options: Any) -> None:
    refused(AsyncQueryClient, options, transport="aiohttp")


def test_a_transport_of_the_other_kind_of_code_is_refused() -> None:
    refused(QueryClient, {"transport": NotSync()})
    refused(QueryClient, {"mounts": {"all://": NotSync()}})
    refused(AsyncQueryClient, {"transport": NotAsync()})


@pytest.mark.parametrize("kind", [QueryClient, AsyncQueryClient])
@pytest.mark.parametrize(
    "options",
    [
        {"verify": False},
        {"verify": ssl.create_default_context()},
        {"proxy": "http://user:pw@proxy.test:3128"},
        {"proxy": httpx.Proxy("http://proxy.test")},
        {"headers": {"X-Team": "night shift", "X-Empty": ""}},
        {"headers": [("X-Team", "a")]},
        {"limits": httpx.Limits(max_connections=5)},
        {"mounts": {"https://": None}},
        {"event_hooks": {"request": [print]}},
        {"params": {"a": "ü"}},
        {"transport": None},
    ],
    ids=label,
)
def test_options_that_httpx_can_use_are_taken(kind: Any, options: Any) -> None:
    assert kind(KEY, http_options=options)


@pytest.mark.parametrize(
    "url",
    [
        "redis://a..b",
        "redis://h:x",
        f"redis://:{SECRET}/@h",
        f"redis://:{SECRET}@h".encode(),
        "redis://h?foo=1",
        "http://h",
    ],
)
def test_an_address_of_redis_that_cannot_be_used_is_refused(url: Any) -> None:
    with pytest.raises(ConfigurationError, match="redis://host:6379/0") as caught:
        RedisLimiter(url)
    assert SECRET not in repr(caught.value)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (PollPolicy, {"floor": 0}, "floor must be a number from 0.001 to 1e+09, not 0.0"),
        (PollPolicy, {"floor": timedelta(microseconds=1)}, "floor must be a number from 0.001 to 1e+09, not 1e-06"),
        (PollPolicy, {"jitter": math.nan}, "jitter must be a number from 0 to 1, not nan"),
        (PollPolicy, {"max_errors": "8"}, "max_errors must be a whole number from 1 on, not '8'"),
        (PollPolicy, {"use_progress": "no"}, "use_progress must be a bool, not 'no'"),
        (PollPolicy, {"start_wait": 7200}, "start_wait must be a number from 0 to 3600, not 7200.0"),
        (RetryPolicy, {"attempts": "5"}, "attempts must be a whole number from 1 on, not '5'"),
        (RetryPolicy, {"attempts": True}, "attempts must be a whole number from 1 on, not True"),
        (RetryPolicy, {"cap": math.inf}, "a duration must be a number of seconds or a timedelta, finite and"),
        (QueryClient, {"poll": 5}, "poll must be a PollPolicy, not 5"),
        (QueryClient, {"limiter": 5}, "limiter must be a BaseLimiter, not 5"),
        (QueryClient, {"on_event": 5}, "on_event must be a function, not 5"),
        (QueryClient, {"token_provider": ""}, "token_provider must be a function, not ''"),
        (QueryClient, {"transport": []}, "transport must be 'httpx' or 'aiohttp', not []"),
    ],
)
def test_an_option_that_cannot_be_used_is_named_with_its_value(
    kind: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        kind(**{**({"api_key": KEY} if kind is QueryClient else {}), **options})


@pytest.mark.parametrize("timeout", [3e6, 1e10, sys.maxsize, 10**400, timedelta.max], ids=lambda value: f"{value!r:.9}")
def test_a_timeout_beyond_what_a_socket_takes_is_as_long_as_it_can_be(timeout: Any) -> None:
    with QueryClient(KEY, base_url=NOBODY, timeout=timeout, retry=ONCE, clock=Clock()) as client:
        with pytest.raises(SupermetricsQueryError, match="no answer"):
            client.attach("night-1").refresh()
        with pytest.raises(SupermetricsQueryError, match="no answer"):
            client.attach("night-1").wait(timeout=timeout, on_progress=None)


# What is public and is handed on: it survives a process that has imported nothing.


def handed_over() -> Iterator[Any]:
    """Yield values as a user gets them."""
    events: list[Any] = []
    poll = PollPolicy(max_errors=1)
    subject = scripted_client(
        "sync", status("RUNNING", ready=1, total=2), envelope(503, "X"), success(), on_event=events.append
    )
    query = subject.start()
    yield query.status
    yield query.wait().status
    yield from (*query.pages(), *query.columns, query.token, query.request, *events)
    yield from (poll, RetryPolicy(base=2), StatusCode.SUCCESS, OutputFormat.CSV, Lane.POLL, *examples())
    subject = scripted_client("sync", envelope(400, "X"))
    with pytest.raises(SupermetricsQueryError) as caught:
        subject.start()
    yield caught.value
    yield DataQuery(ds_id="WEATHER")
    yield query_from_dict({"ds_id": "WEATHER", "fields": ["date", {"id": "temp"}], "start_date": date(2026, 11, 1)})
    yield DataQuery(ds_id="WEATHER", fields=["date", FieldSelection(id="temp")], ds_accounts=AccountFilter())
    yield DataQuery(ds_id="WEATHER", settings=QuerySettings.from_dict({"no_headers": True}))


def shown(value: Any) -> list[Any]:
    """Return the text of a value and what its models hold, both of which a bare process sends back."""
    members = (value, *(getattr(value, name, None) for name in ("response", "problem", "status")))
    return [repr(value), [model.to_dict() for model in members if hasattr(model, "to_dict")]]


BARE = f"""
import json, pickle, sys
from typing import Any
{inspect.getsource(shown)}
print(json.dumps([shown(pickle.loads(each)) for each in pickle.load(sys.stdin.buffer)]))
"""


@pytest.mark.parametrize("protocol", [0, pickle.DEFAULT_PROTOCOL, pickle.HIGHEST_PROTOCOL])
def test_what_is_handed_over_survives_a_copy_and_a_process_that_has_imported_nothing(protocol: int) -> None:
    values = [*handed_over()]
    expected = [normal(shown(value)) for value in values]
    assert [normal(shown(copy.deepcopy(value))) for value in values] == expected
    pickled = pickle.dumps([pickle.dumps(value, protocol) for value in values])
    done = subprocess.run([sys.executable, "-c", BARE], input=pickled, capture_output=True, check=True)
    assert [normal(each) for each in json.loads(done.stdout)] == expected


def normal(shown: Any) -> Any:
    """Leave out where an object lies in memory, and what is not JSON."""
    text, models = shown
    return [text.partition(" object at ")[0], json.loads(json.dumps(models))]
