"""Which licence a package has, and whether a package under MIT may depend on it."""

import re
from importlib.metadata import PackageMetadata

# Licences that a package under MIT may depend on, by the words in their names.
ACCEPTED = re.compile(
    r"\b(MIT|BSD|Apache|ISC|0BSD|MPL|Mozilla|PSF|Python Software Foundation|Zlib|Unlicense|CC0)\b", re.IGNORECASE
)
UNACCEPTED = re.compile(r"GPL|General Public", re.IGNORECASE)
UNKNOWN = "unknown"
# For packages that only other machines or other Pythons install.
ELSEWHERE = "not installed here"


def licence(metadata: PackageMetadata) -> str:
    """Read the declared licence, trying the newest metadata field first."""
    classified = [each.rpartition(" :: ")[2] for each in of(metadata, "Classifier") if each.startswith("License ::")]
    named = [each for each in classified if each != "OSI Approved"]
    declared = of(metadata, "License-Expression") or named or of(metadata, "License") or [UNKNOWN]
    return ", ".join(declared).splitlines()[0][:50]


def of(metadata: PackageMetadata, name: str) -> list[str]:
    return [str(each) for each in metadata.get_all(name) or [] if str(each).strip()]


def accepted(name: str) -> bool:
    return name == ELSEWHERE or (bool(ACCEPTED.search(name)) and not UNACCEPTED.search(name))
