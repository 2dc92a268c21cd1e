"""A token is all another process needs to go on with a query: versioned JSON, no secret, nothing executable."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from attrs import asdict, frozen

from ._contract.validation import LAST_OFFSET, checked_format, checked_schedule_id, checked_window
from .errors import ConfigurationError

PREFIX = "sq1."  # the dot cannot stand in a schedule id


@frozen
class Ticket:
    """What a token holds: which run, its format, and the part of the result that was asked for."""

    schedule_id: str
    format: str = "json"
    first_row: int = 0
    last_row: int = LAST_OFFSET


def encode_token(ticket: Ticket) -> str:
    """Write a token."""
    return PREFIX + urlsafe_b64encode(msgspec.json.encode(asdict(ticket))).decode().rstrip("=")


def decode_token(text: object) -> Ticket:
    """Read a token or a bare schedule id; raise ConfigurationError for anything else."""
    if not isinstance(text, str) or not text.startswith(PREFIX):
        return Ticket(checked_schedule_id(text))
    ticket = ticket_of(text)
    checked_schedule_id(ticket.schedule_id)
    checked_format(ticket.format)
    checked_window(ticket.first_row, ticket.last_row)
    return ticket


def ticket_of(token: str) -> Ticket:
    """Decode what stands behind the prefix; members of later versions are ignored."""
    encoded = token.removeprefix(PREFIX)
    try:
        content = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        return msgspec.json.decode(content, type=Ticket)
    except (ValueError, binascii.Error):
        raise ConfigurationError(
            f"this token cannot be read, it may have been cut: {token!r}; the schedule id alone works as well"
        ) from None
