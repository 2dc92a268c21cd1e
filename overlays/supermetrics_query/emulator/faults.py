"""Faults that the service injects on demand, and a short way to write them.

    [OPERATION:][COUNT*]WHAT[,OPTION=VALUE]...

    503                        the next request of any operation gets status 503
    status:3*503,body=html     the next three status requests get status 503 with a page of HTML
    status:429,retry_after=2   one status request gets 429 with `Retry-After: 2`; `date:2` writes it as a date
    start:lost                 one start is accepted, and its answer is lost
    every*slow,seconds=5       every answer from now on is five seconds late

OPERATION is `start`, `status`, `results`, `history` or `*`. WHAT is an HTTP status or a kind of fault; OPTION
is any other member of `Fault`.
"""

import re
import threading
from collections.abc import Callable, Mapping
from typing import Literal, get_args

import attrs
from attrs.validators import ge, in_, instance_of, le, matches_re

Kind = Literal["status", "drop", "reset", "lost", "truncate", "slow", "drip", "endless", "redirect"]
"""Kinds of faults."""
ErrorBody = Literal["", "envelope", "problem", "string", "html", "text", "empty"]
"""Forms of the body of an error."""
PATHS: Mapping[str, str] = {
    "start": "/query/data/",
    "status": "/query/status",
    "results": "/query/results",
    "history": "/query/history",
}
"""Each operation by its short name, and where its path begins."""
OPERATIONS = ("*", *PATHS)

_SPEC = re.compile(
    rf"((?P<operation>\*|{'|'.join(OPERATIONS[1:])}):)?((?P<times>\d+|every)\*)?"
    r"((?P<status>\d{3})|(?P<kind>[a-z]+))(?P<options>(,[a-z_]+=[^,]*)*)"
)


@attrs.frozen(kw_only=True)
class Fault:
    """One fault, and the requests that it affects."""

    kind: Kind = attrs.field(default="status", validator=in_(get_args(Kind)))
    """What happens to the request or to its answer."""
    operation: str = attrs.field(default="*", validator=in_(OPERATIONS))
    """The operation that it affects; `*` stands for all."""
    times: int = attrs.field(default=1, validator=[instance_of(int), ge(0)])
    """How many requests it affects; 0 stands for all that follow."""
    status: int = attrs.field(default=503, validator=[instance_of(int), ge(200), le(599)])
    """The HTTP status of the answer, when `kind` is `status`."""
    body: ErrorBody = attrs.field(default="", validator=in_(get_args(ErrorBody)))
    """The format of the body; without it, the family of the other errors of the emulator."""
    text: str = attrs.field(default="", validator=instance_of(str))
    """The body itself, when `body` is `text`; its media type is that of JSON."""
    code: str = attrs.field(default="", validator=instance_of(str))
    """The error code; without it, the usual code of the status."""
    retry_after: str = attrs.field(default="", converter=str, validator=matches_re(r"date:\d{1,9}|(?!date:)[ -~]*"))
    """The Retry-After header: seconds, or `date:2` for a date in two seconds."""
    seconds: float = attrs.field(default=1.0, validator=[instance_of((int, float)), ge(0)])
    """How long `slow` waits before an answer, and `drip` after every piece of it."""
    size: int = attrs.field(default=16, validator=[instance_of(int), ge(1)])
    """How many bytes `truncate` sends, and `drip` sends at a time."""
    location: str = attrs.field(default="https://example.com/", validator=[instance_of(str), matches_re(r"[ -~]*")])
    """Where `redirect` leads."""


_NUMBERS: Mapping[str, type[int] | type[float]] = {"times": int, "status": int, "size": int, "seconds": float}


def parse_fault(spec: str) -> Fault:
    """Return the fault that a specification describes; raise ValueError if it is not valid."""
    found = _SPEC.fullmatch(spec)
    if found is None:
        raise ValueError(f"{spec!r} is no fault; write it like 'status:3*503,body=html' or 'start:lost'")
    named = {name: found[name] for name in ("operation", "kind", "status") if found[name]}
    times = {"times": "0" if found["times"] == "every" else found["times"]} if found["times"] else {}
    options = dict(option.split("=", 1) for option in found["options"].split(",")[1:])
    return make_fault(options | named | times)


def make_fault(members: Mapping[str, object]) -> Fault:
    """Return the fault with these members; numbers may be texts. Raise TypeError or ValueError if one is not valid."""
    known = {field.name for field in attrs.fields(Fault)}
    if unknown := sorted(members.keys() - known):
        raise ValueError(f"a fault has no {unknown[0]!r}; it has {', '.join(sorted(known))}")
    return _construct(Fault, {name: _convert(name, value) for name, value in members.items()})


def _construct(make: Callable[..., Fault], members: Mapping[str, object]) -> Fault:
    # The types of the members are unknown until the validators of the class have checked them.
    return make(**members)


def _convert(name: str, value: object) -> object:
    convert = _NUMBERS.get(name)
    return convert(value) if convert and isinstance(value, str) else value


@attrs.define
class FaultQueue:
    """The faults that are still to happen; one thread adds them, and another one takes them."""

    _pending: list[tuple[Fault, int]] = attrs.field(factory=list, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def add(self, fault: Fault) -> None:
        """Add a fault behind those that are waiting."""
        with self._lock:
            self._pending.append((fault, fault.times))

    def clear(self) -> None:
        """Remove every fault."""
        with self._lock:
            self._pending.clear()

    def next_for(self, operation: str) -> Fault | None:
        """Return the fault for the next request of an operation, or None; a fault that is used up is removed."""
        with self._lock:
            for index, (fault, left) in enumerate(self._pending):
                if fault.operation in {"*", operation}:
                    self._pending[index : index + 1] = [] if left == 1 else [(fault, max(left - 1, 0))]
                    return fault
        return None
