"""Run the script against the emulator, with a fake clock for the hours of waiting."""

import csv
import json
import logging
from pathlib import Path

import pytest
from nightly_export.main import AGAIN, DONE, FAILED, USAGE, main, run
from supermetrics_query import DataQuery, QueryClient
from supermetrics_query.emulator import Emulator, Plan
from supermetrics_query.testing import FakeClock

EXPORTS = Path(__file__).parents[1] / "exports.toml"
HOUR = 3600


@pytest.fixture(autouse=True)
def _service(supermetrics_emulator: Emulator, supermetrics_clock: FakeClock) -> None:
    """Use the emulator and the fake clock in every test."""


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def running(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / ".running.json").read_text())
    return found


def starts(service: Emulator) -> int:
    return sum(seen.operation == "start" for seen in service.requests)


def test_every_query_has_its_file(tmp_path: Path, supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(Plan(run_seconds=3 * HOUR))
    assert run(EXPORTS, tmp_path) == DONE
    assert sorted(path.name for path in tmp_path.iterdir()) == [".running.json", "rain.csv", "weather.csv"]
    assert rows_of(tmp_path / "weather.csv")[0] == ["Date", "Temp", "Wind speed"]
    assert running(tmp_path) == {}


def test_the_exit_code_is_that_of_the_process(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(EXPORTS), "--to", str(tmp_path / "new")])
    assert ended.value.code == DONE


def test_a_run_that_was_killed_goes_on(tmp_path: Path, supermetrics_emulator: Emulator) -> None:
    with QueryClient() as client:
        query = client.start(DataQuery(ds_id="WEATHER", fields=["date"], max_rows=2), format="csv")
    (tmp_path / ".running.json").write_text(json.dumps({"weather": query.token}))
    assert run(EXPORTS, tmp_path) == DONE
    assert starts(supermetrics_emulator) == 2  # this one, and the other query
    assert len(rows_of(tmp_path / "weather.csv")) == 3


def test_a_query_that_is_no_longer_kept_is_started_anew(tmp_path: Path, supermetrics_emulator: Emulator) -> None:
    (tmp_path / ".running.json").write_text(json.dumps({"weather": "killed-before-it-was-sent"}))
    assert run(EXPORTS, tmp_path) == DONE
    assert starts(supermetrics_emulator) == 2


def test_a_query_that_fails_spoils_no_other(tmp_path: Path, supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.use(lambda query: Plan(outcome="FAILURE" if "JFK" in str(query) else "SUCCESS"))
    assert run(EXPORTS, tmp_path) == FAILED
    assert (tmp_path / "rain.csv").exists()
    assert not (tmp_path / "weather.csv").exists()
    assert running(tmp_path) == {}


def test_what_may_pass_is_tried_again_by_the_next_run(tmp_path: Path, supermetrics_emulator: Emulator) -> None:
    supermetrics_emulator.fault("results:every*503")
    assert run(EXPORTS, tmp_path) == AGAIN
    kept = running(tmp_path)
    supermetrics_emulator.clear_faults()
    assert run(EXPORTS, tmp_path) == DONE
    assert (sorted(kept), starts(supermetrics_emulator)) == (["rain", "weather"], 2)


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path: Path, supermetrics_emulator: Emulator) -> None:
    (tmp_path / "weather.csv").write_text("yesterday\n")
    supermetrics_emulator.fault("results:every*truncate,size=40")
    assert run(EXPORTS, tmp_path) == AGAIN
    assert (tmp_path / "weather.csv").read_text() == "yesterday\n"


@pytest.mark.parametrize("text", ["[", "a = 1", "[a]", '["../a"]\nds_id = "X"'])
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, supermetrics_emulator: Emulator) -> None:
    exports = tmp_path / "exports.toml"
    exports.write_text(text)
    assert run(exports, tmp_path) == USAGE
    assert supermetrics_emulator.requests == ()


def test_the_log_tells_what_was_written_and_never_the_key(
    tmp_path: Path, supermetrics_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run(EXPORTS, tmp_path)
    assert "weather: " in caplog.text
    assert supermetrics_emulator.key not in caplog.text
