"""The body of a success as a generated model; errors are also sent with 200."""

from collections.abc import Mapping
from typing import Any, Protocol, Self, TypeVar

from .messages import Answer, Json, decode_response
from .problems import error_of, unreadable


class Model(Protocol):
    """What every generated model can do."""

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Return the model of JSON members."""
        ...


M = TypeVar("M", bound=Model)


def model_of(answer: Answer, kind: type[M]) -> M:
    """Return an answer as a model; raise ApiError where it is an error or cannot be read."""
    body = object_of(answer)
    try:
        return kind.from_dict(body)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise unreadable(answer, f"it does not fit the contract: {error!r}") from None


def object_of(answer: Answer) -> dict[str, Json]:
    """Return the members of an answer; raise ApiError where it is an error or no JSON object."""
    if not answer.is_success:
        raise error_of(answer)
    body = json_of(answer)
    if not isinstance(body, dict):
        raise unreadable(answer, "it is JSON, but not an object")
    if body.get("error"):
        raise error_of(answer)
    return body


def json_of(answer: Answer) -> Json:
    """Return the JSON of a body; raise UnreadableResponseError where it is cut or not JSON."""
    if answer.flaw:
        raise unreadable(answer, answer.flaw)
    try:
        return decode_response(answer.body)
    except ValueError:
        raise unreadable(answer, "it is not JSON") from None
