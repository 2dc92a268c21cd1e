"""JSON from the bytes of a body: msgspec where it can, the standard library where msgspec is stricter than the API.

msgspec refuses NaN, lone surrogates and a byte order mark, all of which occur in answers.
"""

import json
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = Any  # whatever a JSON document holds

decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
decode_tuples = msgspec.json.Decoder(list[tuple[Any, ...]]).decode
decode_any = msgspec.json.Decoder().decode


def decode(body: bytes) -> Json:
    """Return the JSON value in a body; raise ValueError where there is none."""
    return readable(body, decode_any)


def decode_response(body: bytes) -> Json:
    """Return the response in a body, its rows as tuples where they are arrays; raise ValueError where there is none."""
    return readable(body, decode_with_tuples)


def readable(body: bytes, strict: Any) -> Json:
    """Try the strict decoder, then the lenient one; nesting that exhausts the stack is unreadable too."""
    try:
        try:
            return strict(body)
        except msgspec.DecodeError:
            return json.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def decode_with_tuples(body: bytes) -> Json:
    """Decode everything but the rows first, so that the rows need no second pass."""
    members = decode_members(body)
    return {name: rows_of(raw) if name == "data" else decode_any(raw) for name, raw in members.items()}


def rows_of(raw: msgspec.Raw) -> Json:
    """Decode rows as tuples, or as whatever they are."""
    try:
        return decode_tuples(raw)
    except msgspec.ValidationError:
        return decode_any(raw)
