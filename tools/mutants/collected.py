"""The quick half: tests that have been collected once meet each mutant in the code of functions and in tables.

What a module made of a rule when it was imported stays as it was, so a mutant that survives here is tried again.
"""

import functools
import gc
import os
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing.queues import SimpleQueue
from types import CodeType, FrameType, FunctionType
from typing import Any, Self

import pytest
from attrs import define, field, frozen

from tools.mutants.rules import Mutant
from tools.mutants.runs import CONTEXT, OPTIONS, Subject, Trial, survivors

Found = list[tuple[int, int]]


@define
class Trace:
    """Which tests call which functions of some files; `test` is the one that runs."""

    files: set[str]
    test: int = -1
    callers: dict[tuple[str, str], set[int]] = field(factory=lambda: defaultdict(set), init=False)

    def called(self, frame: FrameType, _: str, __: object) -> None:
        code = frame.f_code
        if code.co_filename in self.files:
            self.callers[code.co_filename, code.co_qualname.split(".")[0]].add(self.test)

    def near(self, subject: Subject, mutant: Mutant) -> set[int]:
        """Return the tests that call the function of a mutant, or else any function of its module."""
        path = str(subject.path)
        every = [tests for (file, _), tests in self.callers.items() if file == path]
        return self.callers.get((path, mutant.place)) or set().union(*every)


@frozen
class Program:
    """What has been imported: the functions of some files, and every cache."""

    functions: Sequence[FunctionType]
    caches: Sequence[Any]

    @classmethod
    def of(cls, files: set[str]) -> Self:
        gc.unfreeze()  # tests/conftest.py freezes what was collected
        known = gc.get_objects()
        functions = [each for each in known if isinstance(each, FunctionType) and each.__code__.co_filename in files]
        caches = [each for each in known if isinstance(each, functools._lru_cache_wrapper)]
        gc.freeze()
        return cls(functions, caches)


@define
class Plugin:
    """Takes the place of the run of the tests: every mutant has one of its own."""

    subjects: Sequence[Subject]
    found: Found = field(factory=list, init=False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        files = {str(subject.path) for subject in self.subjects}
        trace, program = traced(session, files), Program.of(files)
        trials = [
            Trial(subject, mutant, partial(patched_run, program, subject, mutant, session, trace.near(subject, mutant)))
            for subject in self.subjects
            for mutant in subject.mutants
        ]
        check_that_all_pass(self.subjects[0], session)
        noticed = {id(trial) for trial in trials if can_be_patched(trial.subject, trial.mutant)}
        noticed -= {id(trial) for trial in survivors([trial for trial in trials if id(trial) in noticed])}
        self.found += [
            (self.subjects.index(trial.subject), trial.subject.mutants.index(trial.mutant))
            for trial in trials
            if id(trial) not in noticed
        ]
        return True


def quick_survivors(subjects: Sequence[Subject], tests: Sequence[str]) -> list[tuple[Subject, Mutant]]:
    """Return the mutants with which every test near them passes."""
    queue: SimpleQueue[Found] = CONTEXT.SimpleQueue()
    CONTEXT.Process(target=collect_and_run, args=(subjects, tests, queue)).start()
    return [(subjects[subject], subjects[subject].mutants[mutant]) for subject, mutant in queue.get()]


def collect_and_run(subjects: Sequence[Subject], tests: Sequence[str], queue: "SimpleQueue[Found]") -> None:
    plugin = Plugin(subjects)
    pytest.main([*OPTIONS, *tests], [plugin])
    queue.put(plugin.found)


def traced(session: pytest.Session, files: set[str]) -> Trace:
    """Return what a run without a mutant shows; raise SystemExit if a test fails."""
    trace = Trace(files)
    threading.settrace(trace.called)
    sys.settrace(trace.called)
    for trace.test in range(len(session.items)):
        if not passes(session, [trace.test]):
            raise SystemExit(f"{session.items[trace.test].nodeid} fails without any mutant")
    sys.settrace(None)
    threading.settrace(None)
    return trace


def check_that_all_pass(subject: Subject, session: pytest.Session) -> None:
    """Raise SystemExit if a test fails or hangs in a fork: libraries with threads of their own may."""
    nothing = Mutant(0, "", "", "", is_table=False, apply=lambda: None)
    every = set(range(len(session.items)))
    if not list(survivors([Trial(subject, nothing, partial(run_in_turn, session, every))])):
        raise SystemExit("a test fails or hangs in a fork, without any mutant")


def passes(session: pytest.Session, tests: Sequence[int]) -> bool:
    """Run tests until one fails, and return whether none did."""
    items = [session.items[test] for test in tests]
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return False
    return True


def patched_run(program: Program, subject: Subject, mutant: Mutant, session: pytest.Session, near: set[int]) -> None:
    """End this process with whether the tests near a mutant pass."""
    patch(program, subject, mutant)
    run_in_turn(session, near)


def run_in_turn(session: pytest.Session, tests: set[int]) -> None:
    """End this process with whether tests pass."""
    os._exit(not passes(session, in_turn(session, tests)))


def in_turn(session: pytest.Session, tests: set[int]) -> list[int]:
    """Return tests so that one case of each comes first, then another case of each."""
    cases: Counter[str] = Counter()
    turns = {}
    for test in sorted(tests):
        name = session.items[test].nodeid.partition("[")[0]
        turns[test] = cases[name]
        cases[name] += 1
    return sorted(tests, key=lambda test: turns[test])


def can_be_patched(subject: Subject, mutant: Mutant) -> bool:
    """Return whether a mutant is in a function, or in a table that can be filled anew."""
    return not mutant.is_table or isinstance(getattr(sys.modules[subject.module], mutant.place, None), dict | set)


def patch(program: Program, subject: Subject, mutant: Mutant) -> None:
    """Put the code and the tables of a mutant in the place of those of the module."""
    before = subject.code()
    mutant.apply()
    code = subject.code()
    changed = dict(zip(codes(before), codes(code), strict=True))  # no mutant has fewer functions
    for function in program.functions:
        replace_code(function, changed.get(function.__code__, function.__code__))
    for cache in program.caches:
        cache.cache_clear()
    if mutant.is_table:
        fill(sys.modules[subject.module], code)


def codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a module and of every function in it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


def replace_code(function: FunctionType, code: CodeType) -> None:
    """Give a function other code, if that uses the same variables from around it."""
    if code != function.__code__ and code.co_freevars == function.__code__.co_freevars:
        function.__code__ = code


def fill(module: Any, code: CodeType) -> None:
    """Fill the tables of a module with the entries that those of a mutant have."""
    names: dict[str, Any] = {
        "__name__": module.__name__,
        "__package__": module.__package__,
        "__file__": module.__file__,
    }
    exec(code, names)  # noqa: S102 - a module of this project
    for name, table in vars(module).items():
        if isinstance(table, dict | set) and not name.startswith("__"):
            table.clear()
            table.update(names[name])
