"""Break every rule of the modules below, one at a time, and name those whose breach no test notices.

It takes about an hour with two processors that others use, too. With words, it takes the modules that have one of them
in their name: `python -m tools.mutants dates`.
"""

import ast
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from tools import ROOT
from tools.mutants.collected import quick_survivors
from tools.mutants.equivalent import EQUIVALENT
from tools.mutants.rules import Mutant, mutants_of
from tools.mutants.runs import Subject, survivors, whole_run

PACKAGE = "supermetrics_query"
REQUESTS = "emulator.validation emulator.keys"
EMULATOR = """
    emulator.selection emulator.dates emulator.problems emulator.faults emulator.injection emulator.operations
    emulator.behaviour emulator.formats emulator.runs"""
MEMBERS = "_contract.validation"
OPTIONS = "_client.base _client.inputs"
POLICIES = "_core.polling _core.retrying"
# The tests that concern the modules, without those that take long and notice nothing more.
TESTS: Mapping[str, Sequence[str]] = {
    REQUESTS: (
        *("tests/emulator/test_emulator_members.py", "tests/emulator/test_emulator_requests.py"),
        *("tests/emulator/test_emulator_history.py", "tests/emulator/test_emulator_selection.py"),
    ),
    EMULATOR: (
        *("tests/emulator", "tests/contract/test_retyped_tables.py"),
        "--ignore=tests/emulator/test_emulator_members.py",
        "--ignore=tests/emulator/test_emulator_conformance.py",
        "--ignore=tests/emulator/test_emulator_service.py",
    ),
    MEMBERS: (
        *("tests/contract/test_queries.py", "tests/client/test_input.py", "tests/client/test_pitfalls.py"),
        *("tests/flows/test_scenarios.py", "tests/flows/test_download_progress.py"),
    ),
    OPTIONS: (
        *("tests/client/test_input.py", "tests/client/test_pitfalls.py", "tests/contract/test_queries.py"),
        *("tests/hostile/test_foreign_exceptions.py", "tests/hostile/test_identity.py"),
        *("tests/hostile/test_secrets.py", "tests/flows/test_scenarios.py", "tests/io/test_aiohttp.py"),
        *("tests/flows/test_resume.py", "tests/flows/test_many.py", "tests/flows/test_history.py"),
        "tests/flows/test_download.py",
    ),
    POLICIES: (
        *("tests/client/test_input.py", "tests/contract/test_errors.py", "tests/contract/test_contract_coverage.py"),
        *("tests/flows/test_scenarios.py", "tests/flows/test_retry_after.py", "tests/core/test_polling_properties.py"),
        "tests/core/test_gaps.py",
    ),
}
# What every process needs is imported once.
IMPORTED = "aiohttp anyio httpx hypothesis jsonschema_rs msgspec rich schemathesis starlette trio typer uvicorn yaml"


def subject_of(name: str) -> Subject:
    path = ROOT / "overlays" / PACKAGE / f"{name.replace('.', '/')}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return Subject(f"{PACKAGE}.{name}", path, tree, list(mutants_of(tree)))


def unnoticed(subjects: Sequence[Subject], tests: Sequence[str]) -> list[str]:
    """Return the mutants that survive, by name and with their lines."""
    trials = [whole_run(subject, mutant, tests) for subject, mutant in quick_survivors(subjects, tests)]
    return [name_of(trial.subject, trial.mutant) for trial in survivors(trials)]


def name_of(subject: Subject, mutant: Mutant) -> str:
    return f"{subject.module.removeprefix(f'{PACKAGE}.')} {mutant}"


def main(words: Sequence[str]) -> int:
    """Return 1 if a mutant survives that is not known to be equivalent."""
    for name in IMPORTED.split():
        import_module(name)
    left: list[str] = []
    count = 0
    for names, tests in TESTS.items():
        subjects = [subject_of(name) for name in names.split() if not words or any(word in name for word in words)]
        count += sum(len(subject.mutants) for subject in subjects)
        left += unnoticed(subjects, tests) if subjects else []
    new = [name for name in left if name not in EQUIVALENT]
    print(*new, f"{count} mutants, {len(left)} survive, {len(left) - len(new)} of them explained", sep="\n")
    return bool(new)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
