"""Which templates of the generator ours replace: `python -m tools.contract.upstream` records them as they are now.

A file in templates/ replaces one of the generator as a whole, so what a new generator adds to its own would be lost
silently. The record holds the hash of each one that is replaced, in the format of `sha256sum`.
"""

import hashlib
import sys
from importlib.metadata import distribution
from pathlib import Path

GENERATOR = "openapi-python-client"
TEMPLATES = Path(__file__).parent / "templates"
RECORD = Path(__file__).parent / "templates.sha256"

LOOK = "look at this: the template {name} of {generator} {version} {reason}.\n  theirs  {theirs}\n  ours    {ours}"
ADVICE = "Take over what is new, or delete ours if nothing needs it, then run `make templates`."


def upstream() -> Path:
    """Return the folder of the generator's own templates."""
    return Path(str(distribution(GENERATOR).locate_file("openapi_python_client/templates")))


def replaced() -> dict[str, str]:
    """Return each template that ours replace with its hash; the hash is empty if the generator has no such template."""
    names = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.jinja"))
    return {name: digest(upstream() / name) for name in names}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def recorded(record: Path) -> dict[str, str]:
    lines = record.read_text(encoding="utf-8").splitlines()
    return {name: hashed for hashed, name in (line.split() for line in lines)}


def reason(before: str | None, now: str | None) -> str:
    """Say why a template needs a look; the text is empty if it is the one that was recorded."""
    if before == now:
        return ""
    if before is None:
        return "is replaced by ours and is not in the record"
    if now is None:
        return "is in the record and ours is gone"
    return "has changed" if now else "does not exist any more"


def complaint(record: Path = RECORD) -> str:
    """Return what to look at before anything is generated; the text is empty if there is nothing."""
    before, now = recorded(record), replaced()
    reasons = {name: reason(before.get(name), now.get(name)) for name in sorted(before | now)}
    found = [look(name, why) for name, why in reasons.items() if why]
    return "\n".join([*found, ADVICE]) if found else ""


def look(name: str, why: str) -> str:
    version, theirs, ours = distribution(GENERATOR).version, upstream() / name, TEMPLATES / name
    return LOOK.format(name=name, generator=GENERATOR, version=version, reason=why, theirs=theirs, ours=ours)


def main() -> int:
    lines = [f"{hashed}  {name}\n" for name, hashed in replaced().items() if hashed]
    RECORD.write_text("".join(lines), encoding="utf-8")
    print(f"tools/contract/{RECORD.name} holds the {len(lines)} templates that ours replace")
    return 0


if __name__ == "__main__":
    sys.exit(main())
