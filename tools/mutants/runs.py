"""Run tests against each mutant, in a process that is forked for it, and yield the mutants that they do not notice."""

import ast
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from time import monotonic
from types import CodeType, ModuleType

import pytest
from attrs import frozen

from tools.mutants.rules import Mutant

CONTEXT = get_context("fork")  # a child has at once what was imported before
LONGEST = 45.0  # seconds; a mutant that hangs has been noticed
JOBS = 2
PASSED = 0
# Asserts are not rewritten, because that would exclude what has been imported before.
OPTIONS = ("-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist")


@frozen(eq=False)
class Subject:
    """A module, its syntax tree, and its mutants."""

    module: str
    path: Path
    tree: ast.Module
    mutants: Sequence[Mutant]

    def code(self) -> CodeType:
        return compile(self.tree, str(self.path), "exec", dont_inherit=True)


@frozen
class Trial:
    """A mutant, and how to run the tests that are to notice it; the process ends with their exit code."""

    subject: Subject
    mutant: Mutant
    run: Callable[[], None]


class TreeLoader(SourceFileLoader):
    """Loads a tree instead of the file that it was read from."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject.module, str(subject.path))
        self.subject = subject

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - it loads one module only
        return self.subject.code()


@frozen
class Finder(MetaPathFinder):
    """Finds the module whose rules are broken."""

    subject: Subject

    def find_spec(self, name: str, _: Sequence[str] | None, __: ModuleType | None = None) -> ModuleSpec | None:
        if name != self.subject.module:
            return None
        return spec_from_file_location(name, self.subject.path, loader=TreeLoader(self.subject))


def whole_run(subject: Subject, mutant: Mutant, tests: Sequence[str]) -> Trial:
    """Return a trial in which everything is imported and collected anew."""

    def run() -> None:
        mutant.apply()
        sys.meta_path.insert(0, Finder(subject))
        os._exit(int(pytest.main([*OPTIONS, *tests])))

    return Trial(subject, mutant, run)


def silently(run: Callable[[], None]) -> None:
    """Run a process that writes nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    run()


def survivors(trials: Sequence[Trial]) -> Iterator[Trial]:
    """Yield the trials in which every test passes."""
    waiting = list(reversed(trials))
    running: dict[ForkProcess, tuple[Trial, float]] = {}
    while waiting or running:
        while waiting and len(running) < JOBS:
            trial = waiting.pop()
            process = CONTEXT.Process(target=partial(silently, trial.run))
            process.start()
            running[process] = (trial, monotonic() + LONGEST)
        wait([process.sentinel for process in running], timeout=1)
        for process in [each for each in running if has_ended(each, running[each][1])]:
            trial, _ = running.pop(process)
            if process.exitcode == PASSED:
                yield trial


def has_ended(process: ForkProcess, deadline: float) -> bool:
    """Return whether a process has ended; end one that takes too long."""
    if process.is_alive() and monotonic() > deadline:
        process.kill()
        process.join()
    return not process.is_alive()
