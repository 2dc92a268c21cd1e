"""Run the generator in this process, which is four times as fast as in one of its own."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from openapi_python_client.cli import app

from tools.contract.generate import GenerationError
from tools.contract.upstream import TEMPLATES


def generate(config: Path, lowered: Path, output: Path) -> None:
    options = {
        "--meta": "none",
        "--config": config,
        "--path": lowered,
        "--output-path": output,
        "--custom-template-path": TEMPLATES,
    }
    arguments = [str(word) for option in options.items() for word in option]
    with redirect_stdout(StringIO()) as said:
        code = app(["generate", "--fail-on-warning", *arguments], standalone_mode=False)
    if code:
        raise GenerationError(said.getvalue())
