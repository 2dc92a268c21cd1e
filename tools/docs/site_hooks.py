"""Steps of `make site` beyond mkdocs: pages from the root, inlined pictures, no requests to other servers.

Pictures are drawn into the page, so that their colours follow the palette of the reader.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink

from tools.docs.reference import linked, problems, public_names, titled

ROOT = Path(__file__).resolve().parents[2]
FROM_THE_ROOT = {"changes.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
REFERENCE = "reference.html"  # made by `make docs`
PYTHON = "reference/"  # pages that mkdocstrings makes
PUBLIC = ROOT / "tests" / "release" / "public.txt"
COPIED = {REFERENCE: f"build/{REFERENCE}", "openapi.yaml": "openapi.yaml"}
# A file name in a page becomes a link where the site has the file.
LINKED = {
    f"`build/{REFERENCE}`": f"[`{REFERENCE}`]({REFERENCE})",
    "](../openapi.yaml)": "](openapi.yaml)",
    **{f"](../{file})": f"]({page})" for page, file in FROM_THE_ROOT.items()},
}
PICTURE = re.compile(r'<img alt="(?P<title>[^"]*)" src="(?P<file>pictures/[\w-]+\.svg)" ?/?>')
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\ssrc=["']?(?:https?:)?//|<link\b(?![^>]*rel=["']?(?:canonical|next|prev))[^>]*\shref=["']?(?:https?:)?//"""
)
IMPORTED = re.compile(r"""(?:url\(|@import\s+)["']?(?:https?:)?//""")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that are outside docs/."""
    for page, file in FROM_THE_ROOT.items():
        text = (ROOT / file).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, page, content=text))
    for name, file in COPIED.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / file)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Point links at the pages of the site."""
    for text, link in LINKED.items():
        markdown = markdown.replace(text, link)
    return markdown


def on_page_content(html: str, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Draw pictures into the page, and complete one of the reference of the Python package."""
    folder = Path(config.docs_dir, page.file.src_uri).parent
    if page.file.src_uri.startswith(PYTHON):
        html = linked(titled(html), [place for places in public_names(PUBLIC.read_text()).values() for place in places])
        page.toc.items = without_parameters(page.toc.items)
    return PICTURE.sub(lambda found: drawn(folder / found["file"], found["title"]), html)


def without_parameters(items: list[AnchorLink]) -> list[AnchorLink]:
    """Return the entries of a table of contents that are no parameters; the search finds those."""
    for item in items:
        item.children = without_parameters(item.children)
    return [item for item in items if not item.id.endswith(")")]


def drawn(file: Path, title: str) -> str:
    """Return a picture as an element that screen readers announce by its title."""
    svg = file.read_text(encoding="utf-8")
    return svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{title}"', 1)


def on_post_build(config: MkDocsConfig) -> None:
    """Fail if a page would load something from another server, or the reference is not complete."""
    pages = [path.read_text(encoding="utf-8") for path in Path(config.site_dir, PYTHON).glob("*.html")]
    if found := problems(PUBLIC.read_text(encoding="utf-8"), pages):
        raise PluginError(f"docs/{PYTHON} does not define what is public: {', '.join(found)}")
    fetch_nothing(config)


def fetch_nothing(config: MkDocsConfig) -> None:
    """Fail if a page would load something from another server."""
    pages = [path for path in Path(config.site_dir).rglob("*.html") if path.name != REFERENCE]
    guilty = [str(path) for path in pages if FETCHED.search(path.read_text(encoding="utf-8"))]
    guilty += [str(path) for path in Path(config.site_dir).rglob("*.css") if IMPORTED.search(path.read_text())]
    if guilty:
        raise PluginError(f"these load something from another server: {', '.join(guilty)}")
