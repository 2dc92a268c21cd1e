"""Check the types of every Python block in the documentation, as its readers' type checkers will."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, examples, pages

BLOCKS = ROOT / "build/examples"
BIN = Path(sys.executable).parent


def main() -> int:
    """Write the blocks as modules, and run mypy (strict) and pyright over them."""
    shutil.rmtree(BLOCKS, ignore_errors=True)
    BLOCKS.mkdir(parents=True)
    for page in pages():
        for example in examples(page):
            name = f"{page.stem}_line_{example.line}".replace("-", "_")
            (BLOCKS / f"{name}.py").write_text(example.code, encoding="utf-8")
    mypy = subprocess.run([BIN / "mypy", "--strict", BLOCKS], cwd=ROOT, check=False)
    pyright = subprocess.run([BIN / "basedpyright", BLOCKS], cwd=ROOT, check=False)
    return mypy.returncode or pyright.returncode


if __name__ == "__main__":
    sys.exit(main())
