"""The reference of the Python package in the site: names in headings, links between them, and what is missing.

What is public is read from tests/release/public.txt, because the environment of the site does not hold the package.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

PACKAGE = "supermetrics_query"
COMMANDS = "[supermetrics-query]"
# What every model of the contract has; docs/reference/writing.md says once what it is.
OF_EVERY_MODEL = re.compile(r"\w+\.(?:additional_keys|additional_properties|from_dict|to_dict)\b.*")
CLASS = re.compile(r"class (?P<name>\w+)\((?P<bases>.*)\)")
PARAMETER = re.compile(r"(?P<owner>[\w.]+)\((?:\d+: )?(?P<name>\w+)(?:=.*)?\)")
NAME = re.compile(r"[\w.]+")

ANCHOR = re.compile(rf'<h\d id="({PACKAGE}\b[^"]*)"')
HEADING = re.compile(
    rf'(?P<tag><h\d id="(?P<id>{PACKAGE}\.[^"]+)"[^>]*>)(?P<shown>.*?)(?=\s*<a href="[^"]*" class="headerlink")',
    re.DOTALL,
)
MODULES = re.compile(r"^(?:_?[a-z_]+\.)+")
CODE = re.compile(r"<code>(?P<name>[A-Za-z_][\w.]*)(?P<call>\(\))?</code>")


def public_names(text: str) -> dict[str, list[str]]:
    """Return the lines of tests/release/public.txt about Python, each with the anchors that would define it."""
    lines = list(python_lines(text))
    bases = {found["name"]: found["bases"].split(", ") for _, line in lines if (found := CLASS.fullmatch(line))}
    return {f"{module}: {line}": list(anchors(module, line, bases)) for module, line in lines}


def python_lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield the lines about Python, each with its module."""
    module = ""
    for line in text.partition(COMMANDS)[0].splitlines():
        if line.startswith("["):
            module = line.strip("[]")
        elif line and not OF_EVERY_MODEL.fullmatch(line):
            yield module, line


def anchors(module: str, line: str, bases: dict[str, list[str]]) -> Iterator[str]:
    """Yield the anchors of which one must exist: a parameter of a class may stand at its member, or at a base."""
    if found := CLASS.fullmatch(line):
        yield f"{module}.{found['name']}"
    elif found := PARAMETER.fullmatch(line):
        for owner in family(found["owner"], bases):
            yield from (f"{module}.{owner}{form}" for form in (f"({found['name']})", f"(**{found['name']})"))
            if owner in bases:
                yield f"{module}.{owner}.{found['name']}"
    elif found := NAME.match(line):
        yield f"{module}.{found[0]}"


def family(owner: str, bases: dict[str, list[str]]) -> Iterator[str]:
    """Yield a class and its bases, or a function alone."""
    yield owner
    for base in bases.get(owner, ()):
        yield from family(base, bases)


def problems(public: str, pages: Iterable[str]) -> list[str]:
    """Return what is public and not defined by the pages, and what they define twice."""
    defined = Counter(anchor for page in pages for anchor in ANCHOR.findall(page))
    missing = [name for name, places in public_names(public).items() if not any(place in defined for place in places)]
    return [f"{each} is missing" for each in missing] + [
        f"{anchor} is defined {times} times" for anchor, times in defined.items() if times > 1
    ]


def titled(html: str) -> str:
    """Let headings say what they define as code would: `QueryClient.run`, `RedisLimiter(name=)`."""
    return HEADING.sub(lambda found: found["tag"] + title(found["id"], found["shown"]), html)


def title(anchor: str, shown: str) -> str:
    """Return the title of a heading; the search finds all of it, and a page shows a parameter by its name alone."""
    owner, _, parameter = MODULES.sub("", anchor).partition("(")
    if not parameter:
        return f"<code>{owner}</code>"
    end = ")" if "*" in parameter else "=)"
    return f'<span class="doc-aside">{owner}(</span>{shown.strip()}<span class="doc-aside">{end}</span>'


def linked(html: str, names: Sequence[str]) -> str:
    """Link code in prose that names something public, also a member of the class that it stands under."""
    known, parts, owner = set(names), re.split(r"(?=<h\d id=)", html), ""
    for place, part in enumerate(parts):
        if found := HEADING.match(part):
            owner = MODULES.sub("", found["id"]).partition("(")[0].partition(".")[0]
        heading, end, text = part.rpartition("</h")
        parts[place] = heading + end + CODE.sub(lambda code, owner=owner: link(code, owner, known), text)
    return "".join(parts)


def link(code: re.Match[str], owner: str, known: set[str]) -> str:
    """Return code as a link, or as it is."""
    name = code["name"].removeprefix(f"{PACKAGE}.")
    for prefix in (f"{owner}.", "", "emulator.", "testing."):
        if f"{PACKAGE}.{prefix}{name}" in known:
            return f'<autoref identifier="{PACKAGE}.{prefix}{name}" optional>{code[0]}</autoref>'
    return code[0]
