"""What notices a change: the stages of the proof, from a walk of milliseconds to tests on a copy of the project."""

import ast
import json
from contextlib import redirect_stdout
from functools import lru_cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.contract.proof.edits import Change, Notice
from tools import ROOT
from tools.contract.document import Document, request_schemas
from tools.contract.limits import kinds_of, required_of
from tools.contract.lowering import lower
from tools.contract.refusals import refusals
from tools.contract.upstream import TEMPLATES

Tree = dict[str, str]


@frozen
class Seen:
    """What noticed a change first, and what it said."""

    notice: Notice
    message: str


def generated(document: Document) -> Tree:
    """Return what `make generate` writes, before it is formatted; raise ValueError where the generator complains."""
    return generated_from(json.dumps(document))


@lru_cache(maxsize=16)
def generated_from(text: str) -> Tree:
    document = json.loads(text)
    with TemporaryDirectory() as work:
        source, output = Path(work, "lowered.json"), Path(work, "package")
        source.write_text(json.dumps(lower(document)))
        settings = ConfigFile.load_from_path(ROOT / "generator-config.yml").model_copy(update={"post_hooks": []})
        config = Config.from_sources(settings, MetaType.NONE, source, "utf-8", overwrite=False, output_path=output)
        with redirect_stdout(StringIO()):
            errors = generate(config=config, custom_template_path=TEMPLATES)
        if errors:
            raise ValueError("; ".join(f"{each.header}: {each.detail}" for each in errors))
        return {str(path.relative_to(output)): path.read_text() for path in sorted(output.rglob("*.py"))} | {
            "provenance.py": f"VERSION = {document['info']['version']!r}\nSERVER = {document['servers'][0]['url']!r}\n"
        }


def without_texts(source: str) -> str:
    """Return a module without its docstrings and comments."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [each for each in node.body if not is_text(each)] or [ast.Pass()]
    return ast.unparse(tree)


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def changed(before: Tree, after: Tree) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def checks(document: Document) -> list[tuple[str, object]]:
    """Return what the overlay checks before it sends anything, in the order of the contract."""
    found: list[tuple[str, object]] = []
    for request, schema in request_schemas(document).items():
        found.append((f"{request} needs", required_of(document, schema)))
        found += [(f"{request} {path}", kinds) for path, kinds in kinds_of(document, schema).items()]
    return found


def at_once(contract: Document, change: Change) -> Seen | None:
    """Return what notices a change without generating anything."""
    before, after = change.before(contract), change.after(contract)
    if odd := refusals(before):
        raise AssertionError(f"what the change is made in is refused: {odd[0]}")
    if refused := refusals(after):
        return Seen(Notice.REFUSED, str(refused[0]))
    old, new = checks(before), checks(after)
    names = [name for name, each in (*old, *new) if (name, each) not in old or (name, each) not in new]
    return Seen(Notice.CHECKS, listed([*dict.fromkeys(names)]) or "the order of members") if old != new else None


def in_code(contract: Document, change: Change) -> Seen | None:
    """Return whether a change reaches the generated code, or only its texts."""
    before, after = generated(change.before(contract)), generated(change.after(contract))
    names = changed(before, after)
    code = changed(*({name: without_texts(tree.get(name, "")) for name in names} for tree in (before, after)))
    if names:
        return Seen(Notice.CODE if code else Notice.TEXTS, listed(code or names))
    return None
