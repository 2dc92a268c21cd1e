"""A key that stands where none belongs: found, refused by its place, and in no variable of what is raised."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from supermetrics_query_api.types import Unset

from .._masking import KEY_FORM
from ..errors import ConfigurationError

P = ParamSpec("P")
T = TypeVar("T")

KEY_MEMBER = "api_key"  # the API takes the key as a member, too; the clients send it in a header only
WHY = (
    "not sent with a query, where logs and files would keep it: take it out, and give the key to the client, as "
    "QueryClient(api_key) or in SUPERMETRICS_API_KEY"
)


def is_key(name: object) -> bool:
    """Return whether a member is the key, also in a spelling that the API does not know."""
    return isinstance(name, str) and re.sub("[_-]", "", name).lower() == "apikey"


def without_key(members: Mapping[str, object]) -> Mapping[str, object]:
    """Return the members of a query; raise ConfigurationError, without showing it, where one of them is a key."""
    for name, value in members.items():
        if value is not None and not isinstance(value, Unset) and is_key(name):
            raise ConfigurationError(f"{KEY_MEMBER} is {WHY}")
    return members


def check_keys(members: Mapping[str, object]) -> None:
    """Raise ConfigurationError, which names the place, where a key stands anywhere in what is to be sent."""
    for problem in problems("", members):
        raise ConfigurationError(problem)


def problems(place: str, value: object) -> Iterator[str]:
    """Yield what is wrong where a key stands as a text, as a name, or under the name of a key."""
    if isinstance(value, str):
        if KEY_FORM.search(value):
            yield problem_at(place)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from problems_of_member(place, str(name), each)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from problems(f"{place}[{index}]", each)


def problems_of_member(place: str, name: str, value: object) -> Iterator[str]:
    """Yield what is wrong with one member of an object."""
    inside = f"{place}.{name}".lstrip(".")
    if KEY_FORM.search(name):
        yield problem_at(f"a name in {place or 'the query'}")
    elif is_key(name) and value is not None:
        yield f"{inside} is {WHY}"
    else:
        yield from problems(inside, value)


def problem_at(place: str) -> str:
    """Say that a key stands in a place, and what to do where it is none."""
    return (
        f"{place} looks like an API key, which is {WHY}; if it is none, change it: api_ or otok_ with 16 or more "
        "characters counts as one, and words in small letters and numbers, as in api_sales_2026, do not"
    )


def apart(function: Callable[P, T]) -> Callable[P, T]:
    """Let what a function raises or warns of leave it without the frames below, whose variables may hold a key."""

    @wraps(function)
    def boundary(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except (ConfigurationError, UserWarning) as error:
            raised = error.with_traceback(None)
        finally:
            del args, kwargs  # tracebacks may show local variables
        raised.__context__ = None  # such as the error of a parser, which quotes what it could not read
        raise raised from None

    return boundary
