"""Words that this project no longer uses stay out of the package, the pages, the examples and the contract."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from tests.docs.pages import ROOT

# Frozen texts are not searched: docs/contract/released.yaml and docs/comparison/outcomes.json.
SEARCHED = (
    *("overlays/supermetrics_query/**/*.py", "docs/**/*.md", "examples/**/*.py", "examples/**/*.md"),
    *("examples/**/*.toml", "examples/**/*.yaml", "changelog.d/*.md", "*.md", "openapi.yaml"),
)
# Files that may still hold retired words, as paths from the root of the project.
STILL_ALLOWED: list[str] = []


@frozen
class Retired:
    """A retired word as a regular expression, what to say instead, and a sentence that holds it.

    A word matches in prose and inside an identifier; a pattern with a capital letter matches only that spelling.
    """

    pattern: str
    instead: str
    example: str

    def found_in(self, text: str) -> Iterator[re.Match[str]]:
        """Find the word, also where a line ends inside a phrase."""
        flags = re.IGNORECASE if self.pattern.islower() else 0
        return re.finditer(rf"(?<![A-Za-z])(?:{self.pattern.replace(' ', GAP)})(?![A-Za-z])", text, flags)


GAP = r"[\s#]+"  # between two words, in a comment as well

# What follows `look` where it does not mean a status request.
HONEST_LOOK = r"for|(?:[\w`-]+ ){0,4}up|like|into|back|ahead|alike|live|right|wrong|as|the same|through|inside|around"

RETIRED = (
    Retired("doors?", "client", "Both doors have the same methods."),
    Retired("stor(?:y|ies)", "flow", "The story is written once."),
    Retired("deeds?", "handler", "A deed performs an effect."),
    Retired(f"look(?:s|ed|ing)?(?! (?:{HONEST_LOOK})(?![a-z]))", "poll, status request", "Look at the query."),
    Retired("missed (?:looks?|polls?)", "failed poll", "Eight missed polls end the wait."),
    Retired("polls? (?:is|are|was|were) missed", "failed poll", "A poll is missed."),
    Retired("told(?! (?:apart|from))", "emitted, reported, recorded, said", "The bytes are told on the way."),
    Retired('"""Tell', "Return whether", 'def is_over():\n    """Tell whether it is over."""'),
    Retired("mischief", "faults", "from .mischief import Fault"),
    Retired("journal", "request log", "self.journal.append(seen)"),
    Retired("weav(?:e|es|ed|ing)|wov(?:e|en)", "multiplex, Multiplexer", "Their effects are woven into one flow."),
    Retired("strands?", "Task", "Each strand waits for one query."),
    Retired("fleets?(?!_[a-z])", "Scheduler, many queries", "A query of a fleet."),
    Retired("(?:the|a|one|its|our) gate|gate (?:is|stays)", "ServerBackoff", "A refusal closes the gate."),
    Retired("of no use", "what happened, and what to do", "Polling again is of no use."),
    Retired("(?:do|does|did) not mind|(?:do|does|did)n't mind", "what happens", "The query does not mind."),
    Retired("for ever", "without a limit", "The wait goes on for ever."),
    Retired("nobody knows", "unknown", "A status code nobody knows."),
    Retired("wish(?:es|ed|ing)?", "request, want, option", "As many pages as wished."),
    Retired("given_up", "abandoned", "run.given_up = True"),
    Retired("is_left", "is_settled", "if lane.is_left: ..."),
    Retired("way_of", "latency_ms", "way_of(answer)"),
    Retired("a_text", "validate_text", "a_text(value)"),
    Retired("Looked", "Polled", "isinstance(event, Looked)"),
    Retired("LookMissed", "PollFailed", "LookMissed(schedule_id=name)"),
    Retired("LimiterAway", "LimiterUnavailable", "class LimiterAway: ..."),
    Retired("LimiterBack", "LimiterRestored", "class LimiterBack: ..."),
    Retired("NoLimits", "NoLimiter", "limiter=NoLimits()"),
    Retired("Grant(?:ed)?", "Permit", "return Grant(0.0)"),
    Retired("Gate", "ServerBackoff", "gate = Gate()"),
    Retired("SHY", "POLL_DELAY", "SHY = 1.0"),
    Retired("Fleet", "Scheduler", "fleet = Fleet(runs)"),
    Retired("Watching", "ManyRunner", "class Watching: ..."),
    Retired("class World", "State", "class World: ..."),
    Retired("class Front", "middleware", "class Front: ..."),
    Retired(
        "class (?:Building|Filling|Reading)", "TableBuilder, ColumnBuilder, CellType, a cursor", "class Filling: ..."
    ),
    Retired("class Ended", "Exhausted", "class Ended: ..."),
    Retired("class Strand|class Weave", "Task, Multiplexer", "class Weave: ..."),
)

HONEST = (
    "Look the code up, look for the query, or look into the log: it looks like a list.",
    "An error that looks the\nsame, or an id that is looked\n    # up later.",
    "The first line of a state; the world in front of the API; a line of the log.",
    "Columns are told apart by their keys, and an empty cell is told from a missing one.",
    "`history` sends requests to the gateway; indeed the outlook of a lookup; file.tell(); sleep_forever().",
    "Members of a wrong type are ignored. Streams are closed. Reading a page; Building the wheel.",
    "A target was missed, 3 of 8 parts are missing, `fleet_polls` and `fleet_lateness_s` stay keys of the bench.",
    "A proxy refuses the request; the server closes the connection; an aggregate; Negated.",
)


@frozen
class Finding:
    """A retired word in a file."""

    path: Path
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word!r} is retired; say: {self.instead}"


def findings(path: Path, text: str) -> list[Finding]:
    """Return every retired word of a text, in the order of its lines."""
    found = [
        Finding(path, text.count("\n", 0, match.start()) + 1, " ".join(match[0].split()), each.instead)
        for each in RETIRED
        for match in each.found_in(text)
    ]
    return sorted(found, key=lambda each: each.line)


def searched() -> list[Path]:
    """Return the files that hold no retired words, as paths from the root of the project."""
    return sorted({path.relative_to(ROOT) for pattern in SEARCHED for path in ROOT.glob(pattern) if path.is_file()})


def test_no_file_holds_a_retired_word() -> None:
    found = [
        str(each)
        for path in searched()
        if str(path) not in STILL_ALLOWED
        for each in findings(path, (ROOT / path).read_text())
    ]
    assert not found, "\n" + "\n".join(found)


def test_every_file_that_is_still_allowed_holds_a_retired_word() -> None:
    assert [path for path in STILL_ALLOWED if not findings(Path(path), (ROOT / path).read_text())] == []


def test_the_search_covers_the_package_the_pages_the_examples_and_the_contract() -> None:
    names = {str(path) for path in searched()}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "openapi.yaml", "docs/pitfalls.md"} <= names
    folders = (
        "overlays/supermetrics_query/cli/",
        "overlays/supermetrics_query/emulator/",
        "docs/decisions/",
        "examples/",
    )
    assert [folder for folder in folders if not any(name.startswith(folder) for name in names)] == []


@pytest.mark.parametrize("retired", RETIRED, ids=lambda retired: retired.pattern)
def test_a_retired_word_is_found_with_its_place_and_its_replacement(retired: Retired) -> None:
    found = findings(Path("page.md"), f"A heading\n\n{retired.example}\n")
    line = 3 + retired.example.count("\n")
    message = next(str(each) for each in found if each.instead == retired.instead)
    assert message.startswith(f"page.md:{line}: '")
    assert message.endswith(f"' is retired; say: {retired.instead}")


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_use_is_not_found(text: str) -> None:
    assert findings(Path("page.md"), text) == []
