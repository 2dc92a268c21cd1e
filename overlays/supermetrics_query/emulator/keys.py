"""The key of a request, in the header or as a member, as the API takes it; and a request without its key."""

from collections.abc import Mapping

from .problems import ServiceError
from .validation import decode_json, parse_parameters

MEMBER = "api_key"


def key_of(authorization: str, query: Mapping[str, str], body: bytes) -> str:
    """Return the key of a request: that of the header, or else of the parameters or the body; empty without one."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    sent = (query, parameters_of(query), body_of(body))
    found = (place.get(MEMBER) for place in sent if isinstance(place, Mapping))
    return next((key for key in found if isinstance(key, str)), "")


def parameters_of(query: Mapping[str, str]) -> dict[str, object]:
    """Return the members that were sent, or the parameters as they are where their `json` cannot be read."""
    try:
        return parse_parameters(query)
    except ServiceError:
        return dict(query)


def body_of(body: bytes) -> object:
    """Return the decoded body, None where there is none or where it is not JSON."""
    try:
        return decode_json(body)
    except ServiceError:
        return None


def without_key(sent: Mapping[str, object]) -> dict[str, object]:
    """Return what was sent without the key, and without text that cannot be read and may hold it."""
    return {name: value for name, value in sent.items() if not (MEMBER in name or is_text_with_key(value))}


def is_text_with_key(value: object) -> bool:
    """Return whether a text has the name of the key in it."""
    return isinstance(value, str) and MEMBER in value
