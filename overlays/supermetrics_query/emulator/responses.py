"""What goes out: answers in pieces, and errors in the chosen family."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping

from starlette.responses import Response, StreamingResponse

from .answers import Reply
from .formats import dumped
from .problems import BODIES, MEDIA_TYPES, Family, Report, ServiceError

WHOLE = 20_000  # rows; longer answers are sent while they are being made
COMMON = {"Access-Control-Allow-Origin": "*"}
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Supermetrics API"'}


def request_id() -> str:
    """Return a name for a request, as long as those of the API are."""
    return secrets.token_urlsafe(24)


def answered(reply: Reply, headers: Mapping[str, str]) -> Response:
    """Return an answer that is not an error."""
    sent = {**COMMON, **headers, "Content-Type": reply.media_type}
    if reply.rows <= WHOLE:
        return Response(b"".join(reply.pieces), reply.status, sent)
    return StreamingResponse(_unhurried(reply.pieces), reply.status, sent)


def failed(error: ServiceError, family: Family, address: str, headers: Mapping[str, str]) -> Response:
    """Return an error."""
    report = Report(error, request_id(), address)
    # Errors of status 500 and above are documented without the headers that tell the allowance.
    allowance = headers if error.status < 500 else {}
    challenge = CHALLENGE if error.status == 401 else {}
    sent = {**COMMON, **allowance, **challenge, **error.headers}
    return Response(dumped(BODIES[family](report)), error.status, {**sent, "Content-Type": MEDIA_TYPES[family]})


async def _unhurried(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)  # others are served as well
