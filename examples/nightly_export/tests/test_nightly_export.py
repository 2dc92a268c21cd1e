"""Run the script against the emulator, with a fake clock for the hours of waiting."""

import csv
import logging
from pathlib import Path

import pytest
from nightly_export.main import AGAIN, DONE, FAILED, USAGE, main, queries_of, run
from supermetrics_query import QueryClient
from supermetrics_query.emulator import Emulator, Plan
from supermetrics_query.testing import FakeClock

EXPORTS = Path(__file__).parents[1] / "exports.toml"
HOUR = 3600


@pytest.fixture(autouse=True)
def _service(supermetrics_emulator: Emulator, supermetrics_clock: FakeClock) -> None:
    """Use the emulator and the fake clock in every test."""


@pytest.fixture
def night(tmp_path: Path) -> Path:
    return tmp_path / "2026-11-24"


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def starts(service: Emulator) -> int:
    return sum(seen.operation == "start" for seen in service.requests)


def test_every_query_has_its_file(night: Path, supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(Plan(run_seconds=3 * HOUR))
    assert run(EXPORTS, night) == DONE
    assert sorted(path.name for path in night.iterdir()) == ["rain.csv", "weather.csv"]
    assert rows_of(night / "weather.csv")[0] == ["Date", "Temp", "Wind speed"]


def test_the_exit_code_is_that_of_the_process(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(EXPORTS), "--to", str(tmp_path / "new")])
    assert ended.value.code == DONE


def test_a_run_that_was_killed_is_resumed(night: Path, supermetrics_emulator: Emulator) -> None:
    with QueryClient() as client:
        for query in queries_of(EXPORTS, night).values():
            client.start(query, format="csv", resume="nightly-export 2026-11-24")
    assert run(EXPORTS, night) == DONE
    assert starts(supermetrics_emulator) == 2


def test_a_file_that_is_there_is_not_made_again(night: Path, supermetrics_emulator: Emulator) -> None:
    night.mkdir()
    (night / "weather.csv").write_text("written before\n")
    assert [run(EXPORTS, night), run(EXPORTS, night)] == [DONE, DONE]
    assert starts(supermetrics_emulator) == 1
    assert (night / "weather.csv").read_text() == "written before\n"


def test_another_night_starts_its_own_queries(tmp_path: Path, supermetrics_emulator: Emulator) -> None:
    assert [run(EXPORTS, tmp_path / night) for night in ("2026-11-24", "2026-11-25")] == [DONE, DONE]
    assert starts(supermetrics_emulator) == 4


def test_a_result_that_expired_before_it_was_read_is_made_again(
    night: Path, supermetrics_emulator: Emulator, supermetrics_clock: FakeClock
) -> None:
    supermetrics_emulator.fault("results:every*503")
    assert run(EXPORTS, night) == AGAIN
    supermetrics_emulator.clear_faults()
    supermetrics_clock.advance(2 * HOUR)
    assert run(EXPORTS, night) == DONE
    assert starts(supermetrics_emulator) == 4


def test_a_query_that_fails_spoils_no_other(night: Path, supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(lambda query: Plan(outcome="FAILURE" if "JFK" in str(query) else "SUCCESS"))
    assert run(EXPORTS, night) == FAILED
    assert [path.name for path in night.iterdir()] == ["rain.csv"]
    supermetrics_emulator.use(Plan())
    assert run(EXPORTS, night) == DONE
    assert starts(supermetrics_emulator) == 3


def test_what_may_pass_is_tried_again_by_the_next_run(night: Path, supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.fault("results:every*503")
    assert run(EXPORTS, night) == AGAIN
    supermetrics_emulator.clear_faults()
    assert run(EXPORTS, night) == DONE
    assert starts(supermetrics_emulator) == 2


def test_a_file_that_is_cut_is_not_there(night: Path, supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.fault("results:every*truncate,size=40")
    assert run(EXPORTS, night) == AGAIN
    assert [*night.iterdir()] == []


@pytest.mark.parametrize("text", ["[", "a = 1", "[a]", '["../a"]\nds_id = "X"', '[a]\nds_id = "X"\nfield = "date"'])
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, supermetrics_emulator: Emulator) -> None:
    exports = tmp_path / "exports.toml"
    exports.write_text(text)
    assert run(exports, tmp_path / "2026-11-24") == USAGE
    assert supermetrics_emulator.requests == ()


def test_the_log_tells_what_was_written_and_never_the_key(
    night: Path, supermetrics_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run(EXPORTS, night)
    assert "weather.csv: " in caplog.text
    assert supermetrics_emulator.key not in caplog.text
