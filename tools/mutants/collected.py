"""The quick half: tests that have been collected once meet each mutant in the code of functions and in tables.

What a module made of a rule when it was imported stays as it was, so a mutant that survives here is tried again.
"""

import functools
import gc
import os
import pickle
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest
from attrs import define, field

from tools.mutants.runs import CONTEXT, OPTIONS, PASSED, Subject, Trial, silently, survivors


@define
class Trace:
    """Which tests call which functions of some files, and when each test began."""

    files: set[str]
    callers: dict[tuple[str, str], set[int]] = field(factory=lambda: defaultdict(set), init=False)
    began: list[float] = field(factory=list, init=False)

    def called(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if code.co_filename in self.files and self.began:
            self.callers[code.co_filename, code.co_qualname.split(".")[0]].add(len(self.began) - 1)

    def seconds(self, test: int) -> float:
        return [*self.began, monotonic()][test + 1] - self.began[test]


@define
class Plugin:
    """Takes the place of the run of the tests: every mutant has one of its own."""

    subjects: Sequence[Subject]
    found: list[tuple[str, int]] = field(factory=list, init=False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        trace = traced(session, {str(subject.path) for subject in self.subjects})
        trials = [
            Trial(subject, mutant, lambda subject=subject, mutant=mutant: patched_run(subject, mutant, session, trace))
            for subject in self.subjects
            for mutant in subject.mutants
        ]
        for trial in survivors(trials):
            self.found.append((trial.subject.module, trial.subject.mutants.index(trial.mutant)))
        return True


def traced(session: pytest.Session, files: set[str]) -> Trace:
    """Return what a run without a mutant shows; raise AssertionError if a test fails."""
    trace = Trace(files)
    threading.settrace(trace.called)
    sys.settrace(trace.called)
    passed = passes(session, range(len(session.items)), trace.began)
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
    print("traced", file=sys.stderr, flush=True)
    assert passed, "a test fails without any mutant"
    return trace


def passes(session: pytest.Session, tests: Sequence[int], began: list[float]) -> bool:
    """Run tests until one fails, and return whether none did."""
    for test, following in zip(tests, [*tests[1:], None], strict=True):
        began.append(monotonic())
        item, after = session.items[test], None if following is None else session.items[following]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        if session.testsfailed:
            return False
    return True


def patched_run(subject: Subject, mutant: Any, session: pytest.Session, trace: Trace) -> None:
    """End this process with whether the tests that come near a mutant pass."""
    path = str(subject.path)
    near = trace.callers[path, mutant.place] or set().union(
        *(tests for (file, _), tests in trace.callers.items() if file == path)
    )
    patch(subject, mutant)
    os._exit(not passes(session, sorted(near, key=trace.seconds), []))


def patch(subject: Subject, mutant: Any) -> None:
    """Put the code and the tables of a mutant in the place of those of the module."""
    before = list(codes(subject.code()))
    mutant.apply()
    code = subject.code()
    changed = dict(zip(before, codes(code), strict=False)) if len(before) == len(list(codes(code))) else {}
    gc.unfreeze()  # tests/conftest.py freezes what was collected
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and changed.get(each.__code__, each.__code__) != each.__code__:
            new = changed[each.__code__]
            if new.co_freevars == each.__code__.co_freevars:
                each.__code__ = new
        elif isinstance(each, functools._lru_cache_wrapper):
            each.cache_clear()
    if mutant.is_table:
        fill(sys.modules[subject.module], code)


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a module and of every function in it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


def fill(module: Any, code: CodeType) -> None:
    """Fill the tables of a module with the entries that those of a mutant have."""
    names: dict[str, Any] = {
        "__name__": module.__name__,
        "__package__": module.__package__,
        "__file__": module.__file__,
    }
    exec(code, names)  # noqa: S102
    for name, table in vars(module).items():
        if isinstance(table, dict | set) and not name.startswith("__"):
            table.clear()
            table.update(names[name])


def run_collected(subjects: Sequence[Subject], tests: Sequence[str], out: Path) -> None:
    plugin = Plugin(subjects)
    code = pytest.main([*OPTIONS, *tests], [plugin])
    out.write_bytes(pickle.dumps(plugin.found))
    os._exit(int(code))
