"""Render a page in a browser without a network."""

import re
import shutil
import subprocess
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1400,3000"),
)


BUDGETS = (10_000, 30_000, 90_000)  # milliseconds of virtual time; on a busy machine scripts need more of them


def visible_text(url: str, profile: Path, awaited: str) -> str:
    """Return the text of a page once its scripts have run, that is, once it shows the awaited text."""
    text = ""
    for budget in BUDGETS:
        text = text_within(budget, url, profile)
        if awaited in text:
            break
    return text


def text_within(budget: int, url: str, profile: Path) -> str:
    """Return the text after so much virtual time; `profile` is a folder of the browser's own."""
    time = f"--virtual-time-budget={budget}"
    command = [str(CHROMIUM), *FLAGS, time, f"--user-data-dir={profile}", "--dump-dom", url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout
    elements = re.sub(r"<(script|style|svg)\b.*?</\1>", "", shown, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", elements).split())
