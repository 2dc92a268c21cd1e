"""What stands in the URL of a query that somebody has copied: the format, the members, and the key apart.

A URL may hold a key anywhere, so no message shows a part of one before the key has been taken out of it.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from attrs import frozen

from .._masking import KEY_FORM
from ..errors import ConfigurationError
from .keys import KEY_MEMBER, is_key
from .meaning import JSON, MEMBERS, Unquoted
from .requests import is_member, suggestion
from .validation import checked_format

LONGEST = 256 * 1024  # characters
ADDRESS = re.compile(
    r"(https?://)?((?P<user>[^/?#]*)@)?[^/?#@\s]*(?P<path>/[^?#]*)([?](?P<query>.*)|#.*)?", re.DOTALL | re.IGNORECASE
)
DATA = re.compile(r".*/query/data/([^/]+)/?")
# Paths of other URLs of the API, and what to do with one.
OTHERS: Mapping[str, str] = {
    r"(.*/(enterprise|api))?/v1(/.*)?|.*/getData": (
        "this URL is of version 1 of the API, which names its parameters in another way: write the query anew for "
        "/enterprise/v2/query/data/json"
    ),
    r".*/query/s(/.*)?": (
        "this URL names a saved query, whose definition stays with the API: POST /query/convert of the API returns its "
        "parameters; or copy the long URL where the query was made"
    ),
    r".*/query/(status|results)": (
        "this URL is about a query that was started before: pass its schedule_id to client.attach"
    ),
}
RAW_JSON = re.compile(r"(^|&)json=\s*(?=\{)")
NAME = re.compile(r"[A-Za-z_]{1,40}")  # what is shown of a name; a key has digits
KEY_NAME = re.compile(r"api[_-]?key[\\\"'\s]*(?:[:=]|%3[ad])", re.IGNORECASE)  # and what separates it from a key
SHORTEST_KEY = 8  # characters; any text may hold a shorter one
# They change no rows: the layout of JSON, and the name of the program that sends it.
IGNORED = {"pretty", "system"}
BESIDE_JSON = {"sync_timeout"}


@frozen
class Pasted:
    """What stands in a URL."""

    format: str
    members: Mapping[str, object]
    key: str | None


def read_url(url: str) -> Pasted:
    """Return what stands in a URL; raise ConfigurationError for one that is not of a query."""
    if not isinstance(url, str):
        raise ConfigurationError(f"a URL must be text, not {type(url).__name__}")
    # Browsers drop line ends, too, which come from mails and tables.
    found = ADDRESS.fullmatch(re.sub(r"[\t\r\n]", "", url.strip())) if len(url) <= LONGEST else None
    if found is None:
        raise ConfigurationError("this is no URL, such as https://host/enterprise/v2/query/data/json?json=...")
    name = format_name(found["path"])
    beside, inside = parameters(found["query"] or "")
    key = the_key([*taken(beside), *taken(inside), *bare(beside), *behind(found[0]), password(found["user"] or "")])
    check_apart([name, beside, inside], key)  # what is ignored, too
    members = joined(beside, inside)
    check_apart([members], key)
    check_names(members)
    return Pasted(checked_format(name), members, key)


def format_name(path: str) -> str:
    """Return the name of the format in a path; raise ConfigurationError for the path of another URL."""
    for pattern, problem in OTHERS.items():
        if re.fullmatch(pattern, path):
            raise ConfigurationError(problem)
    found = DATA.fullmatch(path)
    if found is None:
        raise ConfigurationError(
            "this is no URL of a query: the path of one ends in /query/data/json, or another format"
        )
    return unquote(found[1])


def password(user: str) -> str:
    """Return the password that stands before a host, or else the user."""
    name, _, secret = unquote(user).partition(":")
    return secret or name


def parameters(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters of a URL, and the members of the one named json."""
    pairs = pairs_of(text)
    beside = dict(pairs)
    if len(beside) < len(pairs):
        raise ConfigurationError("a parameter stands twice in the URL: write a list once, with commas")
    inside = beside.pop("json", {})
    if not isinstance(inside, dict):
        raise ConfigurationError('the json of the URL must be an object such as {"ds_id": "GAWA"}')
    return beside, inside


def pairs_of(text: str) -> list[tuple[str, Any]]:
    """Return the parameters of a URL as a server reads them, or else with a json that is not encoded.

    That one may hold `&` and `#`, and is read to the end of its object.
    """
    raw = RAW_JSON.search(text)
    try:
        return decoded(text)
    except ValueError as error:
        if raw is None:
            raise unreadable(error) from None
    try:
        value, end = JSON.raw_decode(text, raw.end())
        rest = text[end:].lstrip()
        if rest[:1] not in {"", "&", "#"}:
            raise json.JSONDecodeError("something stands behind it", text, end)
        return [("json", value), *decoded(text[: raw.start()] + rest)]
    except ValueError as error:
        raise unreadable(error) from None


def decoded(text: str) -> list[tuple[str, Any]]:
    """Return the parameters of a URL as a server reads them; raise ValueError where it could not."""
    pairs = parse_qsl(text.partition("#")[0], keep_blank_values=True, errors="strict")
    return [(name, JSON.decode(value) if name == "json" else value) for name, value in pairs]


def unreadable(error: ValueError) -> ConfigurationError:
    """Return the error for parameters that cannot be read, without any part of them."""
    if isinstance(error, json.JSONDecodeError):
        return ConfigurationError(f"the json of the URL is not JSON: {error.msg} at character {error.pos + 1}")
    if isinstance(error, UnicodeError):
        return ConfigurationError("the URL is not text in UTF-8")
    return ConfigurationError("a name stands twice in the json of the URL")


def taken(members: dict[str, Any]) -> list[object]:
    """Take the key out of the members, however its name is spelled, and return it."""
    return [members.pop(name) for name in list(members) if is_key(name)]


def bare(parameters: dict[str, Any]) -> list[object]:
    """Take the keys that stand in the place of a name out of the parameters, and return them."""
    names = [name for name, value in parameters.items() if not value and KEY_FORM.fullmatch(name)]
    for name in names:
        del parameters[name]
    return [*names]


def behind(url: str) -> list[object]:
    """Return the keys in the fragment of a URL, which no server sees; a json that is not encoded may be part of it."""
    fragment = re.sub("[?#]", "&", url.partition("#")[2])
    named = taken(dict(parse_qsl(fragment)))
    return [*named, *KEY_FORM.findall(unquote(fragment))]


def the_key(found: Iterable[object]) -> str | None:
    """Return the key that was found, None where there is none; raise ConfigurationError where it cannot be one."""
    keys = [key for key in found if key]
    limits = MEMBERS[KEY_MEMBER]["string"]
    for key in keys:
        if (
            not isinstance(key, str)
            or len(key) > int(limits["maxLength"])
            or not re.fullmatch(str(limits["pattern"]), key)
        ):
            raise ConfigurationError("what stands in the URL as its key cannot be one: take it out")
    if len(set(map(str, keys))) > 1:
        raise ConfigurationError("the URL holds different keys: leave one in it, or none")
    return str(keys[0]) if keys else None


def joined(beside: Mapping[str, str], inside: Mapping[str, Any]) -> dict[str, object]:
    """Return the members of a query, which stand in the json or are the parameters themselves."""
    plain = {name: written(name, value) for name, value in beside.items() if value and name not in IGNORED}
    if inside and plain.keys() - BESIDE_JSON:
        raise ConfigurationError(
            "the URL has parameters beside its json, which the API does not document: move them into it"
        )
    return plain | {name: unquoted(name, value) for name, value in inside.items() if name not in IGNORED}


def written(name: str, text: str) -> object:
    """Return what a parameter stands for: a list, an object, or what its place takes."""
    if text.startswith(("[", "{")) and {"array", "object"} & MEMBERS.get(name, {}).keys():
        try:
            return JSON.decode(text)
        except ValueError:
            pass
    return Unquoted(text)


def unquoted(name: str, value: object) -> object:
    """Return a member of the json; a number or an object that was written as text is what its place takes."""
    is_text = isinstance(value, str) and "string" in MEMBERS.get(name, {"string": {}})
    return written(name, value) if isinstance(value, str) and not is_text else value


def check_apart(rest: Sequence[object], key: str | None) -> None:
    """Raise ConfigurationError where a key may stand in anything but its own place."""
    text = json.dumps(rest)
    is_repeated = key is not None and len(key) >= SHORTEST_KEY and key in text
    if is_repeated or KEY_NAME.search(text) or KEY_FORM.search(text):
        raise ConfigurationError("a key stands inside of another parameter of the URL: take it out")


def check_names(members: Iterable[str]) -> None:
    """Raise ConfigurationError for a name that no query has, and show one that is not a mistaken value."""
    for name in members:
        if not is_member(name):
            shown = repr(name) if NAME.fullmatch(name) else "of such a name"
            raise ConfigurationError(f"a query has no parameter {shown}; {suggestion(name)}")
