"""What can be checked in the pages: examples, names of tests, links, modules.

An example is a block of Python. A comment before it, which readers do not see, says how the service behaves:

    <!-- service: {"plan": {"outcome": "FAILURE"}, "faults": ["start:lost"]} -->

A block of text right after it is what it prints.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(
    r"(?:<!-- service: (?P<service>\{[^\n]*\}) -->\n)?^```python\n(?P<code>.*?)^```\n"
    r"(?:\n```text\n(?P<prints>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
PROOF = re.compile(r"`(tests/[\w/]+\.py)::([^`]+)`")
MARK = "__reached__"
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")


@frozen
class Example:
    """A block of Python in a page; `line` is the number of its first line."""

    path: Path
    line: int
    code: str
    prints: str | None
    service: Mapping[str, Any]

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.path.relative_to(ROOT)}:{self.line}"

    @property
    def checks(self) -> bool:
        """Whether it asserts something, or the page shows its output."""
        return self.prints is not None or bool(self.asserts)

    @property
    def asserts(self) -> set[int]:
        """The lines of the page that assert something."""
        return {node.lineno + self.line - 1 for node in ast.walk(ast.parse(self.code)) if isinstance(node, ast.Assert)}

    def run(self) -> set[int]:
        """Run it as a module and return which asserts were reached; a traceback names file and line of the page."""
        reached: set[int] = set()
        tree = ast.fix_missing_locations(
            AssertRecorder().visit(ast.increment_lineno(ast.parse(self.code), self.line - 1))
        )
        exec(compile(tree, str(self.path), "exec"), {"__name__": "__main__", MARK: reached.add})  # noqa: S102
        return reached


class AssertRecorder(ast.NodeTransformer):
    """Record every assert that is reached, so that one that is never reached can be found."""

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        mark = ast.Expr(ast.Call(ast.Name(MARK, ast.Load()), [ast.Constant(node.lineno)], []))
        return [ast.copy_location(mark, node), node]


def pages() -> list[Path]:
    """Return every page of the documentation."""
    return sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])


def examples(path: Path) -> Iterator[Example]:
    """Find the examples of a page."""
    text = path.read_text()
    for found in EXAMPLE.finditer(text):
        line = text.count("\n", 0, found.start("code")) + 1
        yield Example(path, line, found["code"], found["prints"], json.loads(found["service"] or "{}"))


def proofs(path: Path) -> list[tuple[str, str]]:
    """Find the tests that a page names, each as a file and a name."""
    return PROOF.findall(path.read_text())


def links(path: Path) -> list[str]:
    """Find the files that a page links to."""
    return LINK.findall(path.read_text())
