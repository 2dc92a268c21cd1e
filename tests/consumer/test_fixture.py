"""The fixtures as a consumer sees them: in another process, without the settings of this project."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from textwrap import dedent

import pytest
from supermetrics_query import DataQuery, QueryClient, QueryFailedError, RateLimitError
from supermetrics_query.emulator import Emulator, Plan
from supermetrics_query.testing import FakeClock

from tests.support.inner import Outcome, outside, run_pytest

REQUEST = DataQuery(ds_id="WEATHER", fields=["date", "temp"], max_rows=3)
KEY = "SUPERMETRICS_API_KEY"
HOUR = 3600


def service_code() -> int:
    """Run a query, as the code of a consumer does that is unaware of tests."""
    with QueryClient() as client:
        return len(list(client.run(REQUEST).rows()))


@pytest.fixture
def consumer(tmp_path: Path) -> "Consumer":
    return Consumer(tmp_path)


class Consumer:
    """A project with tests of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, test: str, *options: str, **env: str) -> Outcome:
        (self.folder / "test_it.py").write_text(dedent(test))
        return run_pytest(self.folder, *options, env=outside(**env))


def test_unchanged_code_talks_to_the_emulator(supermetrics_emulator: Emulator) -> None:
    assert service_code() == 3
    assert supermetrics_emulator.requests[0].operation == "start"


def test_the_key_is_plainly_no_key(supermetrics_emulator: Emulator) -> None:
    assert supermetrics_emulator.key.startswith("fake_key")
    assert os.environ[KEY] == supermetrics_emulator.key


def test_the_fixture_leads_no_test_to_the_real_service_and_leaves_nothing_behind(consumer: Consumer) -> None:
    test = """
        import os

        def test_during(supermetrics_emulator):
            assert os.environ["SUPERMETRICS_API_KEY"] == supermetrics_emulator.key
            assert os.environ["SUPERMETRICS_BASE_URL"] == supermetrics_emulator.url

        def test_after():
            assert os.environ["SUPERMETRICS_API_KEY"] == "the_real_one"
            assert os.environ["SUPERMETRICS_BASE_URL"] == "https://the.real.one"
    """
    ended = consumer.run(test, SUPERMETRICS_API_KEY="the_real_one", SUPERMETRICS_BASE_URL="https://the.real.one")
    assert ended.count("passed") == 2, ended.output


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_asked(name: str, consumer: Consumer) -> None:
    test = """
        from supermetrics_query import DataQuery, QueryClient

        def test_it(supermetrics_emulator):
            with QueryClient() as client:
                client.run(DataQuery(ds_id="WEATHER", fields=["date"]), timeout=20)
    """
    ended = consumer.run(test, **{name: "http://127.0.0.1:1", "NO_PROXY": "intranet"})
    assert ended.count("passed") == 1, ended.output


@pytest.mark.supermetrics_emulator(plan=Plan(outcome="FAILURE", error="QUERY_ERROR"))
def test_a_marker_says_how_it_behaves(supermetrics_emulator: Emulator) -> None:
    with pytest.raises(QueryFailedError):
        service_code()


@pytest.mark.supermetrics_emulator(per_hour=1, errors="problem")
class TestWithAMarkerOnTheClass:
    @pytest.mark.usefixtures("supermetrics_emulator", "supermetrics_clock")
    def test_it_holds_for_every_test(self) -> None:
        with QueryClient() as client:
            client.start(REQUEST)
            with pytest.raises(RateLimitError):
                client.start(REQUEST)

    @pytest.mark.supermetrics_emulator(per_hour=100)
    def test_the_closest_marker_wins_and_the_others_stay(self, supermetrics_emulator: Emulator) -> None:
        assert (supermetrics_emulator.per_hour, supermetrics_emulator.errors) == (100, "problem")


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ("supermetrics_emulator(7)", "by name"),
        ("supermetrics_emulator(colour=7)", "colour"),
        ("supermetrics_emulator(speed=0)", "speed"),
    ],
)
def test_a_marker_without_sense_is_an_error(consumer: Consumer, marker: str, complaint: str) -> None:
    ended = consumer.run(f"""
        import pytest

        @pytest.mark.{marker}
        def test_it(supermetrics_emulator):
            pass
    """)
    assert (ended.count("error"), complaint in ended.output) == (1, True), ended.output


def test_unchanged_code_waits_four_hours_at_once(
    supermetrics_emulator: Emulator, supermetrics_clock: FakeClock
) -> None:
    supermetrics_emulator.use(Plan(run_seconds=4 * HOUR))
    assert service_code() == 3
    assert 4 * HOUR <= supermetrics_clock.now() < 4 * HOUR + 60


@pytest.mark.parametrize("runner", ["asyncio", "trio"])
def test_the_fixtures_serve_async_tests(consumer: Consumer, runner: str) -> None:
    test = f"""
        import pytest
        from supermetrics_query import AsyncQueryClient, DataQuery
        from supermetrics_query.emulator import Plan

        @pytest.fixture
        def anyio_backend():
            return {runner!r}

        @pytest.mark.anyio
        async def test_it(supermetrics_clock, supermetrics_emulator):
            supermetrics_emulator.use(Plan(run_seconds=7200))
            async with AsyncQueryClient() as client:
                query = await client.run(DataQuery(ds_id="WEATHER", fields=["date"], max_rows=3))
                assert len([row async for row in query.rows()]) == 3
            assert supermetrics_clock.now() > 7200
    """
    ended = consumer.run(test)
    assert ended.count("passed") == 1, ended.output


def test_a_client_made_before_the_test_lives_by_the_clock_too(request: pytest.FixtureRequest) -> None:
    early = QueryClient("k", base_url="http://127.0.0.1:1")
    clock: FakeClock = request.getfixturevalue("supermetrics_clock")
    with early, pytest.raises(Exception, match="no answer"):
        early.start(REQUEST)
    assert len(clock.sleeps) == 4


def test_the_plugin_costs_projects_that_do_not_use_it_nothing(consumer: Consumer) -> None:
    test = """
        import sys

        HEAVY = {"httpx", "attrs", "anyio", "starlette", "uvicorn", "msgspec", "supermetrics_query_api", "asyncio"}

        def test_it():
            names = {name.partition(".")[0] for name in sys.modules}
            assert "supermetrics_query" in names
            assert not names & HEAVY
    """
    # Other plugins of this environment import some of them.
    ended = consumer.run(test, "-p", "supermetrics_query.pytest_plugin", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert ended.count("passed") == 1, ended.output


def test_the_fixtures_and_the_marker_are_explained(consumer: Consumer) -> None:
    fixtures, markers = consumer.run("", "--fixtures").output, consumer.run("", "--markers").output
    assert "where the environment leads" in fixtures
    assert "live by one clock" in fixtures
    assert "supermetrics_emulator(**options)" in markers


def test_without_the_extra_the_fixture_says_what_to_install(consumer: Consumer) -> None:
    for name in ("starlette", "uvicorn"):
        ended = consumer.run(f"""
            import importlib.util

            import pytest

            @pytest.fixture(autouse=True)
            def not_installed(monkeypatch):
                find = importlib.util.find_spec
                monkeypatch.setattr(
                    "supermetrics_query.pytest_plugin.find_spec", lambda name: None if name == {name!r} else find(name)
                )

            def test_it(not_installed, supermetrics_emulator):
                pass
        """)
        assert "pip install 'supermetrics-query[emulator]'" in ended.output


def test_processes_side_by_side_have_an_emulator_each(consumer: Consumer) -> None:
    (consumer.folder / "test_it.py").write_text(
        dedent("""
        from supermetrics_query import DataQuery, QueryClient

        def test_it(supermetrics_emulator):
            with QueryClient() as client:
                client.start(DataQuery(ds_id="WEATHER", fields=["date"], schedule_id="the_same"))
            assert [seen.operation for seen in supermetrics_emulator.requests] == ["status", "start"]
    """)
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    start = partial(subprocess.Popen, cwd=consumer.folder, env=outside(), stdout=subprocess.DEVNULL)
    running = [start(command) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
