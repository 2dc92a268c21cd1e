"""Examples for `--help`. Tests run every one of them against the emulator."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "demo": ("supermetrics-query demo",),
    "run": (
        "supermetrics-query run --ds-id GAWA --fields date,sessions --date-range last_month",
        "supermetrics-query run --file query.yaml --output csv | head",
        "supermetrics-query run --file query.yaml --start-date yesterday --to sessions.parquet",
        "TOKEN=$(supermetrics-query run --file query.yaml --no-wait)",
    ),
    "wait": (
        "supermetrics-query wait $TOKEN",
        "supermetrics-query wait $TOKEN --timeout 15m && supermetrics-query rows $TOKEN --to sessions.csv",
    ),
    "status": ("supermetrics-query status $TOKEN", "supermetrics-query status $TOKEN --output json"),
    "rows": ("supermetrics-query rows $TOKEN", "supermetrics-query rows $TOKEN --output ndjson > sessions.ndjson"),
    "download": ("supermetrics-query download $TOKEN --to sessions.json", "supermetrics-query download $TOKEN | wc -c"),
    "history": (
        "supermetrics-query history --since yesterday",
        "supermetrics-query history --ds-id GAWA --status FAILURE --status STOPPED --output csv",
    ),
    "emulate": (
        "supermetrics-query emulate",
        "supermetrics-query emulate --source GAWA=sessions.csv --plan run_seconds=20 --plan parts=8",
        "supermetrics-query emulate --fault 'status:3*503' --per-second 20 --speed 10",
    ),
}


def of(command: str) -> str:
    """Return the examples of a command, one a line."""
    return "\n".join(("Examples:", *(f"  {example}" for example in EXAMPLES[command])))
