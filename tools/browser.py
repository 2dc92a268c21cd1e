"""See a page as somebody sees it who has a browser and no network."""

import re
import shutil
import subprocess
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1400,3000", "--virtual-time-budget=10000"),
)


def visible_text(url: str, profile: Path) -> str:
    """Return the text that a page shows once its scripts have run; `profile` is an empty folder."""
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "--dump-dom", url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout
    elements = re.sub(r"<(script|style|svg)\b.*?</\1>", "", shown, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", elements).split())
