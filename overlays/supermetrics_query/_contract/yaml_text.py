"""What stands in a YAML file. What versions of YAML read in different ways is text, or refused where text is not meant.

The only module that imports yaml, which is optional.
"""

import re
from collections.abc import Iterator

import yaml

from ..errors import ConfigurationError
from .meaning import Unquoted, once_each

MOST_PARTS = 5_000  # the library reads ten thousand in a second
TRUTH = {"true": True, "false": False}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Plain(Unquoted):
    """What stands in YAML without quotes."""

    __slots__ = ()

    def value(self, place: str) -> object:
        """Return a number, a truth value or text; raise ConfigurationError where versions of YAML differ."""
        kind = kind_of(self)
        if self.lower() in TRUTH:
            return TRUTH[self.lower()]
        if kind in ("int", "float") and NUMBER.fullmatch(self):
            return super().value(place)
        if kind in ("bool", "int", "float") or NUMBER.fullmatch(self):
            raise ConfigurationError(
                f"{place} is {str(self)!r}, which versions of YAML read in different ways: "
                "put it in quotes, or write a plain number, true or false"
            )
        return str(self)


def kind_of(text: str) -> str:
    """Return what YAML 1.1 takes text without quotes for: str, int, float, bool, null, timestamp ..."""
    table = yaml.SafeLoader.yaml_implicit_resolvers
    found = (tag for tag, pattern in (*table.get(text[:1], ()), *table.get(None, ())) if pattern.match(text))
    return next(found, "str").rpartition(":")[2]


def decode_yaml(text: str) -> object:
    """Return what the one document of a YAML text holds; raise ValueError, which says why, where it cannot be read."""
    try:
        return document(few(yaml.parse(text, Loader=yaml.SafeLoader)))
    except yaml.YAMLError as error:
        raise ValueError(flaw(error)) from None


def flaw(error: yaml.YAMLError) -> str:
    """Say what is wrong with YAML, and in which line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return str(error).splitlines()[0]


def few(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Yield the parts of a YAML file; raise YAMLError where they are more than YAML reads in a second."""
    for number, event in enumerate(events):
        if number > MOST_PARTS:
            raise refusal(f"there are more than {MOST_PARTS} parts, write it as JSON", event)
        yield event


def document(events: Iterator[yaml.Event]) -> object:
    """Return what the one document of a YAML file holds, None where there is none."""
    value = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if value is not None:
                raise refusal("there is a second document", event)
            value = node(next(events), events)
    return value


def node(event: yaml.Event, events: Iterator[yaml.Event]) -> object:
    """Return the value that begins with an event."""
    match event:
        case yaml.ScalarEvent(tag=None) if event.implicit[0]:
            return None if kind_of(event.value) == "null" else Plain(event.value)
        case yaml.ScalarEvent(tag=None | "tag:yaml.org,2002:str" | "!"):
            return str(event.value)
        case yaml.SequenceStartEvent(tag=None):
            return [node(each, events) for each in until(yaml.SequenceEndEvent, events)]
        case yaml.MappingStartEvent(tag=None):
            pairs = [(key(each), node(next(events), events)) for each in until(yaml.MappingEndEvent, events)]
            try:
                return once_each(pairs)
            except ValueError as error:
                raise refusal(str(error), event) from None
    raise refusal("aliases and tags are not for a query: write it out", event)


def until(end: type[yaml.Event], events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """Yield the events that begin what stands in a list or a mapping."""
    return iter(lambda: None if isinstance(event := next(events), end) else event, None)


def key(event: yaml.Event) -> str:
    """Return a name in a mapping, as it is written."""
    if isinstance(event, yaml.ScalarEvent):
        return str(event.value)
    raise refusal("a name must be text", event)


def refusal(problem: str, event: yaml.Event) -> yaml.YAMLError:
    """Return the error for something that YAML has and a query has not."""
    mark = event.start_mark
    return yaml.YAMLError(f"{problem} in line {mark.line + 1}" if mark else problem)
