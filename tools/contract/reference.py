"""Build the reference of the contract, as one self-contained page: `python -m tools.contract.reference`."""

import sys
from pathlib import Path

from tools import ROOT
from tools.contract.redocly import redocly

OUTPUT = Path("build", "reference.html")
# Without this policy the page fetches a logo from Redocly's server, which could track every reader.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />'


def build(contract: Path, output: Path) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    done = redocly("build-docs", str(contract), "--inlineBundle", "--output", str(output))
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    page = output.read_text(encoding="utf-8")
    output.write_text(page.replace("<head>", f"<head>\n  {META}", 1), encoding="utf-8")


def main() -> int:
    build(ROOT / "openapi.yaml", ROOT / OUTPUT)
    print(f"{OUTPUT} is the reference; it needs no network")
    return 0


if __name__ == "__main__":
    sys.exit(main())
