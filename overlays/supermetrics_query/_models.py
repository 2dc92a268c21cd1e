"""The values that users hold: the status of a query, the columns and pages of its result. Nothing here knows HTTP."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import starmap
from typing import Any, TypeAlias, TypeVar

from attrs import field, frozen
from supermetrics_query_api.models import QueryResponse, StatusCode

Row: TypeAlias = tuple[Any, ...]
"""The cells of a row, in the order of the columns."""
ToDict: TypeAlias = Callable[..., dict[str, Any]]  # takes the cells

SUCCESS = "SUCCESS"
PENDING = frozenset({"SCHEDULED", "QUEUED", "RUNNING"})
TERMINAL = frozenset({SUCCESS, "FAILURE", "STOPPED", "PROCESS_EXITED"})  # every other code means "not yet", for a time
KNOWN_CODES = PENDING | TERMINAL
MOST_SHOWN = 3  # accounts of a part, by its name

K = TypeVar("K", bound=type)


def exported(kind: K) -> K:
    """Return a class that pickles and tracebacks name by its public path."""
    kind.__module__ = "supermetrics_query"
    return kind


@exported
@frozen
class RateLimit:
    """How many requests the key may make in an hour, and how many are left. Everything that uses the key shares it."""

    limit: int | None
    """Requests in an hour, None where the API does not say."""
    remaining: int | None
    """How many of them are left, None where the API does not say."""


@exported
@frozen
class Progress:
    """How many parts of a query are ready."""

    ready: int
    """How many parts are ready."""
    total: int
    """How many parts are known; it can grow."""

    @property
    def fraction(self) -> float | None:
        """The share that is ready, None while there are no parts."""
        return min(1.0, self.ready / self.total) if self.total else None


@exported
@frozen
class Workflow:
    """The queue of the licence: how many tasks wait and how many run."""

    scheduled: int
    """How many tasks wait."""
    running: int
    """How many tasks run."""


@exported
@frozen(kw_only=True)
class QueryStatus:
    """What one poll showed."""

    schedule_id: str
    """The id of the query."""
    code: StatusCode | str
    """The status code; text where this version does not know it."""
    progress: Progress | None = None
    """How many parts are ready, where the API says it."""
    workflow: Workflow | None = None
    """The queue of the licence, where the API says it."""
    request_id: str | None = None
    """The id by which the support of the API finds the request."""
    rate_limit: RateLimit | None = None
    """How many requests the key has left, where the API says it."""
    seconds: float = field(default=0.0, repr=False, eq=False)
    """How long the answer took to arrive."""
    response: QueryResponse = field(repr=False, eq=False)
    """The whole answer, as the generated model."""

    @property
    def is_terminal(self) -> bool:
        """Whether the query has ended, well or badly."""
        return self.code in TERMINAL

    @property
    def is_success(self) -> bool:
        """Whether the query has ended well."""
        return self.code == SUCCESS

    @property
    def is_known(self) -> bool:
        """Whether this version knows the code."""
        return self.code in KNOWN_CODES

    def __str__(self) -> str:
        """Return the code, and how many parts are ready where that is known."""
        parts = f" ({self.progress.ready} of {self.progress.total} parts ready)" if self.progress else ""
        return f"{self.code}{parts}"

    def differs_from(self, other: "QueryStatus | None") -> bool:
        """Return whether code or progress has changed since another poll."""
        return other is None or (self.code, self.progress) != (other.code, other.progress)


@exported
@frozen(kw_only=True)
class Part:
    """Which part of a query, and what it covers."""

    number: int
    """Counted from 1."""
    count: int
    """How many parts there are."""
    accounts: tuple[str, ...] = ()
    """The ids of its accounts; empty where the query does not list them."""
    start_date: date | None = None
    """Its first day, None where that depends on the day of the run."""
    end_date: date | None = None
    """Its last day, inclusive."""

    def __str__(self) -> str:
        """Return the accounts and dates in words, the number where there are none."""
        return ", ".join([*accounts_in_words(self.accounts), *days_in_words(self)]) or self.place

    @property
    def place(self) -> str:
        """The number in words."""
        return f"part {self.number} of {self.count}"


def accounts_in_words(accounts: Sequence[str]) -> Iterator[str]:
    """Yield a short text for the accounts of a part, if it has any."""
    more = len(accounts) - MOST_SHOWN
    if accounts:
        shown = ", ".join(accounts[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
        yield f"{'account' if len(accounts) == 1 else 'accounts'} {shown}"


def days_in_words(part: Part) -> Iterator[str]:
    """Yield a short text for the days of a part, if they are known."""
    if part.start_date is not None and part.end_date is not None:
        yield f"{part.start_date}" if part.start_date == part.end_date else f"{part.start_date} to {part.end_date}"


@exported
class BaseQuery(ABC):
    """A query as either client returns it: a `Query` in sync code, an `AsyncQuery` in async code."""

    @property
    @abstractmethod
    def schedule_id(self) -> str:
        """The id of the query."""

    @property
    @abstractmethod
    def token(self) -> str:
        """A short text with which any process can continue: `client.attach(token)`. It holds no secret."""

    @property
    @abstractmethod
    def status(self) -> QueryStatus | None:
        """The last status seen, or None."""


@exported
@frozen(kw_only=True)
class Column:
    """One column of a result."""

    key: str
    """What `rows()` uses: the field id as it was asked for, else the label of the header."""
    index: int
    """Its position, counted from 0."""
    field_id: str | None = None
    """The id of the field, where the API says it."""
    name: str | None = None
    """The name of the field, where the API says it."""
    data_type: str | None = None
    """The type that the API declares, such as `int.number.value`."""


@exported
@frozen(kw_only=True)
class Page:
    """Some rows of a result, in their order."""

    start: int
    """How many rows of the result come before."""
    columns: Sequence[Column]
    """The columns."""
    rows: Sequence[Row]
    """The rows, as tuples in the order of the columns."""

    def dicts(self) -> Iterator[dict[str, Any]]:
        """Yield the rows as dicts keyed by column."""
        return dicts([column.key for column in self.columns], self.rows)


@exported
@frozen
class Attempt:
    """A request that failed and was sent again."""

    error: str
    """What went wrong, in words."""
    pause: float
    """After how many seconds the request was sent again."""


def dicts(keys: Sequence[str], rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield rows as dicts; raise TypeError for a row of another width."""
    return starmap(dict_maker(len(keys))(*keys), rows)


@lru_cache(maxsize=64)
def dict_maker(width: int) -> Callable[..., ToDict]:
    """Return a function that takes so many keys; it needs a quarter less time than `dict(zip(keys, row))`.

    Its code holds k0, k1, ... and c0, c1, ..., and nothing else.
    """
    keys, cells = (", ".join(f"{letter}{number}" for number in range(width)) for letter in "kc")
    pairs = ", ".join(f"k{number}: c{number}" for number in range(width))
    function: Callable[..., ToDict] = eval(f"lambda {keys}: lambda {cells}: {{{pairs}}}")
    return function
