"""JSON from the bytes of a body: msgspec where it can, the standard library where msgspec is stricter than the API.

msgspec refuses NaN, lone surrogates and a byte order mark, all of which occur in answers.
"""

import json
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = Any  # whatever a JSON document holds
Body: TypeAlias = bytes | bytearray

# Every member that may be an array is read as rows: the union has room for all that JSON knows.
decode_rows = msgspec.json.Decoder(
    dict[str, list[tuple[Any, ...]] | dict[str, Any] | str | int | float | bool | None]
).decode
decode_any = msgspec.json.Decoder().decode


def decode(body: Body) -> Json:
    """Return the JSON value in a body; raise ValueError where there is none."""
    return readable(body, decode_any)


def decode_response(body: Body) -> Json:
    """Return the response in a body, its rows as tuples where they are arrays; raise ValueError where there is none."""
    return readable(body, decode_with_tuples)


def readable(body: Body, strict: Any) -> Json:
    """Try the strict decoder, then the lenient one; nesting that exhausts the stack is unreadable too."""
    try:
        try:
            return strict(body)
        except msgspec.DecodeError:
            return json.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def decode_with_tuples(body: Body) -> Json:
    """Decode the rows as tuples in the one pass over everything; where an array holds something else, all as it is."""
    try:
        return decode_rows(body)
    except msgspec.ValidationError:
        return decode_any(body)
