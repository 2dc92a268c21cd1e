"""What the Makefile runs. Nothing here is part of the package."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
