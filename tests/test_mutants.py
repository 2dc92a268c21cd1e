"""`make mutants` breaks what it says, and explains only mutants that it makes."""

import ast

import pytest

from tools.mutants.__main__ import TESTS, name_of, subject_of
from tools.mutants.equivalent import EQUIVALENT
from tools.mutants.rules import mutants_of

SOURCE = '''
TABLE = {"a": 1, **OTHERS}
def rule(value: int, limit: int = 3) -> bool:
    """Return something."""
    check(value)
    try:
        return 0 <= value < limit and value not in TABLE
    except (TypeError, ValueError):
        raise Error from None
'''
BROKEN = [
    "TABLE: 'a' -> gone",
    "TABLE: OTHERS -> gone",
    "TABLE: 1 in {'a': 1, **OTHERS} -> 2",
    "rule: 3 in value: int, limit: int=3 -> 4",
    "rule: check(value) -> gone",
    "rule: 0 <= value < limit and value not in TABLE -> never",
    "rule: 0 <= value < limit -> always",
    "rule: 0 <= value < limit -> 0 < value < limit",
    "rule: 0 <= value < limit -> 0 <= value <= limit",
    "rule: 0 in 0 <= value < limit -> 1",
    "rule: value not in TABLE -> always",
    "rule: TypeError -> gone",
    "rule: ValueError -> gone",
    "rule: raise Error from None -> raise",
]


def test_each_rule_of_a_module_is_broken_in_every_way() -> None:
    assert [str(mutant) for mutant in mutants_of(ast.parse(SOURCE))] == BROKEN


@pytest.mark.parametrize("index", range(len(BROKEN)))
def test_a_mutant_can_be_compiled_and_differs_from_the_module(index: int) -> None:
    tree = ast.parse(SOURCE)
    list(mutants_of(tree))[index].apply()
    compile(tree, "rule.py", "exec")
    assert ast.unparse(tree) != ast.unparse(ast.parse(SOURCE))


def test_every_mutant_that_is_explained_is_one() -> None:
    subjects = [subject_of(name) for names in TESTS for name in names.split()]
    made = {name_of(subject, mutant) for subject in subjects for mutant in subject.mutants}
    assert sorted(EQUIVALENT.keys() - made) == [], "tools/mutants/equivalent.py"
