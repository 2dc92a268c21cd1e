"""Use an installed package as a user would: `python -I tools/release/smoke.py URL KEY [EXTRA ...]`.

An extra must work where it is installed; elsewhere the error must say what to install. Nothing but the
standard library and the package is imported, so that a missing dependency cannot hide behind one of ours.
"""

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import files
from pathlib import Path

import supermetrics_query
from supermetrics_query import (
    AsyncQueryClient,
    ConfigurationError,
    DataQuery,
    PollPolicy,
    Query,
    QueryClient,
    QueryFailedError,
)
from supermetrics_query_api.models import QuerySettings

Check = Callable[[QueryClient], None]

LIVELY = PollPolicy(first=0.1, floor=0.1)
FIELDS = "date,hour,temp"
ROWS = 50
COMMAND = Path(sys.executable).parent / "supermetrics-query"
PROVIDES = {"arrow": {"arrow"}, "pandas": {"arrow", "pandas"}, "polars": {"arrow", "polars"}}  # both need pyarrow


def asked(rows: int = ROWS, **plan: object) -> DataQuery:
    settings = QuerySettings.from_dict({"emulator": plan})
    return DataQuery(ds_id="WEATHER", fields=FIELDS, max_rows=rows, settings=settings)


def expect(true: object, what: str) -> None:
    if not true:
        raise SystemExit(f"smoke: {what}")


def raised(kind: type[BaseException], call: Callable[[], object]) -> str:
    """Return the message of the error that a call must end with."""
    try:
        call()
    except kind as error:
        return str(error)
    raise SystemExit(f"smoke: {kind.__name__} was not raised")


def said(*arguments: str) -> tuple[int, str]:
    """Run the command and return its exit code and its output."""
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


def names(_client: QueryClient) -> None:
    for name in supermetrics_query.__all__:
        expect(getattr(supermetrics_query, name) is not None, f"{name} is missing")
    for package in ("supermetrics_query", "supermetrics_query_api"):
        beside = Path(str(import_module(package).__file__)).parent
        expect((beside / "py.typed").is_file(), f"{package} is not typed")
    import_module("supermetrics_query.testing")
    held = [str(path) for path in files("supermetrics-query") or ()]
    expect(any(path.endswith("sbom.cdx.json") for path in held), "there is no bill of materials")


def rows(client: QueryClient) -> None:
    query = client.run(asked())
    found = list(query.rows())
    expect(len(found) == ROWS, f"{len(found)} rows instead of {ROWS}")
    expect(list(client.attach(query.token).wait().rows()) == found, "another process would see other rows")
    file = io.BytesIO()
    expect(query.download(file) == len(file.getvalue()) > 0, "the download is not what it says")
    expect([entry.schedule_id for entry in client.history()], "the history is empty")


def errors(client: QueryClient) -> None:
    message = raised(QueryFailedError, lambda: client.run(asked(outcome="FAILURE", error="QUERY_ERROR")))
    expect("failed" in message, f"the error says {message!r}")


async def counted(url: str, key: str) -> int:
    async with AsyncQueryClient(key, base_url=url, poll=LIVELY) as client:
        query = await client.run(asked())
        return len([row async for row in query.rows()])


def table(method: Callable[[Query], object]) -> Check:
    def check(client: QueryClient) -> None:
        found = method(client.run(asked()))
        expect(getattr(found, "shape", None) == (ROWS, FIELDS.count(",") + 1), f"the table is {found!r}")

    return check


def command(_client: QueryClient) -> None:
    for argument, part in (("--version", supermetrics_query.__version__), ("--help", "history")):
        code, text = said(argument)
        expect(code == 0 and part in text, f"{argument} ended with {code}: {text}")
    wanted = ("run", "--ds-id", "WEATHER", "--fields", "date,temp", "--max-rows", str(ROWS), "--output", "csv")
    code, text = said(*wanted)
    expect(code == 0 and text.count("\n") == ROWS + 1, f"run ended with {code}: {text}")


def emulator(_client: QueryClient) -> None:
    module = import_module("supermetrics_query.emulator")
    with module.Emulator(speed=50) as service, QueryClient(service.key, base_url=service.url, poll=LIVELY) as client:
        expect(len(list(client.run(asked()).rows())) == ROWS, "the emulator of this environment lost rows")


def limiter() -> object:
    return supermetrics_query.RedisLimiter("redis://127.0.0.1:1/0")


def fast_client() -> AsyncQueryClient:
    return AsyncQueryClient("fake_key", transport="aiohttp")


def aiohttp(_client: QueryClient) -> None:
    async def count() -> int:
        async with AsyncQueryClient(poll=LIVELY, transport="aiohttp") as client:
            return len([row async for row in (await client.run(asked())).rows()])

    expect(asyncio.run(count()) == ROWS, "aiohttp lost rows")


def redis(_client: QueryClient) -> None:
    expect(limiter(), "there is no limiter")  # it connects when it is used


WORKING: dict[str, Check] = {
    "aiohttp": aiohttp,
    "arrow": table(lambda query: query.to_arrow()),
    "pandas": table(lambda query: query.to_pandas()),
    "polars": table(lambda query: query.to_polars()),
    "cli": command,
    "emulator": emulator,
    "redis": redis,
}


def explains(extra: str, message: str) -> None:
    expect(f"supermetrics-query[{extra}]" in message, f"the error does not say what to install: {message!r}")


def without_table(extra: str) -> Check:
    def check(client: QueryClient) -> None:
        query = client.run(asked())
        explains(extra, raised(ConfigurationError, getattr(query, f"to_{extra}")))

    return check


def without_command(_client: QueryClient) -> None:
    code, text = said("--version")
    expect(code != 0, "the command works without its extra")
    explains("cli", text)


def without_aiohttp(_client: QueryClient) -> None:
    explains("aiohttp", raised(ConfigurationError, fast_client))


def without_redis(_client: QueryClient) -> None:
    explains("redis", raised(ConfigurationError, limiter))


def without_emulator(_client: QueryClient) -> None:
    raised(ModuleNotFoundError, lambda: import_module("supermetrics_query.emulator"))


def demo(_client: QueryClient) -> None:
    code, text = said("demo")
    expect(code == 0 and "QueryFailedError" in text, f"the demonstration ended with {code}: {text}")


def without_demo(_client: QueryClient) -> None:
    code, text = said("demo")
    expect(code == 2, f"the demonstration without an emulator ended with {code}")
    explains("cli,emulator", text)


MISSING: dict[str, Check] = {
    "aiohttp": without_aiohttp,
    "arrow": without_table("arrow"),
    "pandas": without_table("pandas"),
    "polars": without_table("polars"),
    "cli": without_command,
    "emulator": without_emulator,
    "redis": without_redis,
}


def checks(installed: set[str]) -> list[Check]:
    """Choose the checks: each extra works, or says what to install."""
    have = installed.union(*(PROVIDES.get(extra, set()) for extra in installed))
    chosen = [names, rows, errors, *(WORKING[extra] for extra in sorted(have))]
    chosen += [check for extra, check in MISSING.items() if extra not in have]
    if "cli" in have:
        chosen.append(demo if "emulator" in have else without_demo)
    return chosen


def main(url: str, key: str, *installed: str) -> int:
    os.environ.update(SUPERMETRICS_API_KEY=key, SUPERMETRICS_BASE_URL=url)  # for the command
    with QueryClient(key, base_url=url, poll=LIVELY) as client:
        chosen = checks(set(installed))
        for check in chosen:
            check(client)
    expect(asyncio.run(counted(url, key)) == ROWS, "the async client lost rows")
    print(f"{len(chosen) + 1} checks")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
