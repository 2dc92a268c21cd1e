"""What users may rely on, as docs/compatibility.md promises it."""

import json
from difflib import ndiff
from enum import Enum, StrEnum
from pathlib import Path

import pytest
import supermetrics_query
from supermetrics_query import ConfigurationError, QueryClient
from supermetrics_query._core.run import Ticket, decode_token

from tools.docs.public import MODULES, PUBLIC, described, public

ID = "3f067d025e8345918c3068ba3c2de7d4"
# Tokens that a release has handed out stay readable: lines may be added to that file, but none is changed.
TOKENS = {
    example.pop("token"): Ticket(**example)
    for example in json.loads((PUBLIC.parent / "tokens.json").read_text(encoding="utf-8"))
}


def test_what_is_public_is_what_is_written_down() -> None:
    """Removed and changed lines break users; after new ones run `make public`."""
    lines = ndiff(PUBLIC.read_text(encoding="utf-8").splitlines(), public().splitlines())
    assert [line for line in lines if line.startswith(("+", "-"))] == []


def test_the_page_names_every_public_module(root: Path) -> None:
    page = (root / "docs" / "compatibility.md").read_text(encoding="utf-8")
    assert [module for module in MODULES if f"`{module}`" not in page] == []


def test_every_public_name_is_written_down() -> None:
    written = PUBLIC.read_text(encoding="utf-8").splitlines()
    starts = {line.removeprefix("class ").split("(")[0].split(" ")[0] for line in written}
    assert [name for name in supermetrics_query.__all__ if name not in starts] == []


@pytest.mark.parametrize(
    "line",
    [
        "QueryClient(0: api_key=None)",  # of a base that is not public
        "AsyncQuery.wait(on_progress=None)",
        "Polled.changed",
        "ApiError.retry_after",
        "class RateLimitError(ApiError)",
        "DataQuery(ds_id)",
        "run --ds-id",
        "exit 5 after WaitTimeoutError",
    ],
)
def test_things_of_every_kind_are_written_down(line: str) -> None:
    assert line in PUBLIC.read_text(encoding="utf-8").splitlines()


class Coloured(StrEnum):
    RED = "red"


class ColouredOtherwise(str, Enum):  # noqa: UP042
    RED = "red"


def test_a_set_of_values_is_written_down_in_one_way_however_it_is_declared() -> None:
    written = [*described("Colour", Coloured)]
    assert written == [*described("Colour", ColouredOtherwise)] == ["class Colour(str)", "Colour.RED = 'red'"]


@pytest.mark.parametrize(("token", "ticket"), TOKENS.items())
def test_a_token_of_an_earlier_release_is_read(token: str, ticket: Ticket) -> None:
    assert decode_token(token) == ticket


def test_todays_tokens_are_among_the_examples() -> None:
    assert [ticket.token for ticket in TOKENS.values()] == list(TOKENS)


def test_a_bare_schedule_id_is_a_token() -> None:
    assert decode_token(ID) == Ticket(ID)


def test_a_token_with_members_of_a_later_release_is_read() -> None:
    later = "sq1.eyJzY2hlZHVsZV9pZCI6ICJxIiwgImNvbG91ciI6ICJibHVlIn0"
    assert decode_token(later) == Ticket("q")


def test_a_handle_returns_the_token_that_it_was_made_from() -> None:
    with QueryClient("fake_key") as client:
        assert [client.attach(token).token for token in TOKENS] == list(TOKENS)


def test_a_token_of_another_kind_is_refused_before_anything_is_sent() -> None:
    with QueryClient("fake_key") as client, pytest.raises(ConfigurationError):
        client.attach("sq2.e30")
