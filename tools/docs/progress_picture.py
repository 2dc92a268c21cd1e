"""Draw what the command line shows while a query runs, with its own code: `python -m tools.docs.progress_picture`."""

import sys
from io import StringIO

from rich.console import Console
from supermetrics_query._models import Progress, QueryStatus, Workflow
from supermetrics_query.cli.progress import Display
from supermetrics_query_api.models import QueryResponse

from tools import ROOT

PICTURE = ROOT / "docs" / "progress.svg"
COMMAND = "$ supermetrics-query run --file query.yaml --to sessions.csv"
# When the query is polled, in seconds, and what the poll returns.
POLLS = (
    (2, "QUEUED", (0, 8), (12, 5)),
    (31, "RUNNING", (2, 8), (9, 5)),
    (52, "RUNNING", (5, 10), (4, 5)),
    (78, "RUNNING", (9, 10), (1, 5)),
    (83, "SUCCESS", (10, 10), (0, 4)),
)
# The page must not fetch fonts, so rich's web fonts are left out.
FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: {char_height}px;
line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def drawn() -> str:
    """Return the picture; it is the same every time."""
    now = [0.0]
    console = Console(record=True, width=104, file=StringIO(), force_terminal=True, color_system="truecolor")
    display = Display(is_shown=True, console=console, clock=lambda: now[0])
    console.print(COMMAND, highlight=False)
    display.bar.start_task(display.bar.task_ids[0])
    for moment, code, parts, queue in POLLS:
        now[0] = float(moment)
        display.show(
            QueryStatus(
                schedule_id="nightly",
                code=code,
                progress=Progress(*parts),
                workflow=Workflow(*queue),
                response=QueryResponse(),
            )
        )
        console.print(display.bar.get_renderable())
    return console.export_svg(title="supermetrics-query", code_format=FORMAT, unique_id="progress")


def main() -> int:
    PICTURE.write_text(drawn(), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)} shows the progress of a query")
    return 0


if __name__ == "__main__":
    sys.exit(main())
