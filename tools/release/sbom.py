"""Write the bill of materials that goes into the wheel: `python -m tools.release.sbom [--check | --version]`.

It names the versions that a release was proved with, from requirements/runtime.txt. It contains no hashes, because the
file that is installed depends on the machine; the lock has them all.
"""

import json
import re
import sys
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from tools import ROOT
from tools.release.locks import RUNTIME, Pin, asked, pins

SBOM = Path("requirements", "sbom.cdx.json")
NAME = "supermetrics-query"
VERSION_FILE = Path("overlays", "supermetrics_query", "_version.py")


def version(root: Path = ROOT) -> str:
    """Read the version of this tree."""
    found = re.search(r'^__version__ = "(.+)"$', (root / VERSION_FILE).read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{VERSION_FILE} names no __version__")
    return found[1]


def product() -> Component:
    purl = PackageURL("pypi", name=NAME, version=version())
    licence = DisjunctiveLicense(id="MIT")
    return Component(
        name=NAME, version=version(), type=ComponentType.LIBRARY, purl=purl, bom_ref=str(purl), licenses=[licence]
    )


def part(pin: Pin, needed_by: dict[str, set[str]]) -> Component:
    """Describe one dependency; it is optional if only an extra needs it."""
    purl = PackageURL("pypi", name=pin.name, version=pin.version)
    scope = ComponentScope.OPTIONAL if needed_by.get(pin.name) else None
    return Component(name=pin.name, version=pin.version, purl=purl, bom_ref=str(purl), scope=scope)


def bill(lock: str) -> Bom:
    whole, needed_by = product(), asked()
    parts = [part(each, needed_by) for each in pins(lock)]
    bom = Bom(components=parts)
    bom.metadata.component = whole
    bom.register_dependency(whole, [each for each in parts if each.name in needed_by])
    return bom


def written(lock: str) -> str:
    """Return the bill as text that depends on neither time nor machine."""
    content = json.loads(make_outputter(bill(lock), OutputFormat.JSON, SchemaVersion.V1_6).output_as_string())
    # A serial number and a timestamp would make every build different.
    del content["serialNumber"], content["metadata"]["timestamp"]
    return json.dumps(content, indent=2) + "\n"


def complaint(text: str) -> str:
    """Return where a bill breaks the schema of CycloneDX."""
    return str(JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) or "")


def check(fresh: str) -> int:
    if (ROOT / SBOM).is_file() and (ROOT / SBOM).read_text(encoding="utf-8") == fresh:
        return 0
    print(f"{SBOM} does not match the lock and the version: run `make sbom` and commit the result")
    return 1


def main(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(version())
        return 0
    fresh = written(RUNTIME.read_text(encoding="utf-8"))
    if arguments == ["--check"]:
        return check(fresh)
    if wrong := complaint(fresh):
        print(f"{SBOM} would not be CycloneDX: {wrong}")
        return 1
    (ROOT / SBOM).write_text(fresh, encoding="utf-8")
    print(f"{SBOM} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
